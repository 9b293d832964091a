/* SPDX-License-Identifier: Apache-2.0 */

/** Pieces that UNet and VAE share, described into the graph under the modules entered. */
#ifndef SD14_MODELS_BLOCKS_H
#define SD14_MODELS_BLOCKS_H

#include "graph/graph.h"

typedef struct resnet_params {
    size_t groups;
    float eps;
    graph_value time; /**< silu of the time embedding [batch, channels]; GRAPH_NONE in the VAE */
} resnet_params;

/** ResnetBlock2D "resnets.<layer>": [b, h, w, any] -> [b, h, w, channels]. */
graph_value resnet_block(
    graph_builder *g, const resnet_params *params, size_t layer, graph_value x, size_t channels);

/** Upsample2D "upsamplers.0": [b, h, w, c] -> [b, 2h, 2w, c], nearest, then a 3x3 convolution. */
graph_value upsample(graph_builder *g, graph_value x);

/** 1 / sqrt(head_dim). */
float attention_scale(size_t channels, size_t heads);

#endif /* SD14_MODELS_BLOCKS_H */
