/* SPDX-License-Identifier: Apache-2.0 */
#include "models/config_check.h"
#include "models/config_files.h"

/* diffusers' UNet2DConditionModel has these knobs; Stable Diffusion 1.x leaves them where they are. */
static const config_fixed fixed[] = {
    {"act_fn", "\"silu\"|\"swish\""},
    {"addition_embed_type", "null"},
    {"addition_embed_type_num_heads", "64"},
    {"addition_time_embed_dim", "null"},
    {"attention_type", "\"default\""},
    {"center_input_sample", "false"},
    {"class_embed_type", "null"},
    {"class_embeddings_concat", "false"},
    {"conv_in_kernel", "3"},
    {"conv_out_kernel", "3"},
    {"cross_attention_norm", "null"},
    {"downsample_padding", "1"},
    {"dropout", "0|0.0"},
    {"dual_cross_attention", "false"},
    {"encoder_hid_dim", "null"},
    {"encoder_hid_dim_type", "null"},
    {"mid_block_only_cross_attention", "null|false"},
    {"mid_block_scale_factor", "1|1.0"},
    {"mid_block_type", "\"UNetMidBlock2DCrossAttn\""},
    {"num_class_embeds", "null"},
    {"only_cross_attention", "false"},
    {"projection_class_embeddings_input_dim", "null"},
    {"resnet_out_scale_factor", "1|1.0"},
    {"resnet_skip_time_act", "false"},
    {"resnet_time_scale_shift", "\"default\""},
    {"reverse_transformer_layers_per_block", "null"},
    {"time_cond_proj_dim", "null"},
    {"time_embedding_act_fn", "null"},
    {"time_embedding_dim", "null"},
    {"time_embedding_type", "\"positional\""},
    {"timestep_post_act", "null"},
    {"transformer_layers_per_block", "1"},
    {"upcast_attention", "false|true"}, /* attention is float32 anyway */
};

static const char *const read_keys[] = {
    "attention_head_dim", "block_out_channels", "cross_attention_dim",   "down_block_types",
    "flip_sin_to_cos",    "freq_shift",         "in_channels",           "layers_per_block",
    "norm_eps",           "norm_num_groups",    "num_attention_heads",   "out_channels",
    "sample_size",        "up_block_types",     "use_linear_projection", NULL,
};

/* The key named attention_head_dim holds the number of heads: a slip of diffusers' that its files keep.
 * One number for all blocks, or one per block. */
static sd14_status read_heads(const json_node *root, unet_config *config, sd14_error *error)
{
    json_node heads = json_member(root, "num_attention_heads");
    if (!json_present(&heads)) heads = json_member(root, "attention_head_dim");

    const bool per_block = json_is_array(heads.value);
    size_t count = 0;
    if (per_block) TRY(json_get_count(&heads, config->n_blocks, config->n_blocks, &count, error));
    for (size_t i = 0; i < config->n_blocks; i++) {
        const json_node one = per_block ? json_element(&heads, i) : heads;
        int64_t value = 8; /* UNet2DConditionModel's default */
        if (json_present(&one)) TRY(json_get_int(&one, 1, 65536, &value, error));
        if (config->block_out_channels[i] % (size_t)value != 0) {
            return json_fail(&one, error, "%zu channels cannot be split into %d heads",
                             config->block_out_channels[i], (int)value);
        }
        config->heads[i] = (size_t)value;
    }
    return SD14_OK;
}

static sd14_status read_numbers(const json_node *root, unet_config *config, sd14_error *error)
{
    double eps = 0.0;
    double shift = 0.0;
    TRY(config_size_or(root, "sample_size", 64, 8, 4096, &config->sample_size, error));
    TRY(config_size_or(root, "in_channels", 4, 1, 64, &config->in_channels, error));
    TRY(config_size_or(root, "out_channels", 4, 1, 64, &config->out_channels, error));
    TRY(config_size_or(root, "layers_per_block", 2, 1, CONFIG_LAYERS_MAX, &config->layers_per_block,
                       error));
    TRY(config_size(root, "cross_attention_dim", 1, 65536, &config->cross_attention_dim, error));
    TRY(config_number_or(root, "norm_eps", 1e-5, 1e-12, 1.0, &eps, error));
    TRY(config_number_or(root, "freq_shift", 0.0, 0.0, 1.0, &shift, error));
    TRY(config_bool_or(root, "flip_sin_to_cos", true, &config->flip_sin_to_cos, error));
    TRY(config_bool_or(root, "use_linear_projection", false, &config->use_linear_projection,
                       error));
    config->norm_eps = (float)eps;
    config->freq_shift = (float)shift;
    return SD14_OK;
}

sd14_status config_read_unet(const json_node *root, unet_config *out_config, sd14_error *error)
{
    unet_config *config = out_config;
    TRY(config_check_keys(root, fixed, sizeof(fixed) / sizeof(fixed[0]), read_keys, error));
    TRY(read_numbers(root, config, error));
    TRY(config_size_or(root, "norm_num_groups", 32, 1, 65536, &config->norm_num_groups, error));
    TRY(config_channels(root, config->norm_num_groups, config->block_out_channels,
                        &config->n_blocks, error));
    TRY(config_block_types(root, "down_block_types", config->n_blocks, "CrossAttnDownBlock2D",
                           "DownBlock2D", config->down_attention, error));
    TRY(config_block_types(root, "up_block_types", config->n_blocks, "CrossAttnUpBlock2D",
                           "UpBlock2D", config->up_attention, error));
    return read_heads(root, config, error);
}
