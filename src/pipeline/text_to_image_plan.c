/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/text_to_image_plan.h"

#include "base/sizes.h"
#include "pipeline/denoiser.h"

static const size_t mebibyte = (size_t)1 << 20;

static const model_part part_of[PLANNED_STAGES] = {
    [PLANNED_TEXT] = MODEL_TEXT_ENCODER,
    [PLANNED_UNET] = MODEL_UNET,
    [PLANNED_DECODER] = MODEL_VAE_DECODER,
};

static const char *const busy_with[PLANNED_STAGES] = {
    [PLANNED_TEXT] = "encoding the text",
    [PLANNED_UNET] = "denoising",
    [PLANNED_DECODER] = "decoding",
};

/* What is planned, and of what sizes. */
typedef struct request {
    const model *model;
    backend *backend;
    size_t together, rows; /* pictures at once; texts of theirs */
    stage_size sizes[PLANNED_STAGES];
    shortcut_plan shortcut;
    size_t
        beside[PLANNED_STAGES]; /* of a stage's program: a deep feature, the picture as float32 */
} request;

static request
make_request(const model *model, backend *backend, const text_to_image_params *params, size_t count)
{
    const size_t scale = vae_scale(&model->config.vae);
    const size_t height = params->height / scale, width = params->width / scale;
    const bool guided = params->guidance > 1.0F;
    const size_t together = text_to_image_together(backend, count);
    const size_t rows = guided ? 2 * together : together;
    const stage_size unet = {together, height, width, guided, .variance_noise = params->eta > 0.0F};
    const size_t feature = params->shortcuts.cache > 1 ? shortcut_feature_count(model, &unet) : 0;
    return (request){
        .model = model,
        .backend = backend,
        .together = together,
        .rows = rows,
        .sizes = {[PLANNED_TEXT] = {.batch = rows == 1 ? 1 : 2},
                  [PLANNED_UNET] = unet,
                  [PLANNED_DECODER] = {.batch = 1, .height = height, .width = width}},
        .shortcut = {params->shortcuts, guided, params->steps},
        .beside = {[PLANNED_UNET] = feature * sizeof(float),
                   [PLANNED_DECODER] = 3 * params->height * params->width * sizeof(float)},
    };
}

static size_t
other_bytes(const request *of, const text_to_image_params *params, size_t count, size_t texts)
{
    const model_config *config = &of->model->config;
    const stage_size *unet = &of->sizes[PLANNED_UNET];
    const size_t latent = unet->height * unet->width * config->unet.in_channels;
    const size_t text = config->text_encoder.max_position_embeddings *
                        config->text_encoder.hidden_size * sizeof(float);
    const size_t latents = text_to_image_latents(count) + of->together;
    return latents * latent * sizeof(float) + (of->rows + larger(of->rows, texts)) * text +
           count * 3 * params->height * params->width + TEXT_TO_IMAGE_PROGRAM_BYTES;
}

/* Beside a stage's own weights, while they are read and while its program runs. */
static size_t working_bytes(const request *of, const text_to_image_plan *plan, int stage)
{
    const backend_plan *is = &plan->stages[stage];
    const size_t runs = is->program.activations + is->program.scratch + of->beside[stage];
    return is->streamed > 0 ? runs + is->loading : larger(runs, is->loading);
}

/* The programs of two stages are never there together; nor are their weights, where they have to be alone. */
static void find_peak(const request *of, text_to_image_plan *plan)
{
    const size_t kept = plan->stages[PLANNED_UNET].weights + plan->stages[PLANNED_DECODER].weights;
    plan->peak = 0;
    for (int i = 0; i < PLANNED_STAGES; i++) {
        size_t weights = plan->stages[i].weights;
        if (!plan->alone) weights = i == PLANNED_TEXT ? weights + kept : kept;
        const size_t bytes = plan->other + weights + working_bytes(of, plan, i);
        if (bytes <= plan->peak) continue;
        plan->peak = bytes;
        plan->busy = busy_with[i];
    }
    plan->peak = ceil_div(plan->peak, mebibyte) * mebibyte;
}

/* With plan->weights_cap as it is. */
static sd14_status plan_stages(const request *of, text_to_image_plan *plan, sd14_error *error)
{
    for (int i = 0; i < PLANNED_STAGES; i++) {
        if (i == PLANNED_UNET) continue;
        TRY(stage_plan(of->model, of->backend, part_of[i], &of->sizes[i], plan->weights_cap[i],
                       &plan->stages[i], error));
    }
    TRY(denoiser_plan(of->model, of->backend, &of->sizes[PLANNED_UNET], &of->shortcut,
                      plan->weights_cap[PLANNED_UNET], &plan->stages[PLANNED_UNET], error));
    find_peak(of, plan);
    return SD14_OK;
}

static sd14_status
plan_with(const request *of, size_t weights_cap, text_to_image_plan *plan, sd14_error *error)
{
    for (int i = 0; i < PLANNED_STAGES; i++) plan->weights_cap[i] = weights_cap;
    plan->alone = weights_cap == WEIGHTS_NONE;
    return plan_stages(of, plan, error);
}

/* A plan that streams all to one that keeps as much as fits. */
static sd14_status
fill_up(const request *of, size_t cap, text_to_image_plan *plan, sd14_error *error)
{
    for (int i = 0; i < PLANNED_STAGES; i++)
        plan->weights_cap[i] = cap - plan->other - working_bytes(of, plan, i);
    return plan_stages(of, plan, error);
}

sd14_status text_to_image_plan_make(const model *model,
                                    backend *backend,
                                    const text_to_image_params *params,
                                    size_t count,
                                    size_t texts,
                                    text_to_image_plan *out_plan,
                                    sd14_error *error)
{
    const request of = make_request(model, backend, params, count);
    const size_t cap = backend->memory_cap;
    text_to_image_plan plan = {.width = params->width,
                               .height = params->height,
                               .together = of.together,
                               .other = other_bytes(&of, params, count, texts)};
    text_to_image_plan streamed = plan;
    TRY(plan_with(&of, WEIGHTS_ALL, &plan, error));
    TRY(plan_with(&of, WEIGHTS_NONE, &streamed, error));
    const size_t least = smaller(plan.peak, streamed.peak);
    if (cap > 0 && plan.peak > cap) {
        plan = streamed;
        if (plan.peak <= cap) TRY(fill_up(&of, cap / mebibyte * mebibyte, &plan, error));
    }
    plan.least = least;
    *out_plan = plan;
    return SD14_OK;
}

sd14_status text_to_image_plan_check(const text_to_image_plan *plan, size_t cap, sd14_error *error)
{
    if (cap == 0 || plan->peak <= cap) return SD14_OK;
    if (plan->together > 1) {
        FAIL(
            error, OUT_OF_MEMORY,
            "%zu pictures of %zux%zu together need %zu MiB of memory, while %s, and the cap is %zu "
            "MiB; draw fewer at once",
            plan->together, plan->width, plan->height, plan->least / mebibyte, plan->busy,
            cap / mebibyte);
    }
    FAIL(error, OUT_OF_MEMORY,
         "a picture of %zux%zu needs %zu MiB of memory, while %s, and the cap is %zu MiB; the "
         "smallest cap for this model and size is %zu MiB",
         plan->width, plan->height, plan->least / mebibyte, plan->busy, cap / mebibyte,
         plan->least / mebibyte);
}
