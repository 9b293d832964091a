/* SPDX-License-Identifier: Apache-2.0 */

/**
 * The networks of Stable Diffusion 1.x, described as graphs from their configurations.
 *
 * Node and weight names are those of diffusers' modules, so that a tensor here and a tensor there can be
 * compared by name. Images are [batch, height, width, channels].
 */
#ifndef SD14_MODELS_NETWORKS_H
#define SD14_MODELS_NETWORKS_H

#include "graph/graph.h"
#include "models/config.h"

/**
 * CLIP text encoder.
 * Inputs:  input_ids int32 [batch, tokens], position_ids int32 [1, tokens]: 0, 1, 2, ...
 * Output:  text_model.final_layer_norm [batch, tokens, hidden_size]: transformers' last_hidden_state.
 */
SD14_NODISCARD sd14_status clip_text_graph(const clip_text_config *config,
                                           size_t batch,
                                           size_t tokens,
                                           graph **out_graph,
                                           sd14_error *error);

/**
 * Noise prediction.
 * Inputs:  sample [batch, height, width, in_channels] (height and width divisible by 2 at every level),
 *          timestep float32 [batch], encoder_hidden_states [batch, tokens, cross_attention_dim].
 * Output:  conv_out [batch, height, width, out_channels].
 */
SD14_NODISCARD sd14_status unet_graph(const unet_config *config,
                                      size_t batch,
                                      size_t height,
                                      size_t width,
                                      size_t tokens,
                                      graph **out_graph,
                                      sd14_error *error);

/**
 * Latent to image.
 * Input:   latent [batch, height, width, latent_channels], as the sampler leaves it (scaled).
 * Output:  decoder.conv_out [batch, height·factor, width·factor, out_channels], about -1 to 1.
 */
SD14_NODISCARD sd14_status vae_decoder_graph(const vae_config *config,
                                             size_t batch,
                                             size_t height,
                                             size_t width,
                                             graph **out_graph,
                                             sd14_error *error);

/**
 * Image to the moments of its latent.
 * Input:   image [batch, height, width, in_channels], -1 to 1.
 * Output:  quant_conv [batch, height/factor, width/factor, 2·latent_channels]: means, then log variances;
 *          not yet scaled.
 */
SD14_NODISCARD sd14_status vae_encoder_graph(const vae_config *config,
                                             size_t batch,
                                             size_t height,
                                             size_t width,
                                             graph **out_graph,
                                             sd14_error *error);

/** What a step does with the deep feature: what comes into the last layer of the last up block from below, which is
 * where DeepCache (Ma et al. 2023, arXiv:2312.00858) has branch 0. */
typedef enum denoise_deep {
    DEEP_INSIDE, /**< nothing: the whole UNet runs */
    DEEP_KEPT,   /**< the whole UNet runs, and the feature is a second output */
    DEEP_GIVEN /**< the feature is the last input; of the UNet conv_in and what comes after it run */
} denoise_deep;

/** Of a step of denoising. */
typedef struct denoise_size {
    size_t pictures;
    bool
        guided; /**< the UNet's batch is 2·pictures, all unconditional halves first; else it is `pictures` */
    size_t height, width, tokens;
    bool variance_noise; /**< the step takes noise of its own */
    denoise_deep deep;
} denoise_size;

/**
 * One step of denoising: the UNet, then guidance and DDIM. Its weights are unet_graph()'s.
 * Inputs:  latent [pictures, height, width, in_channels], timestep float32 [batch], encoder_hidden_states as
 *          unet_graph()'s, coefficients float32 [DDIM_COEFFICIENTS] and, with `variance_noise`,
 *          variance_noise [pictures, height, width, in_channels], and with DEEP_GIVEN
 *          deep_feature [batch, height, width, block_out_channels[0]].
 * Output:  prev_sample [pictures, height, width, in_channels]; with DEEP_KEPT also the deep feature.
 */
SD14_NODISCARD sd14_status denoise_graph(const unet_config *config,
                                         const denoise_size *size,
                                         graph **out_graph,
                                         sd14_error *error);

/** The step after the UNet: guidance and DDIM. Inputs latent, noise_pred, coefficients and, with
 * `variance_noise`, variance_noise; output prev_sample. Shapes: guided_ddim_step in graph/ops.h. */
SD14_NODISCARD sd14_status ddim_step_graph(
    shape latent, bool guided, bool variance_noise, graph **out_graph, sd14_error *error);

#endif /* SD14_MODELS_NETWORKS_H */
