/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Attention. scaled_dot_product_attention takes [b, heads, tokens, head_dim] with head_dim a multiple of 32: heads
 * are padded with zeros, which change no score and add zeros to the result.
 *
 *   x ─ one product q|k|v ─▶ nlp_create_qkv_heads ─▶ q, k, v ─▶ attention ─▶ nlp_concat_heads ─▶ to_out
 *       columns padded per head                                                 its rows padded per head
 *
 * With queries of one source and keys of another there are two products. An attention that does not stand
 * between linears of its own splits, pads and cuts by itself.
 */
#include "backends/ttnn/lower.h"

typedef struct heads {
    size_t n, dim, padded_dim;
    int q, k, v;
} heads;

/* The linears behind sources `first` to `last`, side by side. */
static int projection(lowering *l, const graph_node *node, const heads *of, int first, int last)
{
    const graph_node *nodes = l->graph->nodes;
    const graph_value from = nodes[node->src[first]].src[0];
    const int n_sources = last - first + 1;
    weight_recipe recipe = {
        .kind = RECIPE_LINEAR,
        .n_sources = n_sources,
        .to = shape_4(1, 1, shape_last(nodes[from].shape),
                      (size_t)n_sources * of->n * of->padded_dim),
    };
    if (of->dim != of->padded_dim) {
        recipe.heads = of->n;
        recipe.head_dim = of->dim;
        recipe.padded_head_dim = of->padded_dim;
    }
    int bias[3] = {-1, -1, -1};
    for (int s = 0; s < n_sources; s++) {
        recipe.source[s] = nodes[node->src[first + s]].weight[0];
        bias[s] = nodes[node->src[first + s]].weight[1];
    }
    return lower_products(l, lower_value(l, from), &recipe, bias, NULL);
}

/* nlp_create_qkv_heads; with `again`, k and v come from there, else from behind q in x. NULL: not wanted. */
static void create_heads(
    lowering *l, int x, int again, size_t n_heads, size_t n_kv_heads, int *q, int *k, int *v)
{
    const tt_tensor from = lower_tensor(l, x);
    const size_t columns = again >= 0 ? n_heads : n_heads + 2 * n_kv_heads;
    tt_tensor result = from;
    result.shape =
        shape_4(from.shape.dim[0], n_heads, from.shape.dim[2], from.shape.dim[3] / columns);
    result.memory = TT_DRAM;
    json_t *out = json_array();
    int *const wanted[3] = {q, k, v};
    for (int i = 0; i < 3; i++) {
        if (i == 1) result.shape.dim[1] = n_kv_heads;
        if (wanted[i] != NULL) *wanted[i] = lower_slot(l, TT_SLOT_VALUE, result);
        (void)json_array_append_new(out,
                                    wanted[i] == NULL ? json_null() : json_integer(*wanted[i]));
    }
    json_t *args = json_pack("[o]", arg_slot(x));
    if (again >= 0) (void)json_array_append_new(args, arg_slot(again));
    json_t *kwargs = json_pack("{s:i, s:i, s:b, s:o}", "num_heads", (int)n_heads, "num_kv_heads",
                               (int)n_kv_heads, "transpose_k_heads", 0, "memory_config",
                               arg_memory(result.memory));
    lower_call(l, "experimental.nlp_create_qkv_heads", args, kwargs, out);
}

/* [b, 1, t, heads · dim] -> [b, heads, t, padded_dim], one step after the other. */
static int split_heads(lowering *l, int x, const heads *of, size_t dim)
{
    const shape from = lower_tensor(l, x).shape;
    if (of->n > 1) {
        x = lower_reshape(l, x, shape_4(from.dim[0], from.dim[2], of->n, dim));
        x = lower_swap_heads(l, x);
    }
    return lower_pad(l, x, 3, of->padded_dim);
}

/* The function wants as many tokens of keys as of queries, so each source goes through it alone: q with itself
 * as keys and values of half as many heads, then k|v with itself as queries. */
static void cross_heads(lowering *l, const graph_node *node, heads *of)
{
    const int q = projection(l, node, of, 0, 0);
    if (of->n % 2 == 0) {
        create_heads(l, q, q, of->n, of->n / 2, &of->q, NULL, NULL);
    } else {
        of->q = split_heads(l, q, of, of->padded_dim);
    }
    const int kv = projection(l, node, of, 1, 2);
    create_heads(l, kv, kv, 2 * of->n, of->n, NULL, &of->k, &of->v);
}

static void make_heads(lowering *l, const graph_node *node, heads *of)
{
    const graph_node *nodes = l->graph->nodes;
    if (!l->nodes[node->src[0]].hidden) {
        of->q = split_heads(l, lower_value(l, node->src[0]), of, of->dim);
        of->k = split_heads(l, lower_value(l, node->src[1]), of, of->dim);
        of->v = split_heads(l, lower_value(l, node->src[2]), of, of->dim);
    } else if (nodes[node->src[0]].src[0] == nodes[node->src[1]].src[0]) {
        const int qkv = projection(l, node, of, 0, 2);
        create_heads(l, qkv, TT_NO_SLOT, of->n, of->n, &of->q, &of->k, &of->v);
    } else {
        cross_heads(l, node, of);
    }
}

/* What is added to the scores; TT_NO_SLOT: nothing has to be hidden, or is_causal hides it. */
static int mask_of(lowering *l, const graph_node *node, bool *out_is_causal)
{
    const size_t queries = l->graph->nodes[node->src[0]].shape.dim[1];
    const size_t keys = l->graph->nodes[node->src[1]].shape.dim[1];
    const bool causal = node->params.attention.causal;
    /* Padding stands behind the last token, where no query looks. */
    *out_is_causal = causal && queries == keys;
    if (*out_is_causal || (!causal && keys % TT_TILE_SIDE == 0)) return TT_NO_SLOT;
    const weight_recipe recipe = {
        .kind = RECIPE_MASK,
        .to = shape_4(1, 1, tt_round_up(queries), tt_round_up(keys)),
        .keys = keys,
        .causal = causal,
    };
    return lower_weight(l, &recipe, TT_BFLOAT16, TT_TILE);
}

static int attend(lowering *l, const graph_node *node, const heads *of)
{
    bool is_causal = false;
    const int mask = mask_of(l, node, &is_causal);
    json_t *args = json_pack("[o,o,o]", arg_slot(of->q), arg_slot(of->k), arg_slot(of->v));
    json_t *kwargs = json_pack("{s:b, s:f, s:o}", "is_causal", is_causal, "scale",
                               (double)node->params.attention.scale, "compute_kernel_config",
                               arg_slot(l->kernel_config));
    if (mask >= 0) (void)json_object_set_new(kwargs, "attn_mask", arg_slot(mask));
    return lower_make(l, "transformer.scaled_dot_product_attention", args, kwargs,
                      lower_tensor(l, of->q));
}

/* Whether the one who reads the result takes its heads padded. */
static bool reader_takes_padding(const lowering *l)
{
    if (l->keep_nodes) return false;
    const graph_value reader = lower_only_reader(l, l->node);
    return reader != GRAPH_NONE && l->graph->nodes[reader].op == OP_linear &&
           !l->nodes[reader].hidden;
}

static int merge_heads(lowering *l, const heads *of, int x)
{
    tt_tensor result = lower_tensor(l, x);
    const shape from = result.shape;
    if (of->dim == of->padded_dim || reader_takes_padding(l)) {
        if (of->dim != of->padded_dim) l->nodes[l->node].padded_head_dim = of->padded_dim;
        result.shape = shape_4(from.dim[0], 1, from.dim[2], of->n * of->padded_dim);
        return lower_make(l, "experimental.nlp_concat_heads", json_pack("[o]", arg_slot(x)),
                          json_object(), result);
    }
    x = lower_slice(l, x, 3, 0, of->dim);
    if (of->n == 1) return x;
    return lower_reshape(l, lower_swap_heads(l, x),
                         shape_4(from.dim[0], 1, from.dim[2], of->n * of->dim));
}

int lower_attention(lowering *l, const graph_node *node)
{
    heads of = {.n = node->params.attention.heads};
    of.dim = shape_last(node->shape) / of.n;
    of.padded_dim = tt_round_up(of.dim);
    make_heads(l, node, &of);
    return merge_heads(l, &of, attend(l, node, &of));
}
