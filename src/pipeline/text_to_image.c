/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/text_to_image.h"

#include "base/memory.h"
#include "base/sizes.h"
#include "pipeline/text_to_image_plan.h"
#include "pipeline/text_to_image_state.h"

void text_to_image_init_stages(text_to_image *pipeline)
{
    const model *model = pipeline->model;
    prompt_encoder_init(&pipeline->text, model, pipeline->backend, pipeline->log);
    denoiser_init(&pipeline->denoiser, model, pipeline->backend);
    stage_init(&pipeline->decoder, model, pipeline->backend, MODEL_VAE_DECODER);
}

void text_to_image_release_stages(text_to_image *pipeline)
{
    prompt_encoder_release(&pipeline->text);
    denoiser_release(&pipeline->denoiser);
    stage_release(&pipeline->decoder);
}

sd14_status text_to_image_create(const model *model,
                                 backend *backend,
                                 const log_target *log,
                                 text_to_image **out_pipeline,
                                 sd14_error *error)
{
    text_to_image *made = mem_array(1, sizeof(*made));
    if (made == NULL) FAIL_NO_MEMORY(error, "a session");
    made->model = model;
    made->backend = backend;
    made->log = log;
    atomic_init(&made->cancelled, false);
    text_to_image_init_stages(made);
    *out_pipeline = made;
    return SD14_OK;
}

void text_to_image_destroy(text_to_image *pipeline)
{
    if (pipeline == NULL) return;
    text_to_image_release_stages(pipeline);
    mem_free(pipeline->buffers);
    mem_free(pipeline);
}

void text_to_image_set_fallback(text_to_image *pipeline, backend *fallback)
{
    pipeline->fallback = fallback;
}

void text_to_image_cancel(text_to_image *pipeline)
{
    atomic_store(&pipeline->cancelled, true);
}

text_to_image_timings text_to_image_last_timings(const text_to_image *pipeline)
{
    return pipeline->timings;
}

const stage *text_to_image_stage_of(const text_to_image *pipeline, model_part part)
{
    return part == MODEL_UNET           ? &pipeline->denoiser.stage
           : part == MODEL_TEXT_ENCODER ? &pipeline->text.stage
                                        : &pipeline->decoder;
}

const float *text_to_image_read(text_to_image *pipeline)
{
    if (pipeline->read == SD14_OK)
        pipeline->read = denoiser_read(&pipeline->denoiser, pipeline->drawn, &pipeline->read_error);
    return pipeline->read == SD14_OK ? pipeline->drawn : NULL;
}

const float *text_to_image_latent(text_to_image *pipeline)
{
    if (pipeline->drawn != NULL) return text_to_image_read(pipeline);
    return pipeline->has_latent ? pipeline->latent : NULL;
}

text_to_image_text text_to_image_last_text(const text_to_image *pipeline)
{
    const clip_text_config *config = &pipeline->model->config.text_encoder;
    return (text_to_image_text){.rows = pipeline->text.batch,
                                .tokens = config->max_position_embeddings,
                                .width = config->hidden_size,
                                .ids = pipeline->text.ids,
                                .embeddings = pipeline->text.context};
}

stage_memory text_to_image_memory(const text_to_image *pipeline)
{
    const stage *const stages[] = {&pipeline->text.stage, &pipeline->decoder};
    stage_memory total = denoiser_get_memory(&pipeline->denoiser);
    for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
        const stage_memory memory = stage_get_memory(stages[i]);
        total.weights += memory.weights;
        total.plan += memory.plan;
    }
    return total;
}

size_t text_to_image_together(const backend *on, size_t count)
{
    return on->vtable->own_memory ? 1 : count;
}

size_t text_to_image_texts(const text_to_image *pipeline)
{
    return pipeline->text.known.count;
}

sd14_status text_to_image_settle_memory(text_to_image *pipeline,
                                        const text_to_image_params *params,
                                        size_t count,
                                        size_t texts,
                                        sd14_error *error)
{
    stage *const stages[PLANNED_STAGES] = {[PLANNED_TEXT] = &pipeline->text.stage,
                                           [PLANNED_UNET] = &pipeline->denoiser.stage,
                                           [PLANNED_DECODER] = &pipeline->decoder};
    /* No two stages run at once: the peak is one of them, not their sum. */
    stage_rest(&pipeline->decoder);
    pipeline->alone = false;
    if (pipeline->backend->memory_cap == 0) return SD14_OK;
    text_to_image_plan plan;
    TRY(text_to_image_plan_make(pipeline->model, pipeline->backend, params, count,
                                larger(texts, pipeline->text.known.count), &plan, error));
    TRY(text_to_image_plan_check(&plan, pipeline->backend->memory_cap, error));
    pipeline->alone = plan.alone;
    for (int i = 0; i < PLANNED_STAGES; i++) {
        const bool gives = plan.alone || stages[i]->weights_cap != plan.weights_cap[i];
        if (gives && i == PLANNED_UNET) denoiser_give_back(&pipeline->denoiser);
        if (gives) stage_give_back(stages[i]);
        stages[i]->weights_cap = plan.weights_cap[i];
    }
    return SD14_OK;
}

static prompt_row negative_row(const text_to_image_params *of)
{
    const char *text = of->negative_prompt == NULL ? "" : of->negative_prompt;
    return (prompt_row){"negative prompt", text};
}

sd14_status text_to_image_rows(const text_to_image_params *params,
                               size_t count,
                               prompt_row **out_rows,
                               size_t *out_count,
                               sd14_error *error)
{
    const bool guided = params->guidance > 1.0F;
    const size_t n = guided ? 2 * count : count;
    prompt_row *rows = mem_array(n, sizeof(*rows));
    if (rows == NULL) FAIL_NO_MEMORY(error, "the prompts");
    for (size_t i = 0; i < count; i++) {
        if (guided) rows[i] = negative_row(&params[i]);
        rows[n - count + i] = (prompt_row){"prompt", params[i].prompt};
    }
    *out_rows = rows;
    *out_count = n;
    return SD14_OK;
}

sd14_status text_to_image_encode(text_to_image *pipeline,
                                 const text_to_image_params *params,
                                 size_t count,
                                 sd14_error *error)
{
    prompt_row *rows = NULL;
    size_t n_rows = 0;
    TRY(text_to_image_rows(params, count, &rows, &n_rows, error));
    sd14_status status = text_to_image_settle_memory(pipeline, params, 1,
                                                     prompt_rows_different(rows, n_rows), error);
    if (status == SD14_OK)
        status = prompt_encoder_learn(&pipeline->text, rows, n_rows, &pipeline->cancelled, error);
    mem_free(rows);
    const bool cancelled = atomic_exchange(&pipeline->cancelled, false);
    TRY(status);
    if (cancelled) FAIL(error, CANCELLED, "cancelled");
    return SD14_OK;
}
