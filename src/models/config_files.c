/* SPDX-License-Identifier: Apache-2.0 */
#include "models/config_files.h"

#include <stdio.h>
#include <string.h>

#include "models/config_check.h"

sd14_status config_read_vae(const json_node *root, vae_config *out_config, sd14_error *error)
{
    static const config_fixed fixed[] = {
        {"act_fn", "\"silu\"|\"swish\""}, {"force_upcast", "true|false"}, /* it is float32 anyway */
        {"latents_mean", "null"},         {"latents_std", "null"},
        {"shift_factor", "null|0|0.0"},
    };
    static const char *const read_keys[] = {
        "block_out_channels",
        "down_block_types",
        "in_channels",
        "latent_channels",
        "layers_per_block",
        "norm_num_groups",
        "out_channels",
        "scaling_factor",
        "sample_size",
        "up_block_types",
        "use_quant_conv",
        "use_post_quant_conv",
        "mid_block_add_attention",
        NULL,
    };
    vae_config *config = out_config;
    double factor = 0.0;
    TRY(config_check_keys(root, fixed, sizeof(fixed) / sizeof(fixed[0]), read_keys, error));
    TRY(config_size_or(root, "in_channels", 3, 3, 3, &config->in_channels, error));
    TRY(config_size_or(root, "out_channels", 3, 3, 3, &config->out_channels, error));
    TRY(config_size_or(root, "latent_channels", 4, 1, 64, &config->latent_channels, error));
    TRY(config_size_or(root, "layers_per_block", 1, 1, CONFIG_LAYERS_MAX, &config->layers_per_block,
                       error));
    TRY(config_size_or(root, "norm_num_groups", 32, 1, 65536, &config->norm_num_groups, error));
    TRY(config_number_or(root, "scaling_factor", 0.18215, 1e-6, 1e6, &factor, error));
    TRY(config_bool_or(root, "use_quant_conv", true, &config->use_quant_conv, error));
    TRY(config_bool_or(root, "use_post_quant_conv", true, &config->use_post_quant_conv, error));
    TRY(config_bool_or(root, "mid_block_add_attention", true, &config->mid_block_add_attention,
                       error));
    TRY(config_channels(root, config->norm_num_groups, config->block_out_channels,
                        &config->n_blocks, error));
    TRY(config_block_types(root, "down_block_types", config->n_blocks, "DownEncoderBlock2D", NULL,
                           NULL, error));
    TRY(config_block_types(root, "up_block_types", config->n_blocks, "UpDecoderBlock2D", NULL, NULL,
                           error));
    config->scaling_factor = (float)factor;
    return SD14_OK;
}

/* Files written over the years carry dozens of keys that mean nothing here: unknown ones are let pass. */
sd14_status
config_read_text_encoder(const json_node *root, clip_text_config *out_config, sd14_error *error)
{
    clip_text_config *config = out_config;
    double eps = 0.0;
    TRY(json_get_object(root, error));
    TRY(config_size_or(root, "vocab_size", 49408, 3, 1 << 24, &config->vocab_size, error));
    TRY(config_size_or(root, "hidden_size", 512, 1, 65536, &config->hidden_size, error));
    TRY(config_size_or(root, "intermediate_size", 2048, 1, 1 << 20, &config->intermediate_size,
                       error));
    TRY(config_size_or(root, "num_hidden_layers", 12, 1, 1000, &config->num_hidden_layers, error));
    TRY(config_size_or(root, "num_attention_heads", 8, 1, 65536, &config->num_attention_heads,
                       error));
    TRY(config_size_or(root, "max_position_embeddings", 77, 3, 65536,
                       &config->max_position_embeddings, error));
    TRY(config_number_or(root, "layer_norm_eps", 1e-5, 1e-12, 1.0, &eps, error));
    config->layer_norm_eps = (float)eps;
    if (config->hidden_size % config->num_attention_heads != 0) {
        const json_node heads = json_member(root, "num_attention_heads");
        return json_fail(&heads, error, "%zu channels cannot be split into %zu heads",
                         config->hidden_size, config->num_attention_heads);
    }

    const json_node act = json_member(root, "hidden_act");
    const char *name = "quick_gelu";
    if (json_present(&act)) TRY(json_get_string(&act, &name, error));
    if (strcmp(name, "quick_gelu") != 0 && strcmp(name, "gelu") != 0) {
        return json_fail(&act, error,
                         "\"%.100s\" is not supported, only \"quick_gelu\" and \"gelu\"", name);
    }
    config->hidden_act = strcmp(name, "gelu") == 0 ? OP_gelu : OP_quick_gelu;
    return SD14_OK;
}

/* One of the names, in the order of the enum; absent: the first. */
static sd14_status read_choice(const json_node *root,
                               const char *key,
                               const char *const *names,
                               int *out_choice,
                               sd14_error *error)
{
    const json_node node = json_member(root, key);
    *out_choice = 0;
    if (!json_present(&node)) return SD14_OK;
    const char *value = NULL;
    TRY(json_get_string(&node, &value, error));
    for (int i = 0; names[i] != NULL; i++) {
        if (strcmp(value, names[i]) == 0) {
            *out_choice = i;
            return SD14_OK;
        }
    }
    return json_fail(&node, error, "\"%.100s\" is not supported, only %s and the like", value,
                     names[0]);
}

sd14_status config_read_scheduler(const json_node *root,
                                  schedule_config *out_config,
                                  char warning[CONFIG_WARNING_BYTES],
                                  sd14_error *error)
{
    static const char *const beta_schedules[] = {"linear", "scaled_linear", NULL};
    static const char *const spacings[] = {"leading", "trailing", "linspace", NULL};
    static const config_fixed fixed[] = {
        {"prediction_type", "\"epsilon\""},
        {"trained_betas", "null"},
        {"thresholding", "false"},
        {"rescale_betas_zero_snr", "false"},
    };
    schedule_config *config = out_config;
    TRY(json_get_object(root, error));
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        TRY(config_check_fixed(root, &fixed[i], error));
    }

    size_t train_timesteps = 0;
    size_t steps_offset = 0;
    int beta_choice = 0;
    int spacing_choice = 0;
    bool clip_sample = false;
    TRY(config_size_or(root, "num_train_timesteps", 1000, 1, 1000000, &train_timesteps, error));
    TRY(config_size_or(root, "steps_offset", 1, 0, 1000000, &steps_offset, error));
    TRY(config_number_or(root, "beta_start", 0.0001, 1e-12, 0.999, &config->beta_start, error));
    TRY(config_number_or(root, "beta_end", 0.02, 1e-12, 0.999, &config->beta_end, error));
    TRY(config_bool_or(root, "set_alpha_to_one", true, &config->set_alpha_to_one, error));
    TRY(config_bool_or(root, "clip_sample", false, &clip_sample, error));
    TRY(read_choice(root, "beta_schedule", beta_schedules, &beta_choice, error));
    TRY(read_choice(root, "timestep_spacing", spacings, &spacing_choice, error));
    config->train_timesteps = (int)train_timesteps;
    config->beta_schedule = (beta_schedule)beta_choice;
    config->timestep_spacing = (timestep_spacing)spacing_choice;
    config->steps_offset = 1;

    warning[0] = '\0';
    if (steps_offset != 1 || clip_sample) {
        (void)snprintf(warning, CONFIG_WARNING_BYTES,
                       "%s: steps_offset and clip_sample are outdated; 1 and false are used, as "
                       "diffusers does",
                       root->document->name);
    }
    return SD14_OK;
}

sd14_status
config_read_defaults(const json_node *root, model_defaults *out_defaults, sd14_error *error)
{
    static const char *const read_keys[] = {"name",  "description",    "width",   "height",
                                            "steps", "guidance_scale", "prompts", NULL};
    size_t steps = 0;
    TRY(config_check_keys(root, NULL, 0, read_keys, error));
    TRY(config_size_or(root, "width", 0, 8, 4096, &out_defaults->width, error));
    TRY(config_size_or(root, "height", 0, 8, 4096, &out_defaults->height, error));
    TRY(config_size_or(root, "steps", 50, 1, SCHEDULE_STEPS_MAX, &steps, error));
    TRY(config_number_or(root, "guidance_scale", 7.5, 0.0, 100.0, &out_defaults->guidance_scale,
                         error));
    out_defaults->steps = (int)steps;
    return SD14_OK;
}
