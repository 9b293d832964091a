/* SPDX-License-Identifier: Apache-2.0 */
#include "models/blocks.h"

#include <math.h>

graph_value resnet_block(
    graph_builder *g, const resnet_params *params, size_t layer, graph_value x, size_t channels)
{
    const bool widens = shape_last(graph_shape(g, x)) != channels;

    graph_enter(g, "resnets.%zu", layer);
    graph_value h = graph_group_norm(g, "norm1", x, params->groups, params->eps);
    h = graph_unary(g, "act1", OP_silu, h);
    h = graph_conv2d(g, "conv1", h, channels, 3, 1, 1, 1);
    if (params->time != GRAPH_NONE) {
        const graph_value t = graph_linear(g, "time_emb_proj", params->time, channels, true);
        h = graph_add(g, "time", h, t);
    }
    h = graph_group_norm(g, "norm2", h, params->groups, params->eps);
    h = graph_unary(g, "act2", OP_silu, h);
    h = graph_conv2d(g, "conv2", h, channels, 3, 1, 1, 1);
    if (widens) x = graph_conv2d(g, "conv_shortcut", x, channels, 1, 1, 0, 0);
    h = graph_add(g, "", x, h);
    graph_leave(g);
    return h;
}

graph_value upsample(graph_builder *g, graph_value x)
{
    graph_enter(g, "upsamplers.0");
    x = graph_unary(g, "nearest", OP_upsample_nearest_2x, x);
    x = graph_conv2d(g, "conv", x, shape_last(graph_shape(g, x)), 3, 1, 1, 1);
    graph_leave(g);
    return x;
}

float attention_scale(size_t channels, size_t heads)
{
    return (float)(1.0 / sqrt((double)channels / (double)heads));
}
