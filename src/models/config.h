/* SPDX-License-Identifier: Apache-2.0 */

/** The configurations of a model folder, as far as they shape the networks. */
#ifndef SD14_MODELS_CONFIG_H
#define SD14_MODELS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "graph/ops.h"
#include "sampling/schedule.h"

enum { CONFIG_BLOCKS_MAX = 8, CONFIG_LAYERS_MAX = 8 };

/** text_encoder/config.json. The ids in it are stale in SD 1.4 and not read: the tokenizer's count. */
typedef struct clip_text_config {
    size_t vocab_size;
    size_t hidden_size;
    size_t intermediate_size;
    size_t num_hidden_layers;
    size_t num_attention_heads;
    size_t max_position_embeddings;
    float layer_norm_eps;
    graph_op hidden_act; /**< OP_quick_gelu or OP_gelu */
} clip_text_config;

/** unet/config.json. */
typedef struct unet_config {
    size_t sample_size; /**< latent height and width the model was trained at */
    size_t in_channels;
    size_t out_channels;
    size_t n_blocks;
    size_t block_out_channels[CONFIG_BLOCKS_MAX];
    size_t layers_per_block;
    bool down_attention[CONFIG_BLOCKS_MAX]; /**< CrossAttnDownBlock2D, else DownBlock2D */
    bool up_attention
        [CONFIG_BLOCKS_MAX];         /**< CrossAttnUpBlock2D, else UpBlock2D; in running order */
    size_t heads[CONFIG_BLOCKS_MAX]; /**< per down block; "attention_head_dim" in SD 1.x's file */
    size_t cross_attention_dim;
    size_t norm_num_groups;
    float norm_eps;
    bool flip_sin_to_cos;
    float freq_shift;
    bool use_linear_projection;
} unet_config;

/** vae/config.json. */
typedef struct vae_config {
    size_t in_channels;
    size_t out_channels;
    size_t latent_channels;
    size_t n_blocks;
    size_t block_out_channels[CONFIG_BLOCKS_MAX];
    size_t layers_per_block;
    size_t norm_num_groups;
    float scaling_factor;
    bool use_quant_conv;
    bool use_post_quant_conv;
    bool mid_block_add_attention;
} vae_config;

/** sd14.json beside model_index.json: what a folder says of itself. SD 1.4's defaults without the file. */
typedef struct model_defaults {
    size_t width, height; /**< pixels; 0: sample_size times the VAE's factor */
    int steps;
    double guidance_scale;
} model_defaults;

enum { CONFIG_WARNING_BYTES = 512 };

typedef struct model_config {
    clip_text_config text_encoder;
    unet_config unet;
    vae_config vae;
    schedule_config scheduler;
    model_defaults defaults;
    char warning
        [CONFIG_WARNING_BYTES]; /**< something a person should hear; "" when there is nothing */
} model_config;

/**
 * Reads and checks the configuration files of a diffusers folder. What these networks cannot express is
 * named and refused, never ignored.
 * @return SD14_OK; SD14_ERROR_MODEL naming file, key and value; SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status model_config_read(const char *folder,
                                             model_config *out_config,
                                             sd14_error *error);

/** Pixels per latent element: 8 for SD 1.x. */
size_t vae_scale(const vae_config *vae);

#endif /* SD14_MODELS_CONFIG_H */
