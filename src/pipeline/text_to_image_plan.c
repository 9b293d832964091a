/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/text_to_image_plan.h"

#include "base/sizes.h"
#include "pipeline/stage.h"

static const size_t mebibyte = (size_t)1 << 20;

static size_t program_bytes(const backend_plan *plan)
{
    return plan->program.activations + plan->program.scratch;
}

/* The order of text_to_image_run(): each stage's weights are read, then its program runs, and the programs of
 * two stages are never there together. */
static void find_peak(text_to_image_plan *plan, size_t image_bytes)
{
    const size_t kept = plan->other + plan->unet.weights + plan->decoder.weights;
    const struct {
        const char *busy;
        size_t bytes;
    } moments[] = {
        {"encoding the text",
         kept + plan->text.weights + larger(plan->text.loading, program_bytes(&plan->text))},
        {"denoising", kept + larger(plan->unet.loading, program_bytes(&plan->unet))},
        {"decoding",
         kept + larger(plan->decoder.loading, program_bytes(&plan->decoder) + image_bytes)},
    };
    plan->peak = 0;
    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        if (moments[i].bytes <= plan->peak) continue;
        plan->peak = moments[i].bytes;
        plan->busy = moments[i].busy;
    }
    plan->peak = (plan->peak + mebibyte - 1) / mebibyte * mebibyte;
}

sd14_status text_to_image_plan_make(const model *model,
                                    backend *backend,
                                    const text_to_image_params *params,
                                    size_t count,
                                    size_t texts,
                                    text_to_image_plan *out_plan,
                                    sd14_error *error)
{
    const model_config *config = &model->config;
    const size_t scale = vae_scale(&config->vae);
    const size_t height = params->height / scale, width = params->width / scale;
    const bool guided = params->guidance > 1.0F;
    const size_t together = text_to_image_together(backend, count);
    const size_t rows = guided ? 2 * together : together;
    const size_t pixels = params->height * params->width;
    const size_t latent = height * width * config->unet.in_channels;
    const stage_size prompts = {.batch = rows == 1 ? 1 : 2};
    const stage_size step = {together, height, width, guided, .variance_noise = params->eta > 0.0F};
    const stage_size one = {.batch = 1, .height = height, .width = width};
    text_to_image_plan plan = {
        .width = params->width, .height = params->height, .together = together};

    TRY(stage_plan(model, backend, MODEL_TEXT_ENCODER, &prompts, &plan.text, error));
    TRY(stage_plan(model, backend, MODEL_UNET, &step, &plan.unet, error));
    TRY(stage_plan(model, backend, MODEL_VAE_DECODER, &one, &plan.decoder, error));

    const size_t text = config->text_encoder.max_position_embeddings *
                        config->text_encoder.hidden_size * sizeof(float);
    const size_t latents = text_to_image_latents(count) + together;
    plan.other = latents * latent * sizeof(float) + (rows + larger(rows, texts)) * text +
                 count * 3 * pixels + TEXT_TO_IMAGE_PROGRAM_BYTES;
    find_peak(&plan, 3 * pixels * sizeof(float));
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
            plan->together, plan->width, plan->height, plan->peak / mebibyte, plan->busy,
            cap / mebibyte);
    }
    FAIL(error, OUT_OF_MEMORY,
         "a picture of %zux%zu needs %zu MiB of memory, while %s, and the cap is %zu MiB; the "
         "smallest cap "
         "for this model and size is %zu MiB",
         plan->width, plan->height, plan->peak / mebibyte, plan->busy, cap / mebibyte,
         plan->peak / mebibyte);
}
