/* SPDX-License-Identifier: Apache-2.0 */
#include "models/config.h"

#include <unistd.h>

#include "base/memory.h"
#include "models/config_files.h"
#include "models/folder.h"

static sd14_status
open_config(const char *folder, const char *name, json_document *out_document, sd14_error *error)
{
    char *path = folder_path(folder, name);
    if (path == NULL) FAIL_NO_MEMORY(error, "a path");
    const sd14_status status = json_document_load(path, SD14_ERROR_MODEL, out_document, error);
    mem_free(path);
    return status;
}

/* Opens one file and hands its root to the reader of its kind. */
#define READ_CONFIG(name, call)                                                                    \
    do {                                                                                           \
        json_document document = {0};                                                              \
        TRY(open_config(folder, name, &document, error));                                          \
        const json_node root = json_document_root(&document);                                      \
        const sd14_status read_status = (call);                                                    \
        json_document_release(&document);                                                          \
        TRY(read_status);                                                                          \
    } while (0)

/* The parts must fit each other: what one makes, the next takes. */
static sd14_status check_together(const char *folder, const model_config *config, sd14_error *error)
{
    if (config->text_encoder.hidden_size != config->unet.cross_attention_dim) {
        FAIL(error, MODEL,
             "%s: the text encoder makes %zu numbers per token, the UNet takes %zu; parts of "
             "different models?",
             folder, config->text_encoder.hidden_size, config->unet.cross_attention_dim);
    }
    if (config->vae.latent_channels != config->unet.in_channels ||
        config->unet.in_channels != config->unet.out_channels) {
        FAIL(error, MODEL,
             "%s: the VAE has %zu latent channels, the UNet takes %zu and makes %zu; inpainting "
             "and upscaling "
             "models are not supported",
             folder, config->vae.latent_channels, config->unet.in_channels,
             config->unet.out_channels);
    }
    return SD14_OK;
}

static sd14_status read_sd14_json(const char *folder, model_config *config, sd14_error *error)
{
    config->defaults = (model_defaults){.steps = 50, .guidance_scale = 7.5};
    char *path = folder_path(folder, "sd14.json");
    if (path == NULL) FAIL_NO_MEMORY(error, "a path");
    const bool there = access(path, F_OK) == 0;
    mem_free(path);
    if (there) READ_CONFIG("sd14.json", config_read_defaults(&root, &config->defaults, error));

    const size_t trained = config->unet.sample_size * vae_scale(&config->vae);
    if (config->defaults.width == 0) config->defaults.width = trained;
    if (config->defaults.height == 0) config->defaults.height = trained;
    return SD14_OK;
}

sd14_status model_config_read(const char *folder, model_config *out_config, sd14_error *error)
{
    model_config *config = out_config;
    *config = (model_config){0};
    READ_CONFIG("text_encoder/config.json",
                config_read_text_encoder(&root, &config->text_encoder, error));
    READ_CONFIG("unet/config.json", config_read_unet(&root, &config->unet, error));
    READ_CONFIG("vae/config.json", config_read_vae(&root, &config->vae, error));
    READ_CONFIG("scheduler/scheduler_config.json",
                config_read_scheduler(&root, &config->scheduler, config->warning, error));
    TRY(check_together(folder, config, error));
    return read_sd14_json(folder, config, error);
}
