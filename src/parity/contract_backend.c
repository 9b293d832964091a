/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/memory.h"
#include "graph/run_once.h"
#include "models/networks.h"
#include "parity/contract_check.h"
#include "sampling/ddim.h"
#include "sampling/noise.h"
#include "tensor/layout.h"

/* One picture's way through all parts, with guidance, one step. */
typedef struct live_run {
    const contract_check *check;
    backend *backend;
    size_t height, width; /* pixels */
    size_t rows, columns; /* of the latent */
    size_t channels;      /* of the latent */
    int32_t *ids;         /* [2, tokens], then [1, tokens] positions */
    float *context;       /* [2, tokens, channels] */
    float *noise;         /* [1, channels, rows, columns] */
    float *latents;       /* [2, rows, columns, channels]; the first is the latent */
    float *noise_pred;    /* [2, rows, columns, channels] */
    float *image;         /* [1, height, width, 3] */
    float *moments;       /* [1, rows, columns, 2 channels] */
} live_run;

/* Room for all of it in one block; the caller's to mem_free(run->ids) and mem_free(run->context). */
static bool make_room(live_run *run)
{
    const model_config *config = &run->check->model->config;
    const size_t tokens = config->text_encoder.max_position_embeddings;
    const size_t context = 2 * tokens * config->text_encoder.hidden_size;
    const size_t latent = run->rows * run->columns * run->channels;
    const size_t image = run->height * run->width * config->vae.in_channels;
    run->ids = mem_array(3 * tokens, sizeof(*run->ids));
    run->context = mem_array(context + 7 * latent + image, sizeof(float));
    if (run->ids == NULL || run->context == NULL) return false;
    run->noise = run->context + context;
    run->latents = run->noise + latent;
    run->noise_pred = run->latents + 2 * latent;
    run->moments = run->noise_pred + 2 * latent;
    run->image = run->moments + 2 * latent;
    return true;
}

static const contract *part(const live_run *run, contract_part which)
{
    return &run->check->contracts->parts[which];
}

static sd14_status run_network(live_run *run,
                               contract_part which,
                               model_part network,
                               size_t batch,
                               const void *const *inputs,
                               float *output,
                               sd14_error *error)
{
    const model *model = run->check->model;
    const size_t scale = network == MODEL_VAE_ENCODER ? 1 : run->height / run->rows;
    const contract_symbols symbols =
        contract_check_symbols(run->check, batch, run->height, run->width);
    const backend_run once = {.inputs = inputs, .outputs = &output};
    graph *graph = NULL;
    TRY(model_graph(&model->config, network, batch, run->height / scale, run->width / scale, &graph,
                    error));
    const sd14_status status = run_once(run->backend, graph, model->tensors[network], &once, error);
    if (status == SD14_OK)
        contract_check_graph(run->check, "backend", part(run, which), &symbols, graph, inputs,
                             output);
    graph_destroy(graph);
    return status;
}

static sd14_status tokenize(live_run *run, const char *prompt, int32_t *ids, sd14_error *error)
{
    const model *model = run->check->model;
    tokenizer_result result = {0};
    TRY(tokenizer_encode(model->tokenizer, prompt, strlen(prompt), &result, error));
    memcpy(ids, result.ids, model->config.text_encoder.max_position_embeddings * sizeof(*ids));
    tokenizer_result_release(&result);
    return SD14_OK;
}

static sd14_status run_text_encoder(live_run *run, sd14_error *error)
{
    const size_t tokens = run->check->model->config.text_encoder.max_position_embeddings;
    TRY(tokenize(run, "", run->ids, error));
    TRY(tokenize(run, "a red apple", run->ids + tokens, error));
    int32_t *positions = run->ids + 2 * tokens;
    for (size_t i = 0; i < tokens; i++) positions[i] = (int32_t)i;
    const void *inputs[] = {run->ids, positions};
    return run_network(run, CONTRACT_TEXT_ENCODER, MODEL_TEXT_ENCODER, 2, inputs, run->context,
                       error);
}

/* The first step of one: the noisiest. */
static sd14_status run_unet(live_run *run, sd14_error *error)
{
    const size_t pixels = run->rows * run->columns;
    const size_t latent = pixels * run->channels;
    noise_generator generator;
    noise_seed(&generator, 0);
    noise_normal(&generator, run->noise, latent);
    layout_channels_last(run->noise, run->channels, pixels, run->latents);
    memcpy(run->latents + latent, run->latents, latent * sizeof(float));
    const float t = (float)schedule_timestep(run->check->model->schedule, 1, 0);
    const float timesteps[] = {t, t};
    const void *inputs[] = {run->latents, timesteps, run->context};
    return run_network(run, CONTRACT_UNET, MODEL_UNET, 2, inputs, run->noise_pred, error);
}

/* The tensors that no graph has. */
static void check_noise(const live_run *run, const contract_symbols *symbols)
{
    const contract *scheduler = part(run, CONTRACT_SCHEDULER);
    for (size_t i = 0; i < scheduler->n_tensors; i++) {
        const contract_tensor *tensor = &scheduler->tensors[i];
        if (strcmp(tensor->name, "noise") != 0) continue;
        const contract_found noise = {
            .tensor = {.type = DTYPE_F32,
                       .shape = shape_4(1, run->channels, run->rows, run->columns),
                       .data = run->noise},
            .layout = "NCHW",
        };
        contract_check_tensor(run->check, "backend", scheduler, tensor, symbols, &noise);
    }
}

static sd14_status run_scheduler(live_run *run, sd14_error *error)
{
    const model_defaults *defaults = &run->check->model->config.defaults;
    const contract_symbols symbols = contract_check_symbols(run->check, 1, run->height, run->width);
    const shape latent = shape_4(1, run->rows, run->columns, run->channels);
    float coefficients[DDIM_STEP_COEFFICIENTS];
    ddim_coefficients(run->check->model->schedule, 1, 0, (float)defaults->guidance_scale, 0.0F,
                      coefficients);
    check_noise(run, &symbols);
    const void *inputs[] = {run->latents, run->noise_pred, coefficients};
    float *next = run->latents + shape_count(latent); /* the second of the pair is not read again */
    const backend_run once = {.inputs = inputs, .outputs = &next};
    graph *graph = NULL;
    TRY(ddim_step_graph(latent, true, false, &graph, error));
    const sd14_status status = run_once(run->backend, graph, NULL, &once, error);
    if (status == SD14_OK)
        contract_check_graph(run->check, "backend", part(run, CONTRACT_SCHEDULER), &symbols, graph,
                             inputs, next);
    graph_destroy(graph);
    if (status == SD14_OK) memcpy(run->latents, next, shape_count(latent) * sizeof(float));
    return status;
}

static sd14_status run_vae(live_run *run, sd14_error *error)
{
    const void *latent[] = {run->latents};
    const void *image[] = {run->image};
    TRY(run_network(run, CONTRACT_VAE_DECODER, MODEL_VAE_DECODER, 1, latent, run->image, error));
    const size_t count = run->height * run->width * run->check->model->config.vae.in_channels;
    for (size_t i = 0; i < count; i++) { /* as a picture that is encoded again */
        const float value = run->image[i];
        run->image[i] = value < -1.0F ? -1.0F : value > 1.0F ? 1.0F : value;
    }
    return run_network(run, CONTRACT_VAE_ENCODER, MODEL_VAE_ENCODER, 1, image, run->moments, error);
}

sd14_status contract_check_backend(const contract_check *check, backend *backend, sd14_error *error)
{
    const model_config *config = &check->model->config;
    const size_t side = model_pixel_multiple(config);
    const size_t scale = vae_scale(&config->vae);
    live_run run = {
        .check = check,
        .backend = backend,
        .height = side,
        .width = 2 * side, /* not square: axes that are swapped show */
        .rows = side / scale,
        .columns = 2 * side / scale,
        .channels = config->unet.in_channels,
    };
    if (!make_room(&run)) {
        mem_free(run.ids);
        mem_free(run.context);
        FAIL_NO_MEMORY(error, "the contracts' check");
    }
    sd14_status status = run_text_encoder(&run, error);
    if (status == SD14_OK) status = run_unet(&run, error);
    if (status == SD14_OK) status = run_scheduler(&run, error);
    if (status == SD14_OK) status = run_vae(&run, error);
    mem_free(run.ids);
    mem_free(run.context);
    return status;
}
