/* SPDX-License-Identifier: Apache-2.0 */

/* Norms. */
#include "backends/ttnn/lower.h"
#include "base/sizes.h"

/* A gain or bias [c] under another shape. */
static int per_channel(lowering *l, int weight, tt_dtype type, tt_layout layout, shape to)
{
    const weight_recipe recipe = {
        .kind = RECIPE_PLAIN, .source = {weight}, .n_sources = 1, .to = to};
    return lower_weight(l, &recipe, type, layout);
}

int lower_layer_norm(lowering *l, const graph_node *node)
{
    const shape row = shape_4(1, 1, 1, shape_last(node->shape));
    const int x = lower_value(l, node->src[0]);
    const int weight = per_channel(l, node->weight[0], TT_BFLOAT16, TT_TILE, row);
    const int bias = per_channel(l, node->weight[1], TT_BFLOAT16, TT_TILE, row);
    json_t *kwargs =
        json_pack("{s:f, s:o, s:o, s:o}", "epsilon", (double)node->params.layer_norm.eps, "weight",
                  arg_slot(weight), "bias", arg_slot(bias), "compute_kernel_config",
                  arg_slot(l->kernel_config));
    return lower_make(l, "layer_norm", json_pack("[o]", arg_slot(x)), kwargs, lower_tensor(l, x));
}

/* ---- group_norm on [items, 1, rows, channels] ---------------------------------------------------------- */

/* ttnn's own counts whole tiles: with less, padding would enter the statistics. */
static bool native_fits(const lowering *l, shape items)
{
    return l->settings->group_norm == TT_GROUP_NORM_NATIVE && items.dim[2] % TT_TILE_SIDE == 0 &&
           items.dim[3] % TT_TILE_SIDE == 0;
}

/* Which of a tile's channels are a group's. Without it ttnn 0.75 makes one on the host in every call, which no
 * trace can record. Channels begin with a tile on every core, so that all have the same. */
static int group_mask(lowering *l, size_t channels, size_t groups)
{
    const size_t of_group = channels / groups;
    size_t widest = 0;
    for (size_t g = 0; g < groups; g++)
        widest = larger(widest, tt_round_up(g * of_group % TT_TILE_SIDE + of_group));
    const weight_recipe recipe = {.kind = RECIPE_GROUP_MASK,
                                  .to = shape_4(1, groups, TT_TILE_SIDE, widest),
                                  .groups = groups,
                                  .of_group = of_group};
    return lower_weight(l, &recipe, TT_BFLOAT16, TT_TILE);
}

static int native(lowering *l, const graph_node *node, int x)
{
    const size_t channels = shape_last(node->shape);
    const size_t groups = node->params.group_norm.groups;
    const shape rows = shape_4(1, 1, channels / TT_TILE_SIDE, TT_TILE_SIDE);
    x = lower_typecast(l, x, TT_BFLOAT16);
    const int weight = per_channel(l, node->weight[0], TT_BFLOAT16, TT_ROW_MAJOR, rows);
    const int bias = per_channel(l, node->weight[1], TT_BFLOAT16, TT_ROW_MAJOR, rows);
    json_t *kwargs = json_pack("{s:i, s:f, s:o, s:o, s:o, s:b}", "num_groups", (int)groups,
                               "epsilon", (double)node->params.group_norm.eps, "input_mask",
                               arg_slot(group_mask(l, channels, groups)), "weight",
                               arg_slot(weight), "bias", arg_slot(bias), "inplace", 0);
    return lower_make(l, "group_norm", json_pack("[o]", arg_slot(x)), kwargs, lower_tensor(l, x));
}

static int exact_config(lowering *l)
{
    if (l->exact_config == TT_NO_SLOT)
        l->exact_config = lower_kernel_config(l, TT_HIFI4, true, false, false);
    return l->exact_config;
}

/* The mean over the rows and over each group's channels, in every channel of the group: [items, 1, 1, c]. */
static int group_means(lowering *l, int x, int averaging)
{
    tt_tensor result = lower_tensor(l, x);
    result.shape.dim[2] = 1;
    json_t *over_rows = json_pack("{s:i, s:b, s:o}", "dim", 2, "keepdim", 1,
                                  "compute_kernel_config", arg_slot(exact_config(l)));
    x = lower_make(l, "mean", json_pack("[o]", arg_slot(x)), over_rows, result);
    json_t *over_groups = json_pack("{s:o, s:o}", "dtype", arg_name("float32"),
                                    "compute_kernel_config", arg_slot(exact_config(l)));
    return lower_make(l, "matmul", json_pack("[o,o]", arg_slot(x), arg_slot(averaging)),
                      over_groups, result);
}

static int composed(lowering *l, const graph_node *node, int x)
{
    const size_t channels = shape_last(node->shape);
    const shape row = shape_4(1, 1, 1, channels);
    const weight_recipe recipe = {.kind = RECIPE_GROUP_MEANS,
                                  .to = shape_4(1, 1, channels, channels),
                                  .groups = node->params.group_norm.groups};
    const int averaging = lower_weight(l, &recipe, TT_FLOAT32, TT_TILE);
    const int gain = per_channel(l, node->weight[0], TT_FLOAT32, TT_TILE, row);
    const int bias = per_channel(l, node->weight[1], TT_FLOAT32, TT_TILE, row);

    x = lower_typecast(l, x, TT_FLOAT32);
    x = lower_binary(l, "subtract", x, group_means(l, x, averaging));
    int scale = group_means(l, lower_binary(l, "multiply", x, x), averaging);
    scale = lower_scalar(l, "add", scale, (double)node->params.group_norm.eps);
    scale = lower_binary(l, "multiply", lower_unary(l, "rsqrt", scale), gain);
    x = lower_binary(l, "add", lower_binary(l, "multiply", x, scale), bias);
    return lower_typecast(l, x, l->settings->activations);
}

int lower_group_norm(lowering *l, const graph_node *node)
{
    const shape of = lower_shape(l, l->node);
    int x = lower_to_items(l, lower_value(l, node->src[0]), of);
    x = native_fits(l, lower_tensor(l, x).shape) ? native(l, node, x) : composed(l, node, x);
    return lower_from_items(l, x, of);
}
