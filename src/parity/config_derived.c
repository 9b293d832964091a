/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/config_derived.h"

#include <string.h>

#include "graph/cost.h"
#include "graph/memory_plan.h"

static json_t *count_json(uint64_t count)
{
    return json_integer((json_int_t)count);
}

static json_t *counts_json(const size_t *counts, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        if (json_array_append_new(list, count_json(counts[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static sd14_status part_graph(const model *of,
                              model_part part,
                              size_t batch,
                              const config_dump_params *params,
                              graph **out_graph,
                              sd14_error *error)
{
    const size_t scale = part == MODEL_VAE_ENCODER ? 1 : vae_scale(&of->config.vae);
    return model_graph(&of->config, part, batch, params->height / scale, params->width / scale,
                       out_graph, error);
}

/* ---- networks ------------------------------------------------------------------------------------- */

/* The counts of one network or, added up, of several. */
typedef struct network_counts {
    uint64_t tensors, parameters, macs, file_bytes;
    bool file_types[DTYPE_COUNT];
} network_counts;

static sd14_status count_part(const model *of,
                              model_part part,
                              const config_dump_params *params,
                              network_counts *counts,
                              sd14_error *error)
{
    graph *network = NULL;
    TRY(part_graph(of, part, 1, params, &network, error));
    counts->macs += graph_total_cost(network).macs;
    counts->tensors += (uint64_t)network->n_weights;
    for (int i = 0; i < network->n_weights; i++) {
        const tensor *weight = &of->tensors[part][i];
        counts->parameters += shape_count(network->weights[i].shape);
        counts->file_bytes += shape_count(weight->shape) * dtype_bytes(weight->type);
        counts->file_types[weight->type] = true;
    }
    graph_destroy(network);
    return SD14_OK;
}

static json_t *types_json(const bool types[DTYPE_COUNT])
{
    json_t *list = json_array();
    for (int type = 0; type < DTYPE_COUNT; type++) {
        if (!types[type]) continue;
        if (json_array_append_new(list, json_string(dtype_name((dtype)type))) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static void put_counts(const network_counts *counts, config_entries *to)
{
    config_put_derived(to, "tensors", count_json(counts->tensors));
    config_put_derived(to, "parameters", count_json(counts->parameters));
    config_put_derived(to, "file_bytes", count_json(counts->file_bytes));
    config_put_derived(to, "file_dtypes", types_json(counts->file_types));
}

static sd14_status derive_text_encoder(const model *of,
                                       const config_dump_params *params,
                                       config_entries *to,
                                       sd14_error *error)
{
    const clip_text_config *config = &of->config.text_encoder;
    network_counts counts = {0};
    TRY(count_part(of, MODEL_TEXT_ENCODER, params, &counts, error));
    put_counts(&counts, to);
    config_put_derived(to, "macs", count_json(counts.macs));
    config_put_derived(to, "head_dim",
                       count_json(config->hidden_size / config->num_attention_heads));
    return SD14_OK;
}

static sd14_status derive_unet(const model *of,
                               const config_dump_params *params,
                               config_entries *to,
                               sd14_error *error)
{
    const unet_config *config = &of->config.unet;
    network_counts counts = {0};
    TRY(count_part(of, MODEL_UNET, params, &counts, error));
    put_counts(&counts, to);
    config_put_derived(to, "macs", count_json(counts.macs));

    size_t head_dims[CONFIG_BLOCKS_MAX];
    for (size_t i = 0; i < config->n_blocks; i++) {
        head_dims[i] = config->block_out_channels[i] / config->heads[i];
    }
    config_put_derived(to, "heads", counts_json(config->heads, config->n_blocks));
    config_put_derived(to, "head_dims", counts_json(head_dims, config->n_blocks));
    config_put_derived(to, "time_embed_dim", count_json(4 * config->block_out_channels[0]));
    return SD14_OK;
}

/* The VAE's two networks share a file: counted together, and each for itself. */
static sd14_status
derive_vae(const model *of, const config_dump_params *params, config_entries *to, sd14_error *error)
{
    static const struct {
        const char *key;
        model_part part;
    } parts[] = {{"decoder", MODEL_VAE_DECODER}, {"encoder", MODEL_VAE_ENCODER}};
    const vae_config *config = &of->config.vae;
    network_counts all = {0};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        network_counts counts = {0};
        config_entries network;
        TRY(count_part(of, parts[i].part, params, &counts, error));
        TRY(count_part(of, parts[i].part, params, &all, error));
        config_entries_init(&network);
        config_put_derived(&network, "parameters", count_json(counts.parameters));
        config_put_derived(&network, "macs", count_json(counts.macs));
        config_put_object(to, parts[i].key, &network);
    }
    put_counts(&all, to);
    config_put_derived(to, "scale_factor", count_json(vae_scale(config)));
    config_put_derived(to, "attention_head_dim",
                       count_json(config->block_out_channels[config->n_blocks - 1]));
    return SD14_OK;
}

/* ---- the rest ------------------------------------------------------------------------------------- */

static sd14_status derive_scheduler(const model *of,
                                    const config_dump_params *params,
                                    config_entries *to,
                                    sd14_error *error)
{
    const schedule *schedule = of->schedule;
    const int last = schedule->config.train_timesteps - 1;
    int32_t timesteps[SCHEDULE_STEPS_MAX];
    size_t listed[SCHEDULE_STEPS_MAX];
    TRY(schedule_timesteps(schedule, params->steps, timesteps, error));
    for (int i = 0; i < params->steps; i++) listed[i] = (size_t)timesteps[i];
    config_put_derived(to, "timesteps", counts_json(listed, (size_t)params->steps));

    const struct {
        const char *key;
        float value;
    } numbers[] = {
        {"beta_first", schedule_beta(schedule, 0)},
        {"beta_last", schedule_beta(schedule, last)},
        {"alphas_cumprod_first", schedule_alpha_cumprod(schedule, 0)},
        {"alphas_cumprod_last", schedule_alpha_cumprod(schedule, last)},
        {"final_alpha_cumprod", schedule->final_alpha_cumprod},
        {"init_noise_sigma", 1.0F}, /* DDIM scales neither the noise nor what the UNet gets */
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        config_put_derived(to, numbers[i].key, json_real((double)numbers[i].value));
    }
    return SD14_OK;
}

static sd14_status derive_tokenizer(const model *of,
                                    const config_dump_params *params,
                                    config_entries *to,
                                    sd14_error *error)
{
    (void)params;
    (void)error;
    const tokenizer_info info = tokenizer_get_info(of->tokenizer);
    config_put_derived(to, "vocabulary_size", json_integer(info.vocabulary_size));
    config_put_derived(to, "bos_token_id", json_integer(info.bos_id));
    config_put_derived(to, "eos_token_id", json_integer(info.eos_id));
    config_put_derived(to, "pad_token_id", json_integer(info.pad_id));
    config_put_derived(to, "unk_token_id", json_integer(info.unknown_id));
    return SD14_OK;
}

static sd14_status derive_pipeline(const model *of,
                                   const config_dump_params *params,
                                   config_entries *to,
                                   sd14_error *error)
{
    (void)error;
    const size_t scale = vae_scale(&of->config.vae);
    const size_t latent[] = {1, of->config.unet.in_channels, params->height / scale,
                             params->width / scale};
    const size_t trained = of->config.unet.sample_size * scale;
    config_put_derived(to, "latent_shape", counts_json(latent, sizeof(latent) / sizeof(latent[0])));
    config_put_derived(to, "sample_pixels", count_json(trained));
    config_put_derived(to, "pixel_multiple", count_json(model_pixel_multiple(&of->config)));
    return SD14_OK;
}

sd14_status config_derived(const char *component,
                           const model *of,
                           const config_dump_params *params,
                           config_entries *out_entries,
                           sd14_error *error)
{
    static const struct {
        const char *component;
        sd14_status (*derive)(const model *of,
                              const config_dump_params *params,
                              config_entries *to,
                              sd14_error *error);
    } rows[] = {
        {"text_encoder", derive_text_encoder},
        {"unet", derive_unet},
        {"vae", derive_vae},
        {"scheduler", derive_scheduler},
        {"tokenizer", derive_tokenizer},
        {"pipeline", derive_pipeline},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(rows[i].component, component) != 0) continue;
        TRY(rows[i].derive(of, params, out_entries, error));
    }
    if (out_entries->failed) FAIL_NO_MEMORY(error, "the configuration");
    return SD14_OK;
}

sd14_status config_memory(const model *of,
                          const config_dump_params *params,
                          config_entries *out_entries,
                          sd14_error *error)
{
    /* Guidance runs two prompts and two latents at once, and decodes one. */
    static const size_t batches[MODEL_PARTS] = {2, 2, 1, 1};
    for (int part = 0; part < MODEL_PARTS; part++) {
        graph *network = NULL;
        size_t activations = 0;
        TRY(part_graph(of, (model_part)part, batches[part], params, &network, error));
        const sd14_status status = graph_activation_bytes(network, &activations, error);
        uint64_t parameters = 0;
        for (int i = 0; i < network->n_weights; i++) {
            parameters += shape_count(network->weights[i].shape);
        }
        graph_destroy(network);
        TRY(status);

        config_entries entries;
        config_entries_init(&entries);
        config_put_derived(&entries, "batch", count_json(batches[part]));
        config_put_derived(&entries, "weight_bytes", count_json(parameters * sizeof(float)));
        config_put_derived(&entries, "activation_bytes", count_json(activations));
        config_put_object(out_entries, model_part_name((model_part)part), &entries);
    }
    if (out_entries->failed) FAIL_NO_MEMORY(error, "the configuration");
    return SD14_OK;
}
