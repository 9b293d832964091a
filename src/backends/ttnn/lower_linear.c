/* SPDX-License-Identifier: Apache-2.0 */

/* Matrix products with weights, what is fused into them, and the embedding table. */
#include "backends/ttnn/lower.h"

/* A bias [1, 1, 1, out] of the same features, in the same places as a product's columns. */
static int bias_of(lowering *l, const weight_recipe *product, const int *bias)
{
    bool any = false;
    weight_recipe recipe = *product;
    recipe.kind = RECIPE_BIAS;
    recipe.to = shape_4(1, 1, 1, product->to.dim[3]);
    for (int s = 0; s < recipe.n_sources; s++) {
        recipe.source[s] = bias[s];
        any = any || bias[s] >= 0;
    }
    if (recipe.heads_go_in) recipe.heads = recipe.head_dim = recipe.padded_head_dim = 0;
    return any ? lower_weight(l, &recipe, TT_BFLOAT16, TT_TILE) : TT_NO_SLOT;
}

int lower_products(
    lowering *l, int x, const weight_recipe *recipe, const int *bias, const char *activation)
{
    const int weight = lower_weight(l, recipe, l->settings->weights, TT_TILE);
    return lower_product(l, x, weight, bias_of(l, recipe, bias), activation);
}

int lower_linear_of(lowering *l, const graph_node *node, const char *activation)
{
    const lowered *from = &l->nodes[node->src[0]];
    const size_t in = shape_last(l->graph->nodes[node->src[0]].shape);
    weight_recipe recipe = {
        .kind = RECIPE_LINEAR,
        .source = {node->weight[0]},
        .n_sources = 1,
        .to = shape_4(1, 1, in, shape_last(node->shape)),
    };
    if (from->padded_head_dim != 0) {
        recipe.heads = l->graph->nodes[node->src[0]].params.attention.heads;
        recipe.head_dim = in / recipe.heads;
        recipe.padded_head_dim = from->padded_head_dim;
        recipe.heads_go_in = true;
        recipe.to.dim[2] = recipe.heads * recipe.padded_head_dim;
    }
    return lower_products(l, lower_value(l, node->src[0]), &recipe, &node->weight[1], activation);
}

int lower_linear(lowering *l, const graph_node *node)
{
    return lower_linear_of(l, node, NULL);
}

int lower_activation(lowering *l, const graph_node *node)
{
    const bool is_silu = node->op == OP_silu;
    if (l->nodes[node->src[0]].hidden) {
        return lower_linear_of(l, &l->graph->nodes[node->src[0]], is_silu ? "silu" : "gelu");
    }
    const int x = lower_value(l, node->src[0]);
    return is_silu ? lower_unary(l, "silu", x) : lower_gelu(l, x);
}

int lower_gelu(lowering *l, int x)
{
    json_t *kwargs = json_pack("{s:b}", "fast_and_approximate_mode", l->settings->math_approx);
    return lower_make(l, "gelu", json_pack("[o]", arg_slot(x)), kwargs, lower_tensor(l, x));
}

/* One half of the features of a geglu's linear. */
static int half_product(lowering *l,
                        const graph_node *linear,
                        int x,
                        size_t first,
                        size_t count,
                        const char *activation)
{
    const weight_recipe recipe = {
        .kind = RECIPE_LINEAR,
        .source = {linear->weight[0]},
        .n_sources = 1,
        .to = shape_4(1, 1, lower_tensor(l, x).shape.dim[3], count),
        .first_feature = first,
        .n_features = count,
    };
    return lower_products(l, x, &recipe, &linear->weight[1], activation);
}

int lower_geglu(lowering *l, const graph_node *node)
{
    const graph_node *from = &l->graph->nodes[node->src[0]];
    const size_t n = shape_last(node->shape);
    const bool coarse = l->settings->math_approx;
    int value, gate;
    if (l->nodes[node->src[0]].hidden) {
        const int x = lower_value(l, from->src[0]);
        value = half_product(l, from, x, 0, n, NULL);
        gate = half_product(l, from, x, n, n, coarse ? "gelu" : NULL);
        if (!coarse) gate = lower_gelu(l, gate);
    } else {
        const int x = lower_value(l, node->src[0]);
        value = lower_slice(l, x, 3, 0, n);
        gate = lower_gelu(l, lower_slice(l, x, 3, n, n));
    }
    return lower_binary(l, "multiply", value, gate);
}

int lower_embedding(lowering *l, const graph_node *node)
{
    const shape to = lower_shape(l, l->node);
    const shape table = l->graph->weights[node->weight[0]].shape;
    const weight_recipe recipe = {
        .kind = RECIPE_PLAIN,
        .source = {node->weight[0]},
        .n_sources = 1,
        .to = shape_4(1, 1, table.dim[0], table.dim[1]),
    };
    const int ids = lower_raw(l, node->src[0]);
    const int weight = lower_weight(l, &recipe, TT_BFLOAT16, TT_ROW_MAJOR);
    /* ttnn gives it three axes */
    const tt_tensor rows = {.type = TT_BFLOAT16,
                            .layout = TT_TILE,
                            .shape = shape_3(to.dim[0], tt_round_up(to.dim[1]), to.dim[2])};
    json_t *kwargs =
        json_pack("{s:o, s:o}", "layout", arg_name("TILE_LAYOUT"), "dtype", arg_name("bfloat16"));
    const int made = lower_make(l, "embedding", json_pack("[o,o]", arg_slot(ids), arg_slot(weight)),
                                kwargs, rows);
    return lower_reshape(l, made, lower_form(to));
}
