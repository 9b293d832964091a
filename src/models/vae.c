/* SPDX-License-Identifier: Apache-2.0 */

/*
 * AutoencoderKL. Shapes in the comments are SD 1.4's at 512x512, batch b.
 *
 *   decoder: latent 64x64x4 ─▶ conv_in, mid 64x64x512 ─▶ up 0..3 ─▶ 512x512x128 ─▶ conv_out 512x512x3
 *   encoder: the way back, with quant_conv's 64x64x8 moments at its end
 */
#include "models/blocks.h"
#include "models/networks.h"

static const float eps = 1e-6F;

static resnet_params vae_resnet(const vae_config *config)
{
    return (resnet_params){.groups = config->norm_num_groups, .eps = eps, .time = GRAPH_NONE};
}

/* Attention over all pixels, one head: x [b, 64, 64, 512]. */
static graph_value pixel_attention(graph_builder *g, const vae_config *config, graph_value x)
{
    const shape image = graph_shape(g, x);
    const size_t channels = shape_last(image);

    graph_enter(g, "attentions.0");
    graph_value h = graph_group_norm(g, "group_norm", x, config->norm_num_groups, eps);
    h = graph_view(g, "tokens", h, shape_3(image.dim[0], image.dim[1] * image.dim[2], channels));
    const graph_value q = graph_linear(g, "to_q", h, channels, true);
    const graph_value k = graph_linear(g, "to_k", h, channels, true);
    const graph_value v = graph_linear(g, "to_v", h, channels, true);
    h = graph_attention(g, "attention", q, k, v, 1, attention_scale(channels, 1), false);
    h = graph_linear(g, "to_out.0", h, channels, true);
    h = graph_view(g, "image", h, image);
    h = graph_add(g, "", x, h);
    graph_leave(g);
    return h;
}

static graph_value mid_block(graph_builder *g, const vae_config *config, graph_value x)
{
    const resnet_params resnet = vae_resnet(config);
    const size_t channels = shape_last(graph_shape(g, x));

    graph_enter(g, "mid_block");
    x = resnet_block(g, &resnet, 0, x, channels);
    if (config->mid_block_add_attention) x = pixel_attention(g, config, x);
    x = resnet_block(g, &resnet, 1, x, channels);
    graph_leave(g);
    return x;
}

static graph_value
norm_and_conv_out(graph_builder *g, const vae_config *config, graph_value x, size_t channels)
{
    x = graph_group_norm(g, "conv_norm_out", x, config->norm_num_groups, eps);
    x = graph_unary(g, "conv_act", OP_silu, x);
    return graph_conv2d(g, "conv_out", x, channels, 3, 1, 1, 1);
}

sd14_status vae_decoder_graph(const vae_config *config,
                              size_t batch,
                              size_t height,
                              size_t width,
                              graph **out_graph,
                              sd14_error *error)
{
    graph_builder *g = graph_builder_create("vae_decoder");
    if (g == NULL) FAIL_NO_MEMORY(error, "the VAE decoder's graph");
    const resnet_params resnet = vae_resnet(config);
    const size_t blocks = config->n_blocks;

    graph_value x =
        graph_input(g, "latent", DTYPE_F32, shape_4(batch, height, width, config->latent_channels));
    x = graph_scale(g, "unscaled", x, 1.0F / config->scaling_factor);
    if (config->use_post_quant_conv) {
        x = graph_conv2d(g, "post_quant_conv", x, config->latent_channels, 1, 1, 0, 0);
    }

    graph_enter(g, "decoder");
    x = graph_conv2d(g, "conv_in", x, config->block_out_channels[blocks - 1], 3, 1, 1, 1);
    x = mid_block(g, config, x);
    for (size_t i = 0; i < blocks; i++) {
        graph_enter(g, "up_blocks.%zu", i);
        for (size_t layer = 0; layer <= config->layers_per_block; layer++) {
            x = resnet_block(g, &resnet, layer, x, config->block_out_channels[blocks - 1 - i]);
        }
        if (i + 1 < blocks) x = upsample(g, x);
        graph_leave(g);
    }
    x = norm_and_conv_out(g, config, x, config->out_channels);
    graph_leave(g);

    graph_output(g, x);
    return graph_builder_finish(g, out_graph, error);
}

sd14_status vae_encoder_graph(const vae_config *config,
                              size_t batch,
                              size_t height,
                              size_t width,
                              graph **out_graph,
                              sd14_error *error)
{
    graph_builder *g = graph_builder_create("vae_encoder");
    if (g == NULL) FAIL_NO_MEMORY(error, "the VAE encoder's graph");
    const resnet_params resnet = vae_resnet(config);
    const size_t moments = 2 * config->latent_channels;

    graph_value x =
        graph_input(g, "image", DTYPE_F32, shape_4(batch, height, width, config->in_channels));
    graph_enter(g, "encoder");
    x = graph_conv2d(g, "conv_in", x, config->block_out_channels[0], 3, 1, 1, 1);
    for (size_t i = 0; i < config->n_blocks; i++) {
        const size_t channels = config->block_out_channels[i];
        graph_enter(g, "down_blocks.%zu", i);
        for (size_t layer = 0; layer < config->layers_per_block; layer++) {
            x = resnet_block(g, &resnet, layer, x, channels);
        }
        /* Padded below and right only, unlike the UNet's. */
        if (i + 1 < config->n_blocks) {
            x = graph_conv2d(g, "downsamplers.0.conv", x, channels, 3, 2, 0, 1);
        }
        graph_leave(g);
    }
    x = mid_block(g, config, x);
    x = norm_and_conv_out(g, config, x, moments);
    graph_leave(g);
    if (config->use_quant_conv) x = graph_conv2d(g, "quant_conv", x, moments, 1, 1, 0, 0);

    graph_output(g, x);
    return graph_builder_finish(g, out_graph, error);
}

size_t vae_scale(const vae_config *vae)
{
    return (size_t)1 << (vae->n_blocks - 1);
}
