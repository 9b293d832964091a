/* SPDX-License-Identifier: Apache-2.0 */

/* One function per operator: what it demands of its sources, and the shape it makes. */
#include "graph/builder.h"

/* Whether to go on: no failure so far, and every source has at least `rank` axes of float32. */
static bool ready(graph_builder *g, const char *name, graph_value x, int rank)
{
    if (g->status != SD14_OK) return false;
    if (x < 0 || g->made->nodes[x].type != DTYPE_F32 || g->made->nodes[x].shape.rank < rank) {
        builder_fail(g, SD14_ERROR_MODEL, "%s: needs a float32 source of rank %d or more", name,
                     rank);
        return false;
    }
    return true;
}

static bool same(graph_builder *g, const char *name, shape a, shape b)
{
    if (shape_equal(a, b)) return true;
    char a_text[SHAPE_TEXT_BYTES];
    char b_text[SHAPE_TEXT_BYTES];
    builder_fail(g, SD14_ERROR_MODEL, "%s: shapes %s and %s do not fit together", name,
                 shape_text(a, a_text), shape_text(b, b_text));
    return false;
}

static shape with_last(shape of, size_t channels)
{
    of.dim[of.rank - 1] = channels;
    return of;
}

graph_value graph_view(graph_builder *g, const char *name, graph_value x, shape to)
{
    if (!ready(g, name, x, 0)) return GRAPH_NONE;
    if (shape_count(graph_shape(g, x)) != shape_count(to)) {
        (void)same(g, name, graph_shape(g, x), to);
        return GRAPH_NONE;
    }
    return builder_node(g, name, builder_plain(OP_view, x, DTYPE_F32, to));
}

graph_value
graph_linear(graph_builder *g, const char *name, graph_value x, size_t features, bool bias)
{
    if (!ready(g, name, x, 1)) return GRAPH_NONE;
    const shape from = graph_shape(g, x);
    graph_node node = builder_plain(OP_linear, x, DTYPE_F32, with_last(from, features));
    node.weight[0] = builder_weight(g, name, ".weight", shape_2(features, shape_last(from)));
    if (bias) node.weight[1] = builder_weight(g, name, ".bias", shape_1(features));
    return builder_node(g, name, node);
}

graph_value graph_conv2d(graph_builder *g,
                         const char *name,
                         graph_value x,
                         size_t channels,
                         size_t kernel,
                         size_t stride,
                         size_t pad_before,
                         size_t pad_after)
{
    if (!ready(g, name, x, 4)) return GRAPH_NONE;
    const shape from = graph_shape(g, x);
    const size_t height = from.dim[1] + pad_before + pad_after;
    const size_t width = from.dim[2] + pad_before + pad_after;
    if (kernel == 0 || stride == 0 || height < kernel || width < kernel) {
        builder_fail(g, SD14_ERROR_MODEL, "%s: the image is smaller than the kernel", name);
        return GRAPH_NONE;
    }
    const shape to = shape_4(from.dim[0], (height - kernel) / stride + 1,
                             (width - kernel) / stride + 1, channels);
    graph_node node = builder_plain(OP_conv2d, x, DTYPE_F32, to);
    node.params.conv2d.kernel = kernel;
    node.params.conv2d.stride = stride;
    node.params.conv2d.pad_before = pad_before;
    node.params.conv2d.pad_after = pad_after;
    node.weight[0] =
        builder_weight(g, name, ".weight", shape_4(channels, from.dim[3], kernel, kernel));
    node.weight[1] = builder_weight(g, name, ".bias", shape_1(channels));
    return builder_node(g, name, node);
}

/* Gain and bias of a norm, one per channel. */
static void norm_weights(graph_builder *g, const char *name, graph_node *node)
{
    const shape per_channel = shape_1(shape_last(node->shape));
    node->weight[0] = builder_weight(g, name, ".weight", per_channel);
    node->weight[1] = builder_weight(g, name, ".bias", per_channel);
}

graph_value
graph_group_norm(graph_builder *g, const char *name, graph_value x, size_t groups, float eps)
{
    if (!ready(g, name, x, 2)) return GRAPH_NONE;
    const shape from = graph_shape(g, x);
    if (groups == 0 || shape_last(from) % groups != 0) {
        builder_fail(g, SD14_ERROR_MODEL, "%s: %zu channels cannot be split into %zu groups", name,
                     shape_last(from), groups);
        return GRAPH_NONE;
    }
    graph_node node = builder_plain(OP_group_norm, x, DTYPE_F32, from);
    node.params.group_norm.groups = groups;
    node.params.group_norm.eps = eps;
    norm_weights(g, name, &node);
    return builder_node(g, name, node);
}

graph_value graph_layer_norm(graph_builder *g, const char *name, graph_value x, float eps)
{
    if (!ready(g, name, x, 1)) return GRAPH_NONE;
    graph_node node = builder_plain(OP_layer_norm, x, DTYPE_F32, graph_shape(g, x));
    node.params.layer_norm.eps = eps;
    norm_weights(g, name, &node);
    return builder_node(g, name, node);
}

graph_value graph_attention(graph_builder *g,
                            const char *name,
                            graph_value q,
                            graph_value k,
                            graph_value v,
                            size_t heads,
                            float scale,
                            bool causal)
{
    if (!ready(g, name, q, 3) || !ready(g, name, k, 3) || !ready(g, name, v, 3)) return GRAPH_NONE;
    const shape queries = graph_shape(g, q);
    shape keys = graph_shape(g, k);
    if (!same(g, name, keys, graph_shape(g, v))) return GRAPH_NONE;
    keys.dim[1] = queries.dim[1]; /* only the number of tokens may differ */
    if (!same(g, name, queries, keys)) return GRAPH_NONE;
    if (heads == 0 || queries.dim[2] % heads != 0) {
        builder_fail(g, SD14_ERROR_MODEL, "%s: %zu channels cannot be split into %zu heads", name,
                     queries.dim[2], heads);
        return GRAPH_NONE;
    }
    graph_node node = builder_plain(OP_attention, q, DTYPE_F32, queries);
    node.src[1] = k;
    node.src[2] = v;
    node.params.attention.heads = heads;
    node.params.attention.scale = scale;
    node.params.attention.causal = causal;
    return builder_node(g, name, node);
}

graph_value graph_unary(graph_builder *g, const char *name, graph_op op, graph_value x)
{
    if (!ready(g, name, x, op == OP_upsample_nearest_2x ? 4 : 1)) return GRAPH_NONE;
    shape to = graph_shape(g, x);
    if (op == OP_upsample_nearest_2x) {
        to.dim[1] *= 2;
        to.dim[2] *= 2;
    } else if (op == OP_geglu) {
        if (shape_last(to) % 2 != 0) {
            builder_fail(g, SD14_ERROR_MODEL, "%s: geglu needs an even number of channels", name);
            return GRAPH_NONE;
        }
        to = with_last(to, shape_last(to) / 2);
    }
    return builder_node(g, name, builder_plain(op, x, DTYPE_F32, to));
}

graph_value graph_add(graph_builder *g, const char *name, graph_value a, graph_value b)
{
    if (!ready(g, name, a, 1) || !ready(g, name, b, 1)) return GRAPH_NONE;
    const shape to = graph_shape(g, a);
    const shape from = graph_shape(g, b);

    shape one = to; /* one item for the whole batch */
    one.dim[0] = 1;
    const bool per_item =
        from.rank == 2 && to.rank > 2 && from.dim[0] == to.dim[0] && from.dim[1] == shape_last(to);
    if (!per_item && !shape_equal(from, one) && !same(g, name, to, from)) return GRAPH_NONE;

    graph_node node = builder_plain(OP_add, a, DTYPE_F32, to);
    node.src[1] = b;
    return builder_node(g, name, node);
}

graph_value graph_scale(graph_builder *g, const char *name, graph_value x, float factor)
{
    if (!ready(g, name, x, 0)) return GRAPH_NONE;
    graph_node node = builder_plain(OP_scale, x, DTYPE_F32, graph_shape(g, x));
    node.params.scale.factor = factor;
    return builder_node(g, name, node);
}

graph_value graph_concat_channels(graph_builder *g, const char *name, graph_value a, graph_value b)
{
    if (!ready(g, name, a, 1) || !ready(g, name, b, 1)) return GRAPH_NONE;
    const shape first = graph_shape(g, a);
    const shape second = graph_shape(g, b);
    if (!same(g, name, first, with_last(second, shape_last(first)))) return GRAPH_NONE;

    graph_node node = builder_plain(OP_concat_channels, a, DTYPE_F32,
                                    with_last(first, shape_last(first) + shape_last(second)));
    node.src[1] = b;
    return builder_node(g, name, node);
}

graph_value graph_repeat_batch(graph_builder *g, const char *name, graph_value x)
{
    if (!ready(g, name, x, 2)) return GRAPH_NONE;
    shape to = graph_shape(g, x);
    to.dim[0] *= 2;
    return builder_node(g, name, builder_plain(OP_repeat_batch, x, DTYPE_F32, to));
}

graph_value graph_embedding(
    graph_builder *g, const char *name, graph_value ids, size_t vocabulary, size_t channels)
{
    if (g->status != SD14_OK) return GRAPH_NONE;
    const shape from = graph_shape(g, ids);
    if (ids < 0 || g->made->nodes[ids].type != DTYPE_I32 || from.rank != 2) {
        builder_fail(g, SD14_ERROR_MODEL, "%s: needs int32 ids [batch, tokens]", name);
        return GRAPH_NONE;
    }
    graph_node node =
        builder_plain(OP_embedding, ids, DTYPE_F32, shape_3(from.dim[0], from.dim[1], channels));
    node.weight[0] = builder_weight(g, name, ".weight", shape_2(vocabulary, channels));
    return builder_node(g, name, node);
}

graph_value graph_timestep_embedding(graph_builder *g,
                                     const char *name,
                                     graph_value t,
                                     size_t channels,
                                     bool flip_sin_to_cos,
                                     float shift)
{
    if (!ready(g, name, t, 1)) return GRAPH_NONE;
    if (channels == 0 || channels % 2 != 0) {
        builder_fail(g, SD14_ERROR_MODEL, "%s: needs an even number of channels", name);
        return GRAPH_NONE;
    }
    graph_node node = builder_plain(OP_timestep_embedding, t, DTYPE_F32,
                                    shape_2(graph_shape(g, t).dim[0], channels));
    node.params.timestep_embedding.flip_sin_to_cos = flip_sin_to_cos;
    node.params.timestep_embedding.shift = shift;
    return builder_node(g, name, node);
}

graph_value graph_guided_ddim_step(graph_builder *g,
                                   const char *name,
                                   graph_value latent,
                                   graph_value noise_pred,
                                   graph_value coefficients,
                                   graph_value variance_noise,
                                   bool guided)
{
    if (!ready(g, name, latent, 2) || !ready(g, name, noise_pred, 2) ||
        !ready(g, name, coefficients, 1))
        return GRAPH_NONE;
    const shape to = graph_shape(g, latent);
    shape predicted = to;
    predicted.dim[0] *= guided ? 2 : 1;
    if (!same(g, name, predicted, graph_shape(g, noise_pred)) ||
        !same(g, name, shape_1(DDIM_COEFFICIENTS), graph_shape(g, coefficients)) ||
        (variance_noise != GRAPH_NONE && !same(g, name, to, graph_shape(g, variance_noise))))
        return GRAPH_NONE;

    graph_node node = builder_plain(OP_guided_ddim_step, latent, DTYPE_F32, to);
    node.src[1] = noise_pred;
    node.src[2] = coefficients;
    node.src[3] = variance_noise;
    node.params.guided_ddim_step.guided = guided;
    return builder_node(g, name, node);
}
