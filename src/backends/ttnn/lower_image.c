/* SPDX-License-Identifier: Apache-2.0 */

/* Operators on images: convolution and enlargement. */
#include <stdio.h>

#include "backends/ttnn/lower.h"

static json_t *conv_config_kwargs(const lowering *l)
{
    const bool fast = l->settings->memory == TT_PLACEMENT_SHARDED;
    return json_pack("{s:o, s:b, s:b}", "weights_dtype",
                     arg_name(tt_dtype_names[l->settings->weights]), "enable_act_double_buffer",
                     fast, "enable_weights_double_buffer", fast);
}

static int conv_config(lowering *l)
{
    if (l->conv_config == TT_NO_SLOT)
        l->conv_config = lower_object(l, "Conv2dConfig", conv_config_kwargs(l));
    return l->conv_config;
}

/* From DRAM conv2d cuts as small a slice as it has room for, from shards it does not: rows of one tile. */
json_t *lower_shard_conv_config(lowering *l)
{
    if (l->shard_conv_config == TT_NO_SLOT) {
        json_t *kwargs = conv_config_kwargs(l);
        (void)json_object_set_new(kwargs, "act_block_h_override", json_integer(TT_TILE_SIDE));
        l->shard_conv_config = lower_object(l, "Conv2dConfig", kwargs);
    }
    return arg_slot(l->shard_conv_config);
}

/* What says where things are in the image. */
static json_t *geometry_kwargs(const graph_node *node, shape from, shape to)
{
    const size_t kernel = node->params.conv2d.kernel;
    const size_t stride = node->params.conv2d.stride;
    const size_t before = node->params.conv2d.pad_before;
    const size_t after = node->params.conv2d.pad_after;
    return json_pack("{s:i, s:i, s:i, s:i, s:i, s:o, s:o, s:o}", "in_channels", (int)from.dim[3],
                     "out_channels", (int)to.dim[3], "batch_size", (int)from.dim[0], "input_height",
                     (int)from.dim[1], "input_width", (int)from.dim[2], "kernel_size",
                     arg_tuple((size_t[]){kernel, kernel}, 2), "stride",
                     arg_tuple((size_t[]){stride, stride}, 2), "padding",
                     arg_tuple((size_t[]){before, after, before, after}, 4));
}

/* The device prepares weights for one geometry: programs of other sizes have theirs. */
static void conv_weights(lowering *l, const graph_node *node, shape from, int *weight, int *bias)
{
    const shape of = l->graph->weights[node->weight[0]].shape;
    char geometry[64];
    (void)snprintf(geometry, sizeof(geometry), "for %zux%zux%zu", from.dim[0], from.dim[1],
                   from.dim[2]);
    weight_recipe recipe = {
        .kind = RECIPE_PLAIN, .source = {node->weight[0]}, .n_sources = 1, .to = of};
    *weight = lower_conv_weight(l, &recipe, geometry);
    recipe.source[0] = node->weight[1];
    recipe.to = shape_4(1, 1, 1, of.dim[0]);
    *bias = lower_conv_weight(l, &recipe, geometry);
}

int lower_conv2d(lowering *l, const graph_node *node)
{
    const shape from = lower_shape(l, node->src[0]);
    const shape to = lower_shape(l, l->node);
    if (node->params.conv2d.kernel == 1 && node->params.conv2d.stride == 1 &&
        node->params.conv2d.pad_before + node->params.conv2d.pad_after == 0)
        return lower_linear_of(l, node, NULL);

    int x = lower_value(l, node->src[0]);
    if (from.dim[3] % TT_TILE_SIDE != 0) x = lower_layout(l, x, TT_ROW_MAJOR);
    int weight, bias;
    conv_weights(l, node, from, &weight, &bias);
    tt_tensor result = {.type = l->settings->activations, .layout = TT_TILE};
    result.shape = lower_form(to);
    const int made = lower_slot(l, TT_SLOT_VALUE, result);

    json_t *kwargs = geometry_kwargs(node, from, to);
    (void)json_object_set_new(kwargs, "input_tensor", arg_slot(x));
    (void)json_object_set_new(kwargs, "weight_tensor", arg_slot(weight));
    (void)json_object_set_new(kwargs, "bias_tensor", arg_slot(bias));
    (void)json_object_set_new(kwargs, "device", json_pack("{s:b}", "device", 1));
    (void)json_object_set_new(kwargs, "conv_config", arg_slot(conv_config(l)));
    (void)json_object_set_new(kwargs, "compute_config", arg_slot(l->kernel_config));
    (void)json_object_set_new(kwargs, "dtype", arg_name(tt_dtype_names[result.type]));
    (void)json_object_set_new(kwargs, "memory_config", arg_memory(result.memory));
    (void)json_object_set_new(kwargs, "return_weights_and_bias", json_true());
    lower_call(l, "conv2d", json_array(), kwargs, json_pack("[i,[i,i]]", made, weight, bias));
    return made;
}

int lower_upsample_nearest_2x(lowering *l, const graph_node *node)
{
    const shape from = lower_shape(l, node->src[0]);
    int x = lower_layout(l, lower_value(l, node->src[0]), TT_ROW_MAJOR);
    x = lower_reshape(l, x, from);
    tt_tensor result = lower_tensor(l, x);
    result.shape = lower_shape(l, l->node);
    x = lower_make(l, "upsample", json_pack("[o,i]", arg_slot(x), 2), json_object(), result);
    return lower_layout(l, lower_reshape(l, x, lower_form(result.shape)), TT_TILE);
}
