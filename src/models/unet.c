/* SPDX-License-Identifier: Apache-2.0 */

/*
 * UNet2DConditionModel. Shapes in the comments are SD 1.4's at 512x512, batch b.
 *
 *   conv_in ─▶ down 0 ─▶ down 1 ─▶ down 2 ─▶ down 3 ─▶ mid ─▶ up 0 ─▶ up 1 ─▶ up 2 ─▶ up 3 ─▶ conv_out
 *   64x64x320  64x64x320 32x32x640 16x16x1280 8x8x1280        (every output on the way down joins the
 *                                                               way up again by concat_channels)
 */
#include "models/blocks.h"
#include "models/networks.h"

/* conv_in, and per block its layers and its downsampler. */
enum { SKIPS_MAX = 1 + CONFIG_BLOCKS_MAX * (CONFIG_LAYERS_MAX + 1) };

typedef struct unet {
    const unet_config *config;
    resnet_params resnet;
    graph_value context; /* [b, 77, 768] */
    graph_value skips[SKIPS_MAX];
    size_t n_skips;
    graph_value deep; /* the deep feature: given, or else the one that was made */
    bool deep_given;
} unet;

/* timestep [b] -> silu(embedding) [b, 1280]. Every resnet takes the silu of it, so it is made once. */
static graph_value time_embedding(graph_builder *g, const unet_config *config, graph_value timestep)
{
    const size_t channels = config->block_out_channels[0];
    graph_value t = graph_timestep_embedding(g, "time_proj", timestep, channels,
                                             config->flip_sin_to_cos, config->freq_shift);
    graph_enter(g, "time_embedding");
    t = graph_linear(g, "linear_1", t, 4 * channels, true);
    t = graph_unary(g, "act", OP_silu, t);
    t = graph_linear(g, "linear_2", t, 4 * channels, true);
    graph_leave(g);
    return graph_unary(g, "time_act", OP_silu, t);
}

/* x [b, n, c] attends to context [b, m, k]; for self attention the context is x. */
static graph_value cross_attention(
    graph_builder *g, const char *name, graph_value x, graph_value context, size_t heads)
{
    const size_t channels = shape_last(graph_shape(g, x));
    graph_enter(g, "%s", name);
    const graph_value q = graph_linear(g, "to_q", x, channels, false);
    const graph_value k = graph_linear(g, "to_k", context, channels, false);
    const graph_value v = graph_linear(g, "to_v", context, channels, false);
    const graph_value mixed =
        graph_attention(g, "attention", q, k, v, heads, attention_scale(channels, heads), false);
    const graph_value y = graph_linear(g, "to_out.0", mixed, channels, true);
    graph_leave(g);
    return y;
}

/* BasicTransformerBlock: x [b, 4096, 320]. */
static graph_value transformer_block(graph_builder *g, const unet *net, graph_value x, size_t heads)
{
    static const float eps = 1e-5F; /* nn.LayerNorm's default */
    const size_t channels = shape_last(graph_shape(g, x));

    graph_enter(g, "transformer_blocks.0");
    graph_value h = graph_layer_norm(g, "norm1", x, eps);
    h = cross_attention(g, "attn1", h, h, heads);
    x = graph_add(g, "attn1.residual", x, h);

    h = graph_layer_norm(g, "norm2", x, eps);
    h = cross_attention(g, "attn2", h, net->context, heads);
    x = graph_add(g, "attn2.residual", x, h);

    h = graph_layer_norm(g, "norm3", x, eps);
    h = graph_linear(g, "ff.net.0.proj", h, 8 * channels, true);
    h = graph_unary(g, "ff.net.0", OP_geglu, h);
    h = graph_linear(g, "ff.net.2", h, channels, true);
    x = graph_add(g, "", x, h);
    graph_leave(g);
    return x;
}

/* Transformer2DModel: x [b, 64, 64, 320]. Its norm's eps is 1e-6, unlike the resnets'. */
static graph_value
transformer(graph_builder *g, const unet *net, size_t layer, graph_value x, size_t heads)
{
    const shape image = graph_shape(g, x);
    const size_t channels = shape_last(image);
    const shape tokens = shape_3(image.dim[0], image.dim[1] * image.dim[2], channels);
    const bool linear = net->config->use_linear_projection;

    graph_enter(g, "attentions.%zu", layer);
    graph_value h = graph_group_norm(g, "norm", x, net->config->norm_num_groups, 1e-6F);
    if (!linear) h = graph_conv2d(g, "proj_in", h, channels, 1, 1, 0, 0);
    h = graph_view(g, "tokens", h, tokens);
    if (linear) h = graph_linear(g, "proj_in", h, channels, true);
    h = transformer_block(g, net, h, heads);
    if (linear) h = graph_linear(g, "proj_out", h, channels, true);
    h = graph_view(g, "image", h, image);
    if (!linear) h = graph_conv2d(g, "proj_out", h, channels, 1, 1, 0, 0);
    h = graph_add(g, "", x, h);
    graph_leave(g);
    return h;
}

static void push_skip(unet *net, graph_value x)
{
    net->skips[net->n_skips++] = x;
}

static graph_value down_block(graph_builder *g, unet *net, size_t i, graph_value x)
{
    const unet_config *config = net->config;
    const size_t channels = config->block_out_channels[i];

    graph_enter(g, "down_blocks.%zu", i);
    for (size_t layer = 0; layer < config->layers_per_block; layer++) {
        x = resnet_block(g, &net->resnet, layer, x, channels);
        if (config->down_attention[i]) x = transformer(g, net, layer, x, config->heads[i]);
        push_skip(net, x);
    }
    if (i + 1 < config->n_blocks) {
        x = graph_conv2d(g, "downsamplers.0.conv", x, channels, 3, 2, 1, 1);
        push_skip(net, x);
    }
    graph_leave(g);
    return x;
}

static graph_value mid_block(graph_builder *g, const unet *net, graph_value x)
{
    const size_t last = net->config->n_blocks - 1;
    const size_t channels = net->config->block_out_channels[last];

    graph_enter(g, "mid_block");
    x = resnet_block(g, &net->resnet, 0, x, channels);
    x = transformer(g, net, 0, x, net->config->heads[last]);
    x = resnet_block(g, &net->resnet, 1, x, channels);
    graph_leave(g);
    return x;
}

static graph_value deep_feature(unet *net, graph_value made)
{
    if (!net->deep_given) net->deep = made;
    return net->deep;
}

/* Up block i mirrors down block n-1-i and has one layer more, for the skip of the layer below. */
static graph_value up_block(graph_builder *g, unet *net, size_t i, graph_value x)
{
    const unet_config *config = net->config;
    const size_t level = config->n_blocks - 1 - i;
    const size_t channels = config->block_out_channels[level];

    graph_enter(g, "up_blocks.%zu", i);
    for (size_t layer = 0; layer <= config->layers_per_block; layer++) {
        if (level == 0 && layer == config->layers_per_block) x = deep_feature(net, x);
        graph_enter(g, "resnets.%zu", layer);
        x = graph_concat_channels(g, "concat", x, net->skips[--net->n_skips]);
        graph_leave(g);
        x = resnet_block(g, &net->resnet, layer, x, channels);
        if (config->up_attention[i]) x = transformer(g, net, layer, x, config->heads[level]);
    }
    if (level > 0) x = upsample(g, x);
    graph_leave(g);
    return x;
}

/* What a UNet reads. */
typedef struct unet_inputs {
    graph_value sample, timestep, context;
    graph_value deep; /* GRAPH_NONE: the UNet makes it */
} unet_inputs;

/* Inputs in the order of networks.h: the image, then these two. */
static unet_inputs declare_inputs(
    graph_builder *g, const unet_config *config, size_t batch, graph_value sample, size_t tokens)
{
    const shape context = shape_3(batch, tokens, config->cross_attention_dim);
    const graph_value timestep = graph_input(g, "timestep", DTYPE_F32, shape_1(batch));
    return (unet_inputs){.sample = sample,
                         .timestep = timestep,
                         .deep = GRAPH_NONE,
                         .context = graph_input(g, "encoder_hidden_states", DTYPE_F32, context)};
}

/* sample [b, 64, 64, 4] -> the noise in it; in->deep becomes what was made where nothing was given. */
static graph_value predict_noise(graph_builder *g, const unet_config *config, unet_inputs *in)
{
    unet net = {
        .config = config,
        .resnet = {.groups = config->norm_num_groups, .eps = config->norm_eps},
        .context = in->context,
        .deep = in->deep,
        .deep_given = in->deep != GRAPH_NONE,
    };
    net.resnet.time = time_embedding(g, config, in->timestep);

    graph_value x =
        graph_conv2d(g, "conv_in", in->sample, config->block_out_channels[0], 3, 1, 1, 1);
    push_skip(&net, x);
    for (size_t i = 0; i < config->n_blocks; i++) x = down_block(g, &net, i, x);
    x = mid_block(g, &net, x);
    for (size_t i = 0; i < config->n_blocks; i++) x = up_block(g, &net, i, x);

    in->deep = net.deep;

    x = graph_group_norm(g, "conv_norm_out", x, config->norm_num_groups, config->norm_eps);
    x = graph_unary(g, "conv_act", OP_silu, x);
    return graph_conv2d(g, "conv_out", x, config->out_channels, 3, 1, 1, 1);
}

sd14_status unet_graph(const unet_config *config,
                       size_t batch,
                       size_t height,
                       size_t width,
                       size_t tokens,
                       graph **out_graph,
                       sd14_error *error)
{
    graph_builder *g = graph_builder_create("unet");
    if (g == NULL) FAIL_NO_MEMORY(error, "the UNet's graph");
    const graph_value sample =
        graph_input(g, "sample", DTYPE_F32, shape_4(batch, height, width, config->in_channels));
    unet_inputs in = declare_inputs(g, config, batch, sample, tokens);
    graph_output(g, predict_noise(g, config, &in));
    return graph_builder_finish(g, out_graph, error);
}

sd14_status denoise_graph(const unet_config *config,
                          const denoise_size *size,
                          graph **out_graph,
                          sd14_error *error)
{
    graph_builder *g = graph_builder_create("denoise");
    if (g == NULL) FAIL_NO_MEMORY(error, "the graph of a step");
    const size_t batch = size->guided ? 2 * size->pictures : size->pictures;
    const shape shape = shape_4(size->pictures, size->height, size->width, config->in_channels);
    const graph_value latent = graph_input(g, "latent", DTYPE_F32, shape);
    unet_inputs in = declare_inputs(g, config, batch, latent, size->tokens);
    const graph_value coefficients =
        graph_input(g, "coefficients", DTYPE_F32, shape_1(DDIM_COEFFICIENTS));
    const graph_value noise =
        size->variance_noise ? graph_input(g, "variance_noise", DTYPE_F32, shape) : GRAPH_NONE;
    if (size->deep == DEEP_GIVEN) {
        in.deep =
            graph_input(g, "deep_feature", DTYPE_F32,
                        shape_4(batch, size->height, size->width, config->block_out_channels[0]));
    }

    if (size->guided) in.sample = graph_repeat_batch(g, "sample", latent);
    const graph_value predicted = predict_noise(g, config, &in);
    graph_output(g, graph_guided_ddim_step(g, "prev_sample", latent, predicted, coefficients, noise,
                                           size->guided));
    if (size->deep == DEEP_KEPT) graph_output(g, in.deep);
    graph *made = NULL;
    TRY(graph_builder_finish(g, &made, error));
    if (size->deep == DEEP_GIVEN) {
        const sd14_status status = graph_prune(made, error);
        if (status != SD14_OK) {
            graph_destroy(made);
            return status;
        }
    }
    *out_graph = made;
    return SD14_OK;
}
