/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/text_to_image.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "graph/device.h"
#include "pipeline/denoiser.h"
#include "pipeline/picture.h"
#include "pipeline/prompt_encoder.h"
#include "pipeline/text_to_image_plan.h"
#include "sampling/noise.h"
#include "tensor/layout.h"

struct text_to_image {
    const model *model;
    backend *backend;
    backend *fallback; /**< goes on where the device fails; NULL: nobody does */
    const log_target *log;
    atomic_bool cancelled;
    prompt_encoder text;
    denoiser denoiser;
    stage decoder;
    float *buffers;  /**< all of the below */
    float *latent;   /**< [1, h, w, c] */
    float *noise;    /**< [c, h, w]: torch's order */
    float *variance; /**< [1, h, w, c] */
    bool has_latent;
    bool in_loop;     /**< the latent is the denoiser's to read */
    sd14_status read; /**< how that went; the error beside it */
    sd14_error read_error;
    text_to_image_timings timings;
};

/* One run's numbers. */
typedef struct run_state {
    text_to_image *pipeline;
    const text_to_image_params *params;
    size_t height, width, channels; /**< of the latent */
    size_t batch;                   /**< 2 when guided */
    noise_generator noise;
    int64_t start_ns;
    int done; /**< steps behind the latent that is here: where another backend would go on */
    text_to_image_timings timings; /**< the pipeline's, once the run succeeded */
} run_state;

static void init_stages(text_to_image *pipeline)
{
    const model *model = pipeline->model;
    prompt_encoder_init(&pipeline->text, model, pipeline->backend, pipeline->log);
    denoiser_init(&pipeline->denoiser, model, pipeline->backend);
    stage_init(&pipeline->decoder, model, pipeline->backend, MODEL_VAE_DECODER);
}

static void release_stages(text_to_image *pipeline)
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
    init_stages(made);
    *out_pipeline = made;
    return SD14_OK;
}

void text_to_image_destroy(text_to_image *pipeline)
{
    if (pipeline == NULL) return;
    release_stages(pipeline);
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

/* From the progress function there is nowhere to report to: what went wrong is kept for the run. */
static const float *read_latent(text_to_image *pipeline)
{
    if (pipeline->read == SD14_OK)
        pipeline->read =
            denoiser_read(&pipeline->denoiser, pipeline->latent, &pipeline->read_error);
    return pipeline->read == SD14_OK ? pipeline->latent : NULL;
}

const float *text_to_image_latent(text_to_image *pipeline)
{
    if (pipeline->in_loop) return read_latent(pipeline);
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
    const stage *const stages[] = {&pipeline->text.stage, &pipeline->denoiser.stage,
                                   &pipeline->decoder};
    stage_memory total = {0};
    for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
        const stage_memory memory = stage_get_memory(stages[i]);
        total.weights += memory.weights;
        total.plan += memory.plan;
    }
    return total;
}

static double seconds_since(int64_t start_ns)
{
    return (double)(clock_ns() - start_ns) * 1e-9;
}

static void report(const run_state *run, text_to_image_stage stage, int step, double step_seconds)
{
    if (run->params->progress == NULL) return;
    const text_to_image_progress progress = {
        .stage = stage,
        .step = step,
        .steps = run->params->steps,
        .seconds = seconds_since(run->start_ns),
        .step_seconds = step_seconds,
    };
    run->params->progress(run->params->progress_user, &progress);
}

static sd14_status make_buffers(run_state *run, sd14_error *error)
{
    text_to_image *pipeline = run->pipeline;
    const size_t n = run->height * run->width * run->channels;
    mem_free(pipeline->buffers);
    pipeline->has_latent = false;
    pipeline->buffers = mem_array((TEXT_TO_IMAGE_LATENTS - 1) * n, sizeof(float));
    if (pipeline->buffers == NULL) FAIL_NO_MEMORY(error, "the latents");
    pipeline->latent = pipeline->buffers;
    pipeline->noise = pipeline->latent + n;
    pipeline->variance = pipeline->noise + n;
    return SD14_OK;
}

/* Noise as torch draws it, channels first, into the layout used here. */
static void draw_noise(run_state *run, float *dst)
{
    const size_t pixels = run->height * run->width;
    noise_normal(&run->noise, run->pipeline->noise, pixels * run->channels);
    layout_channels_last(run->pipeline->noise, run->channels, pixels, dst);
}

/* Brings the latent here and looks at it. */
static sd14_status fetch_latent(run_state *run, int step, sd14_error *error)
{
    text_to_image *pipeline = run->pipeline;
    if (read_latent(pipeline) == NULL) {
        *error = pipeline->read_error;
        return pipeline->read;
    }
    char when[32];
    (void)snprintf(when, sizeof(when), "after step %d", step);
    TRY(check_finite("latent", pipeline->latent, run->height * run->width * run->channels, when,
                     error));
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
    const text_to_image_params *params = run->params;
    const bool noisy = params->eta > 0.0F;
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
                                  .latent = pipeline->latent,
                                  .context = pipeline->text.context};
    TRY(denoiser_begin(&pipeline->denoiser, &numbers, error));
    pipeline->read = SD14_OK;
    pipeline->in_loop = true;
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
static void first_latent(run_state *run)
{
    text_to_image *pipeline = run->pipeline;
    const text_to_image_params *params = run->params;
    const size_t n = run->height * run->width * run->channels;
    noise_seed(&run->noise, params->seed);
    draw_noise(run, run->done == 0 ? pipeline->latent : pipeline->variance);
    for (int i = 0; i < run->done && params->eta > 0.0F; i++) draw_noise(run, pipeline->variance);
    if (run->done == 0 && params->latent != NULL)
        memcpy(pipeline->latent, params->latent, n * sizeof(float));
}

static sd14_status denoise(run_state *run, sd14_error *error)
{
    text_to_image *pipeline = run->pipeline;
    const text_to_image_params *params = run->params;
    const stage_size size = {run->batch, run->height, run->width,
                             .variance_noise = params->eta > 0.0F};
    const int64_t load_ns = clock_ns();
    report(run, STAGE_LOAD, 0, 0.0);
    TRY(denoiser_prepare(&pipeline->denoiser, &size, &pipeline->cancelled, error));
    run->timings.prepare = seconds_since(load_ns);

    first_latent(run);
    const int64_t start_ns = clock_ns();
    const sd14_status status = run_steps(run, error);
    run->timings.denoise = seconds_since(start_ns);
    pipeline->in_loop = false;
    denoiser_end(&pipeline->denoiser);
    return status;
}

static sd14_status decode(run_state *run, uint8_t *pixels, sd14_error *error)
{
    text_to_image *pipeline = run->pipeline;
    const stage_size size = {.batch = 1, .height = run->height, .width = run->width};
    const int64_t start_ns = clock_ns();
    report(run, STAGE_DECODE, run->params->steps, 0.0);
    stage_rest(&pipeline->denoiser.stage);
    TRY(picture_decode(&pipeline->decoder, &size, pipeline->latent, &pipeline->cancelled, pixels,
                       error));
    run->timings.decode = seconds_since(start_ns);
    return SD14_OK;
}

static sd14_status check_memory(const run_state *run, sd14_error *error)
{
    const text_to_image *pipeline = run->pipeline;
    if (pipeline->backend->memory_cap == 0) return SD14_OK;
    text_to_image_plan plan;
    TRY(text_to_image_plan_make(pipeline->model, pipeline->backend, run->params, &plan, error));
    return text_to_image_plan_check(&plan, pipeline->backend->memory_cap, error);
}

/* From the prompt, or from the latent after run->done steps. */
static sd14_status run_stages(run_state *run, uint8_t *pixels, sd14_error *error)
{
    text_to_image *pipeline = run->pipeline;
    const text_to_image_params *params = run->params;
    TRY(check_memory(run, error));
    /* No two stages run at once: the peak is one of them, not their sum. */
    stage_rest(&pipeline->decoder);
    if (run->done < params->steps) {
        report(run, STAGE_TEXT, 0, 0.0);
        const char *negative = params->negative_prompt == NULL ? "" : params->negative_prompt;
        TRY(prompt_encoder_run(&pipeline->text, params->prompt, negative, run->batch == 2,
                               &pipeline->cancelled, error));
        run->timings.text = seconds_since(run->start_ns);
        TRY(denoise(run, error));
    }
    TRY(decode(run, pixels, error));
    run->timings.total = seconds_since(run->start_ns);
    return SD14_OK;
}

/* The backend changes for good: a device that failed once is not trusted again. */
static void fall_back(run_state *run, const sd14_error *why)
{
    text_to_image *pipeline = run->pipeline;
    log_write(pipeline->log, LOG_LEVEL_WARNING, "%s", why->text);
    log_write(pipeline->log, LOG_LEVEL_WARNING,
              "the device failed; the backend %s goes on after step %d of %d",
              pipeline->fallback->vtable->name, run->done, run->params->steps);
    release_stages(pipeline);
    pipeline->backend = pipeline->fallback;
    pipeline->fallback = NULL;
    init_stages(pipeline);
}

static sd14_status run_anywhere(run_state *run, uint8_t *pixels, sd14_error *error)
{
    text_to_image *pipeline = run->pipeline;
    int32_t timesteps[SCHEDULE_STEPS_MAX];
    sd14_error why = {{0}};
    TRY(schedule_timesteps(pipeline->model->schedule, run->params->steps, timesteps, error));
    TRY(make_buffers(run, error));
    const sd14_status status = run_stages(run, pixels, &why);
    if (status == SD14_ERROR_DEVICE && pipeline->fallback != NULL) {
        fall_back(run, &why);
        return run_stages(run, pixels, error);
    }
    if (status != SD14_OK && error != NULL) *error = why;
    return status;
}

sd14_status text_to_image_run(text_to_image *pipeline,
                              const text_to_image_params *params,
                              uint8_t *pixels,
                              sd14_error *error)
{
    const size_t scale = vae_scale(&pipeline->model->config.vae);
    run_state run = {
        .pipeline = pipeline,
        .params = params,
        .height = params->height / scale,
        .width = params->width / scale,
        .channels = pipeline->model->config.unet.in_channels,
        .batch = params->guidance > 1.0F ? 2 : 1,
        .start_ns = clock_ns(),
    };
    const sd14_status status = run_anywhere(&run, pixels, error);
    /* A cancel after the last operator must not get lost: this run takes it, or the next. */
    const bool cancelled = atomic_exchange(&pipeline->cancelled, false);
    TRY(status);
    if (cancelled) FAIL(error, CANCELLED, "cancelled");
    pipeline->timings = run.timings;
    pipeline->has_latent = true;
    return SD14_OK;
}
