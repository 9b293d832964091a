/* SPDX-License-Identifier: Apache-2.0 */
#include "models/model.h"

#include "base/memory.h"
#include "models/folder.h"
#include "models/networks.h"

static const char *const components[MODEL_COMPONENTS] = {"text_encoder", "unet", "vae"};

/* Where each part's weights are: the index of its component. */
static const int component_of[MODEL_PARTS] = {
    [MODEL_TEXT_ENCODER] = 0, [MODEL_UNET] = 1, [MODEL_VAE_DECODER] = 2, [MODEL_VAE_ENCODER] = 2};

const char *model_part_name(model_part part)
{
    static const char *const names[MODEL_PARTS] = {"text_encoder", "unet", "vae_decoder",
                                                   "vae_encoder"};
    return names[part];
}

size_t model_pixel_multiple(const model_config *config)
{
    return vae_scale(&config->vae) << (config->unet.n_blocks - 1);
}

sd14_status model_graph(const model_config *config,
                        model_part part,
                        size_t batch,
                        size_t height,
                        size_t width,
                        graph **out_graph,
                        sd14_error *error)
{
    const size_t tokens = config->text_encoder.max_position_embeddings;
    switch (part) {
    case MODEL_TEXT_ENCODER:
        return clip_text_graph(&config->text_encoder, batch, tokens, out_graph, error);
    case MODEL_UNET:
        return unet_graph(&config->unet, batch, height, width, tokens, out_graph, error);
    case MODEL_VAE_DECODER:
        return vae_decoder_graph(&config->vae, batch, height, width, out_graph, error);
    case MODEL_VAE_ENCODER:
        return vae_encoder_graph(&config->vae, batch, height, width, out_graph, error);
    case MODEL_PARTS:
        break;
    }
    FAIL(error, INVALID_ARGUMENT, "no such part of a model");
}

/* Finds the tensors of one component's networks. Any size gives the same weights; this one fits all. */
static sd14_status bind_component(model *of, int component, sd14_error *error)
{
    graph *graphs[MODEL_PARTS] = {0};
    tensor *tensors[MODEL_PARTS] = {0};
    size_t n_graphs = 0;
    const size_t side = model_pixel_multiple(&of->config);

    sd14_status status =
        weight_files_open(of->folder, components[component], &of->files[component], error);
    for (int part = 0; status == SD14_OK && part < MODEL_PARTS; part++) {
        if (component_of[part] != component) continue;
        status =
            model_graph(&of->config, (model_part)part, 1, side, side, &graphs[n_graphs], error);
        if (status != SD14_OK) break;
        of->tensors[part] = mem_array((size_t)graphs[n_graphs]->n_weights, sizeof(tensor));
        if (of->tensors[part] == NULL) {
            status = error_set(error, SD14_ERROR_OUT_OF_MEMORY,
                               "not enough memory for a list of tensors");
        }
        tensors[n_graphs++] = of->tensors[part];
    }
    if (status == SD14_OK) {
        status = weight_files_bind(&of->files[component], (const graph *const *)graphs, n_graphs,
                                   tensors, error);
    }
    for (int i = 0; i < MODEL_PARTS; i++) graph_destroy(graphs[i]);
    return status;
}

/* The tokenizer must make as many ids as the text encoder has positions for. */
static sd14_status load_tokenizer(model *of, sd14_error *error)
{
    char *path = folder_path(of->folder, "tokenizer");
    if (path == NULL) FAIL_NO_MEMORY(error, "a path");
    const sd14_status status = tokenizer_load(path, &of->tokenizer, error);
    mem_free(path);
    TRY(status);

    const size_t made = (size_t)tokenizer_get_info(of->tokenizer).max_length;
    const size_t taken = of->config.text_encoder.max_position_embeddings;
    if (made != taken) {
        FAIL(error, MODEL,
             "%s: the tokenizer makes %zu ids, the text encoder takes %zu; parts of different "
             "models?",
             of->folder, made, taken);
    }
    return SD14_OK;
}

sd14_status model_load(const char *folder, model **out_model, sd14_error *error)
{
    sd14_status status = SD14_OK;
    model *made = mem_array(1, sizeof(*made));
    if (made == NULL || (made->folder = mem_string(folder)) == NULL) {
        mem_free(made);
        FAIL_NO_MEMORY(error, "a model");
    }
    TRY_DONE(folder_check(folder, error));
    TRY_DONE(model_config_read(folder, &made->config, error));
    TRY_DONE(model_card_read(folder, &made->card, error));
    TRY_DONE(load_tokenizer(made, error));
    TRY_DONE(schedule_create(&made->config.scheduler, &made->schedule, error));
    for (int i = 0; i < MODEL_COMPONENTS; i++) TRY_DONE(bind_component(made, i, error));
    *out_model = made;
    made = NULL;
done:
    model_destroy(made);
    return status;
}

void model_destroy(model *of)
{
    if (of == NULL) return;
    for (int i = 0; i < MODEL_PARTS; i++) mem_free(of->tensors[i]);
    for (int i = 0; i < MODEL_COMPONENTS; i++) weight_files_close(&of->files[i]);
    schedule_destroy(of->schedule);
    tokenizer_destroy(of->tokenizer);
    model_card_release(&of->card);
    mem_free(of->folder);
    mem_free(of->digests);
    mem_free(of);
}
