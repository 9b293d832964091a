/* SPDX-License-Identifier: Apache-2.0 */
#include "api/generate.h"

#include <math.h>
#include <string.h>

#include <sd14/generate.h>

#include "api/model.h"
#include "api/session.h"
#include "base/memory.h"
#include "models/networks.h"

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

static sd14_status check_shortcuts(const sd14_generate_params *params, sd14_error *error)
{
    const float start = params->guidance_start, end = params->guidance_end;
    if (params->cache < 0 || params->cache > SCHEDULE_STEPS_MAX) {
        FAIL(error, INVALID_ARGUMENT, "cache %d: must be 0 to %d", (int)params->cache,
             SCHEDULE_STEPS_MAX);
    }
    if (!(start >= 0.0F && start <= 1.0F && end >= 0.0F && end <= 1.0F) ||
        (end > 0.0F && start >= end)) {
        FAIL(error, INVALID_ARGUMENT,
             "guidance from %g to %g of the steps: must be within 0 to 1, and the start less",
             (double)start, (double)end);
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
    TRY(check_shortcuts(params, error));
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
        .first = (int32_t)progress->first,
        .together = (int32_t)progress->together,
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

text_to_image_params session_params(const sd14_generate_params *params)
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
        .shortcuts = {params->cache, params->guidance_start, params->guidance_end},
        .latent = params->latent,
        .progress = params->progress == NULL ? NULL : forward_progress,
        .progress_user = (void *)(uintptr_t)params,
    };
}

/* A batch in progress: the pictures that nobody has received yet are here. */
typedef struct drawing {
    int32_t count;
    text_to_image_params params[SD14_BATCH_MAX];
    sd14_image *images[SD14_BATCH_MAX];
    uint8_t *pixels[SD14_BATCH_MAX];
    sd14_image_receiver receiver;
    void *user;
} drawing;

static sd14_timings public_timings(const text_to_image_timings *of)
{
    return (sd14_timings){
        .text_seconds = of->text,
        .prepare_seconds = of->prepare,
        .denoise_seconds = of->denoise,
        .decode_seconds = of->decode,
        .total_seconds = of->total,
    };
}

static void hand_over(void *user, size_t index, const text_to_image_timings *share)
{
    drawing *of = user;
    const sd14_timings timings = public_timings(share);
    sd14_image *image = of->images[index];
    of->images[index] = NULL;
    of->receiver(of->user, (int32_t)index, image, &timings);
}

static sd14_status check_alike(const sd14_generate_params *params, int32_t index, sd14_error *error)
{
    const sd14_generate_params *a = &params[0], *b = &params[index];
    const float x[] = {a->guidance, a->eta, a->guidance_start, a->guidance_end};
    const float y[] = {b->guidance, b->eta, b->guidance_start, b->guidance_end};
    if (a->width == b->width && a->height == b->height && a->steps == b->steps &&
        a->cache == b->cache && memcmp(x, y, sizeof(x)) == 0)
        return SD14_OK;
    FAIL(error, INVALID_ARGUMENT,
         "image %d of the batch: width, height, steps, guidance, eta and shortcuts must be the "
         "first "
         "one's",
         (int)index);
}

static sd14_status check_batch(const sd14_session *session,
                               const sd14_generate_params *params,
                               int32_t count,
                               sd14_error *error)
{
    if (params == NULL || count < 1) FAIL(error, INVALID_ARGUMENT, "no prompt given");
    for (int32_t i = 0; i < count; i++) {
        TRY(api_check_params(session->model, &params[i], error));
        TRY(check_alike(params, i, error));
    }
    return SD14_OK;
}

static sd14_status
run_batch(sd14_session *session, const sd14_generate_params *params, drawing *of, sd14_error *error)
{
    for (int32_t i = 0; i < of->count; i++) {
        of->params[i] = session_params(&params[i]);
        of->images[i] = create_image(params->width, params->height);
        if (of->images[i] == NULL) FAIL_NO_MEMORY(error, "the picture");
        of->pixels[i] = of->images[i]->pixels;
    }
    const text_to_image_batch batch = {.params = of->params,
                                       .count = (size_t)of->count,
                                       .pixels = of->pixels,
                                       .finished = hand_over,
                                       .user = of};
    return text_to_image_run_batch(session->pipeline, &batch, error);
}

sd14_status sd14_generate_batch(sd14_session *session,
                                const sd14_generate_params *params,
                                int32_t count,
                                sd14_image_receiver receiver,
                                void *user,
                                sd14_error *error)
{
    if (session == NULL || receiver == NULL)
        FAIL(error, INVALID_ARGUMENT, "no session or no receiver given");
    if (count > SD14_BATCH_MAX) {
        FAIL(error, INVALID_ARGUMENT, "a batch of %d: must be 1 to %d", (int)count, SD14_BATCH_MAX);
    }
    TRY(check_batch(session, params, count, error));
    drawing *of = mem_array(1, sizeof(*of));
    if (of == NULL) FAIL_NO_MEMORY(error, "the pictures");
    of->count = count;
    of->receiver = receiver;
    of->user = user;
    const sd14_status status = run_batch(session, params, of, error);
    for (int32_t i = 0; i < count; i++) sd14_image_destroy(of->images[i]);
    mem_free(of);
    return status;
}

static void keep_image(void *user, int32_t index, sd14_image *image, const sd14_timings *timings)
{
    (void)index;
    (void)timings;
    *(sd14_image **)user = image;
}

sd14_status sd14_generate(sd14_session *session,
                          const sd14_generate_params *params,
                          sd14_image **out_image,
                          sd14_error *error)
{
    if (session == NULL || out_image == NULL)
        FAIL(error, INVALID_ARGUMENT, "no session or no place given");
    sd14_image *image = NULL;
    const sd14_status status = sd14_generate_batch(session, params, 1, keep_image, &image, error);
    if (status != SD14_OK) {
        sd14_image_destroy(image); /* finished, and then cancelled */
        return status;
    }
    *out_image = image;
    return SD14_OK;
}

sd14_status sd14_session_encode(sd14_session *session,
                                const sd14_generate_params *params,
                                int32_t count,
                                sd14_error *error)
{
    if (session == NULL) FAIL(error, INVALID_ARGUMENT, "no session given");
    TRY(check_batch(session, params, count, error));
    text_to_image_params *inner = mem_array((size_t)count, sizeof(*inner));
    if (inner == NULL) FAIL_NO_MEMORY(error, "the prompts");
    for (int32_t i = 0; i < count; i++) inner[i] = session_params(&params[i]);
    const sd14_status status = text_to_image_encode(session->pipeline, inner, (size_t)count, error);
    mem_free(inner);
    return status;
}

void sd14_session_get_timings(const sd14_session *session, sd14_timings *out_timings)
{
    const text_to_image_timings timings = text_to_image_last_timings(session->pipeline);
    *out_timings = public_timings(&timings);
}
