/* SPDX-License-Identifier: Apache-2.0 */
#include "api/generate.h"

#include <math.h>

#include <sd14/generate.h>

#include "api/model.h"
#include "api/session.h"
#include "base/memory.h"
#include "models/networks.h"
#include "pipeline/text_to_image_plan.h"

sd14_status sd14_session_create(sd14_model *model, sd14_session **out_session, sd14_error *error)
{
    if (model == NULL || out_session == NULL)
        FAIL(error, INVALID_ARGUMENT, "no model or no place for the session given");
    sd14_session *made = mem_array(1, sizeof(*made));
    if (made == NULL) FAIL_NO_MEMORY(error, "a session");
    made->model = model;
    const sd14_status status =
        text_to_image_create(model->model, model->backend, &model->log, &made->pipeline, error);
    if (status != SD14_OK) {
        mem_free(made);
        return status;
    }
    text_to_image_set_fallback(made->pipeline, model->fallback);
    *out_session = made;
    return SD14_OK;
}

void sd14_session_destroy(sd14_session *session)
{
    if (session == NULL) return;
    text_to_image_destroy(session->pipeline);
    mem_free(session);
}

void sd14_generate_params_default(const sd14_model *model, sd14_generate_params *out_params)
{
    const model_defaults *defaults = &model->model->config.defaults;
    *out_params = (sd14_generate_params){
        .prompt = "",
        .width = (int32_t)defaults->width,
        .height = (int32_t)defaults->height,
        .steps = defaults->steps,
        .guidance = (float)defaults->guidance_scale,
    };
}

/* Let in, NaN would come out as damaged weights. */
static sd14_status
check_latent(const sd14_model *model, const sd14_generate_params *params, sd14_error *error)
{
    if (params->latent == NULL) return SD14_OK;
    const model_config *config = &model->model->config;
    const size_t scale = vae_scale(&config->vae);
    const size_t count =
        (size_t)params->width / scale * ((size_t)params->height / scale) * config->unet.in_channels;
    for (size_t i = 0; i < count; i++) {
        if (isfinite(params->latent[i])) continue;
        FAIL(error, INVALID_ARGUMENT, "the latent given has NaN or infinity at element %zu", i);
    }
    return SD14_OK;
}

sd14_status
api_check_params(const sd14_model *model, const sd14_generate_params *params, sd14_error *error)
{
    if (params == NULL || params->prompt == NULL) FAIL(error, INVALID_ARGUMENT, "no prompt given");
    const model_config *config = &model->model->config;
    TRY(model_check_side(config, "width", params->width, error));
    TRY(model_check_side(config, "height", params->height, error));
    if (params->steps < 1 || params->steps > SCHEDULE_STEPS_MAX) {
        FAIL(error, INVALID_ARGUMENT, "steps %d: must be 1 to %d", (int)params->steps,
             SCHEDULE_STEPS_MAX);
    }
    if (!(params->guidance >= 0.0F && params->guidance <= 100.0F)) {
        FAIL(error, INVALID_ARGUMENT, "guidance %g: must be 0 to 100", (double)params->guidance);
    }
    if (!(params->eta >= 0.0F && params->eta <= 1.0F)) {
        FAIL(error, INVALID_ARGUMENT, "eta %g: must be 0 to 1", (double)params->eta);
    }
    return check_latent(model, params, error);
}

sd14_progress session_progress(const text_to_image_progress *progress)
{
    return (sd14_progress){
        .stage = (sd14_stage)progress->stage,
        .step = progress->step,
        .steps = progress->steps,
        .seconds = progress->seconds,
        .step_seconds = progress->step_seconds,
    };
}

static void forward_progress(void *user, const text_to_image_progress *progress)
{
    const sd14_generate_params *params = user;
    const sd14_progress public_progress = session_progress(progress);
    params->progress(params->progress_user, &public_progress);
}

static sd14_image *create_image(int32_t width, int32_t height)
{
    sd14_image *image = mem_array(1, sizeof(*image));
    if (image == NULL) return NULL;
    *image = (sd14_image){.width = width, .height = height};
    image->pixels = mem_array((size_t)width * (size_t)height, 3);
    if (image->pixels != NULL) return image;
    mem_free(image);
    return NULL;
}

static text_to_image_params inner_params(const sd14_generate_params *params)
{
    return (text_to_image_params){
        .prompt = params->prompt,
        .negative_prompt = params->negative_prompt,
        .width = (size_t)params->width,
        .height = (size_t)params->height,
        .steps = params->steps,
        .guidance = params->guidance,
        .eta = params->eta,
        .seed = params->seed,
        .latent = params->latent,
        .progress = params->progress == NULL ? NULL : forward_progress,
        .progress_user = (void *)(uintptr_t)params,
    };
}

sd14_status sd14_generate(sd14_session *session,
                          const sd14_generate_params *params,
                          sd14_image **out_image,
                          sd14_error *error)
{
    if (session == NULL || out_image == NULL)
        FAIL(error, INVALID_ARGUMENT, "no session or no place given");
    TRY(api_check_params(session->model, params, error));
    sd14_image *image = create_image(params->width, params->height);
    if (image == NULL) FAIL_NO_MEMORY(error, "the picture");

    const text_to_image_params inner = inner_params(params);
    const sd14_status status = text_to_image_run(session->pipeline, &inner, image->pixels, error);
    if (status != SD14_OK) {
        sd14_image_destroy(image);
        return status;
    }
    *out_image = image;
    return SD14_OK;
}

static sd14_network_memory network_memory(const backend_plan *plan)
{
    return (sd14_network_memory){.weights_bytes = plan->weights,
                                 .activations_bytes = plan->program.activations,
                                 .scratch_bytes = plan->program.scratch};
}

sd14_status sd14_session_plan(const sd14_session *session,
                              const sd14_generate_params *params,
                              sd14_memory_plan *out_plan,
                              sd14_error *error)
{
    if (session == NULL || out_plan == NULL)
        FAIL(error, INVALID_ARGUMENT, "no session or no place given");
    TRY(api_check_params(session->model, params, error));
    const text_to_image_params inner = inner_params(params);
    const sd14_model *model = session->model;
    text_to_image_plan plan;
    TRY(text_to_image_plan_make(model->model, model->backend, &inner, &plan, error));
    *out_plan = (sd14_memory_plan){.text = network_memory(&plan.text),
                                   .unet = network_memory(&plan.unet),
                                   .decoder = network_memory(&plan.decoder),
                                   .other_bytes = plan.other,
                                   .peak_bytes = plan.peak};
    return SD14_OK;
}

void sd14_session_get_timings(const sd14_session *session, sd14_timings *out_timings)
{
    const text_to_image_timings timings = text_to_image_last_timings(session->pipeline);
    *out_timings = (sd14_timings){
        .text_seconds = timings.text,
        .prepare_seconds = timings.prepare,
        .denoise_seconds = timings.denoise,
        .decode_seconds = timings.decode,
        .total_seconds = timings.total,
    };
}

const float *sd14_session_latent(sd14_session *session)
{
    return text_to_image_latent(session->pipeline);
}

void sd14_session_get_memory(const sd14_session *session, sd14_memory *out_memory)
{
    const stage_memory memory = text_to_image_memory(session->pipeline);
    *out_memory = (sd14_memory){.weights_bytes = memory.weights, .plan_bytes = memory.plan};
}

uint64_t sd14_session_memory(const sd14_session *session)
{
    const stage_memory memory = text_to_image_memory(session->pipeline);
    return memory.weights + memory.plan;
}

void sd14_session_cancel(sd14_session *session)
{
    text_to_image_cancel(session->pipeline);
}
