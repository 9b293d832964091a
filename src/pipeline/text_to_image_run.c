/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "graph/device.h"
#include "pipeline/picture.h"
#include "pipeline/text_to_image_plan.h"
#include "pipeline/text_to_image_state.h"
#include "sampling/noise.h"
#include "tensor/layout.h"

/* One run's numbers. */
typedef struct run_state {
    text_to_image *pipeline;
    const text_to_image_batch *batch;
    const text_to_image_params *params; /**< the first picture's: what all have in common */
    size_t height, width, channels;     /**< of the latent */
    bool guided;
    noise_generator *noise; /**< [pictures] */
    int64_t start_ns;

    /* Of the pictures that are drawn together. */
    size_t first, together;
    int64_t group_ns; /**< when they began */
    int done; /**< steps behind the latents that are here: where another backend would go on */
    size_t decoded;

    text_to_image_timings timings; /**< the pipeline's, once the run succeeded */
} run_state;

static double seconds_since(int64_t start_ns)
{
    return (double)(clock_ns() - start_ns) * 1e-9;
}

static size_t latent_count(const run_state *run)
{
    return run->height * run->width * run->channels;
}

static void report(const run_state *run, text_to_image_stage stage, int step, double step_seconds)
{
    if (run->params->progress == NULL) return;
    const text_to_image_progress progress = {
        .stage = stage,
        .step = step,
        .steps = run->params->steps,
        .first = run->first + run->decoded,
        .together = run->together - run->decoded,
        .seconds = seconds_since(run->start_ns),
        .step_seconds = step_seconds,
    };
    run->params->progress(run->params->progress_user, &progress);
}

static sd14_status make_buffers(run_state *run, sd14_error *error)
{
    text_to_image *pipeline = run->pipeline;
    const size_t n = latent_count(run), count = run->batch->count;
    mem_free(pipeline->buffers);
    pipeline->has_latent = false;
    pipeline->buffers = mem_array(text_to_image_latents(count) * n, sizeof(float));
    run->noise = mem_array(count, sizeof(*run->noise));
    if (pipeline->buffers == NULL || run->noise == NULL) FAIL_NO_MEMORY(error, "the latents");
    pipeline->latent = pipeline->buffers;
    pipeline->variance = pipeline->latent + count * n;
    pipeline->noise = pipeline->variance + count * n;
    return SD14_OK;
}

/* Each picture's noise as torch draws it, channels first, into the layout used here. */
static void draw_noise(run_state *run, float *dst)
{
    const size_t pixels = run->height * run->width, n = latent_count(run);
    for (size_t i = 0; i < run->together; i++) {
        noise_normal(&run->noise[i], run->pipeline->noise, n);
        layout_channels_last(run->pipeline->noise, run->channels, pixels, dst + i * n);
    }
}

/* Brings the latents here and looks at them. */
static sd14_status fetch_latent(run_state *run, int step, sd14_error *error)
{
    text_to_image *pipeline = run->pipeline;
    if (text_to_image_read(pipeline) == NULL) {
        *error = pipeline->read_error;
        return pipeline->read;
    }
    char when[32];
    (void)snprintf(when, sizeof(when), "after step %d", step);
    TRY(check_finite("latent", pipeline->drawn, run->together * latent_count(run), when, error));
    run->done = step;
    return SD14_OK;
}

/* At the end, and where it costs nothing; and four times on the way, should the device fail. */
static bool needs_latent(const run_state *run, int done)
{
    const text_to_image *pipeline = run->pipeline;
    const int steps = run->params->steps;
    const bool quarter = 4 * done / steps != 4 * (done - 1) / steps;
    return done == steps || denoiser_reads_freely(&pipeline->denoiser) ||
           (pipeline->fallback != NULL && quarter);
}

static sd14_status denoise_step(run_state *run, int index, sd14_error *error)
{
    text_to_image *pipeline = run->pipeline;
    const bool noisy = run->params->eta > 0.0F;
    if (noisy) draw_noise(run, pipeline->variance);
    TRY(denoiser_step(&pipeline->denoiser, index, noisy ? pipeline->variance : NULL,
                      &pipeline->cancelled, error));
    return needs_latent(run, index + 1) ? fetch_latent(run, index + 1, error) : SD14_OK;
}

/* Time in the device's library; on the host there is none. */
static int64_t busy_ns(const text_to_image *pipeline)
{
    const backend *backend = pipeline->backend;
    return backend->vtable->device == NULL ? 0 : backend->vtable->device->busy_ns(backend);
}

/* The first step compiles, a second one may record; a picture of one step has that alone. */
static void note_overhead(run_state *run, int index, int64_t start_ns, int64_t busy_before)
{
    text_to_image_timings *timings = &run->timings;
    if (run->pipeline->backend->vtable->device == NULL) return;
    const double seconds =
        seconds_since(start_ns) - (double)(busy_ns(run->pipeline) - busy_before) * 1e-9;
    const int before = index - run->done; /* steps of this run */
    timings->step_overhead =
        before <= 1 ? seconds
                    : timings->step_overhead + (seconds - timings->step_overhead) / before;
}

static sd14_status run_steps(run_state *run, sd14_error *error)
{
    text_to_image *pipeline = run->pipeline;
    const text_to_image_params *params = run->params;
    const denoiser_run numbers = {.steps = params->steps,
                                  .guidance = params->guidance,
                                  .eta = params->eta,
                                  .latent = pipeline->drawn,
                                  .context = pipeline->text.context};
    TRY(denoiser_begin(&pipeline->denoiser, &numbers, error));
    pipeline->read = SD14_OK;
    report(run, STAGE_DENOISE, run->done, 0.0);
    for (int i = run->done; i < params->steps; i++) {
        const int64_t step_ns = clock_ns();
        const int64_t busy_before = busy_ns(pipeline);
        TRY(denoise_step(run, i, error));
        note_overhead(run, i, step_ns, busy_before);
        report(run, STAGE_DENOISE, i + 1, seconds_since(step_ns));
    }
    if (pipeline->read != SD14_OK) *error = pipeline->read_error;
    return pipeline->read;
}

/* The noise, drawn even if something else takes its place: the variance noise comes after it in the stream. */
static void first_latents(run_state *run)
{
    text_to_image *pipeline = run->pipeline;
    const text_to_image_params *params = run->batch->params + run->first;
    const size_t n = latent_count(run);
    for (size_t i = 0; i < run->together; i++) noise_seed(&run->noise[i], params[i].seed);
    draw_noise(run, run->done == 0 ? pipeline->drawn : pipeline->variance);
    for (int i = 0; i < run->done && params->eta > 0.0F; i++) draw_noise(run, pipeline->variance);
    for (size_t i = 0; i < run->together && run->done == 0; i++) {
        if (params[i].latent != NULL)
            memcpy(pipeline->drawn + i * n, params[i].latent, n * sizeof(float));
    }
}

static sd14_status denoise(run_state *run, sd14_error *error)
{
    text_to_image *pipeline = run->pipeline;
    const stage_size size = {run->together, run->height, run->width, run->guided,
                             .variance_noise = run->params->eta > 0.0F};
    const int64_t load_ns = clock_ns();
    report(run, STAGE_LOAD, 0, 0.0);
    const shortcut_plan plan = {run->params->shortcuts, run->guided, run->params->steps};
    TRY(denoiser_prepare(&pipeline->denoiser, &size, &plan, &pipeline->cancelled, error));
    run->timings.prepare += seconds_since(load_ns);

    pipeline->drawn = pipeline->latent + run->first * latent_count(run);
    first_latents(run);
    const int64_t start_ns = clock_ns();
    const sd14_status status = run_steps(run, error);
    run->timings.denoise += seconds_since(start_ns);
    pipeline->drawn = NULL;
    denoiser_end(&pipeline->denoiser);
    return status;
}

/* Each picture alone: the decoder's values are the largest of all. */
static sd14_status decode(run_state *run, const text_to_image_timings *before, sd14_error *error)
{
    text_to_image *pipeline = run->pipeline;
    const text_to_image_batch *batch = run->batch;
    const stage_size size = {.batch = 1, .height = run->height, .width = run->width};
    const double share = 1.0 / (double)run->together;
    const double seconds = seconds_since(run->group_ns) * share;
    if (pipeline->alone) {
        denoiser_give_back(&pipeline->denoiser);
    } else {
        denoiser_rest(&pipeline->denoiser);
    }
    while (run->decoded < run->together) {
        const int64_t start_ns = clock_ns();
        const size_t index = run->first + run->decoded;
        report(run, STAGE_DECODE, run->params->steps, 0.0);
        TRY(picture_decode(&pipeline->decoder, &size, pipeline->latent + index * latent_count(run),
                           &pipeline->cancelled, batch->pixels[index], error));
        const double decoding = seconds_since(start_ns);
        const text_to_image_timings own = {
            .text = (run->timings.text - before->text) * share,
            .prepare = (run->timings.prepare - before->prepare) * share,
            .denoise = (run->timings.denoise - before->denoise) * share,
            .decode = decoding,
            .total = seconds + decoding,
        };
        run->timings.decode += decoding;
        run->decoded++;
        if (batch->finished != NULL) batch->finished(batch->user, index, &own);
    }
    return SD14_OK;
}

static sd14_status encode(run_state *run, sd14_error *error)
{
    text_to_image *pipeline = run->pipeline;
    const int64_t start_ns = clock_ns();
    prompt_row *rows = NULL;
    size_t n_rows = 0;
    report(run, STAGE_TEXT, 0, 0.0);
    TRY(text_to_image_rows(run->batch->params + run->first, run->together, &rows, &n_rows, error));
    const sd14_status status =
        prompt_encoder_run(&pipeline->text, rows, n_rows, &pipeline->cancelled, error);
    mem_free(rows);
    run->timings.text += seconds_since(start_ns);
    return status;
}

/* From the prompts, or from the latents after run->done steps. */
static sd14_status run_stages(run_state *run, sd14_error *error)
{
    text_to_image *pipeline = run->pipeline;
    const text_to_image_timings before = run->timings;
    TRY(text_to_image_settle_memory(pipeline, run->params, run->together, 0, error));
    if (run->done < run->params->steps) {
        TRY(encode(run, error));
        TRY(denoise(run, error));
    }
    return decode(run, &before, error);
}

/* The backend changes for good: a device that failed once is not trusted again. */
static void fall_back(run_state *run, const sd14_error *why)
{
    text_to_image *pipeline = run->pipeline;
    log_write(pipeline->log, LOG_LEVEL_WARNING, "%s", why->text);
    log_write(pipeline->log, LOG_LEVEL_WARNING,
              "the device failed; the backend %s goes on after step %d of %d",
              pipeline->fallback->vtable->name, run->done, run->params->steps);
    text_to_image_release_stages(pipeline);
    pipeline->backend = pipeline->fallback;
    pipeline->fallback = NULL;
    text_to_image_init_stages(pipeline);
}

/* The pictures from run->first on that are drawn together: on a device with memory of its own one, as the largest
 * model fills it. */
static sd14_status run_group(run_state *run, sd14_error *error)
{
    text_to_image *pipeline = run->pipeline;
    sd14_error why = {{0}};
    run->together = text_to_image_together(pipeline->backend, run->batch->count - run->first);
    run->group_ns = clock_ns();
    run->done = 0;
    run->decoded = 0;
    const sd14_status status = run_stages(run, &why);
    if (status == SD14_ERROR_DEVICE && pipeline->fallback != NULL) {
        fall_back(run, &why);
        return run_stages(run, error);
    }
    if (status != SD14_OK && error != NULL) *error = why;
    return status;
}

static sd14_status run_groups(run_state *run, sd14_error *error)
{
    int32_t timesteps[SCHEDULE_STEPS_MAX];
    TRY(schedule_timesteps(run->pipeline->model->schedule, run->params->steps, timesteps, error));
    TRY(make_buffers(run, error));
    for (; run->first < run->batch->count; run->first += run->together) TRY(run_group(run, error));
    run->timings.total = seconds_since(run->start_ns);
    return SD14_OK;
}

sd14_status text_to_image_run_batch(text_to_image *pipeline,
                                    const text_to_image_batch *batch,
                                    sd14_error *error)
{
    const text_to_image_params *params = batch->params;
    const size_t scale = vae_scale(&pipeline->model->config.vae);
    run_state run = {
        .pipeline = pipeline,
        .batch = batch,
        .params = params,
        .height = params->height / scale,
        .width = params->width / scale,
        .channels = pipeline->model->config.unet.in_channels,
        .guided = params->guidance > 1.0F,
        .start_ns = clock_ns(),
    };
    const sd14_status status = run_groups(&run, error);
    mem_free(run.noise);
    /* A cancel after the last operator must not get lost: this run takes it, or the next. */
    const bool cancelled = atomic_exchange(&pipeline->cancelled, false);
    TRY(status);
    if (cancelled) FAIL(error, CANCELLED, "cancelled");
    pipeline->timings = run.timings;
    pipeline->has_latent = true;
    return SD14_OK;
}

sd14_status text_to_image_run(text_to_image *pipeline,
                              const text_to_image_params *params,
                              uint8_t *pixels,
                              sd14_error *error)
{
    const text_to_image_batch batch = {.params = params, .count = 1, .pixels = &pixels};
    return text_to_image_run_batch(pipeline, &batch, error);
}
