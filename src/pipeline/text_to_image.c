/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/text_to_image.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "pipeline/denoiser.h"
#include "pipeline/prompt_encoder.h"
#include "pipeline/text_to_image_plan.h"
#include "sampling/noise.h"
#include "tensor/layout.h"

struct text_to_image {
    const model *model;
    backend *backend;
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
    text_to_image_timings timings; /**< the pipeline's, once the run succeeded */
} run_state;

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
    prompt_encoder_init(&made->text, model, backend, log);
    denoiser_init(&made->denoiser, model, backend);
    stage_init(&made->decoder, model, backend, MODEL_VAE_DECODER);
    *out_pipeline = made;
    return SD14_OK;
}

void text_to_image_destroy(text_to_image *pipeline)
{
    if (pipeline == NULL) return;
    prompt_encoder_release(&pipeline->text);
    denoiser_release(&pipeline->denoiser);
    stage_release(&pipeline->decoder);
    mem_free(pipeline->buffers);
    mem_free(pipeline);
}

void text_to_image_cancel(text_to_image *pipeline)
{
    atomic_store(&pipeline->cancelled, true);
}

text_to_image_timings text_to_image_last_timings(const text_to_image *pipeline)
{
    return pipeline->timings;
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

/* Damaged weights give NaN; a black picture would hide it. */
static sd14_status
check_finite(const char *what, const float *values, size_t count, int step, sd14_error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (isfinite(values[i])) continue;
        FAIL(error, VERIFICATION,
             "the %s has %s at element %zu after step %d; the model's weights are damaged", what,
             isnan(values[i]) ? "NaN" : "infinity", i, step);
    }
    return SD14_OK;
}

/* Brings the latent here and looks at it. */
static sd14_status fetch_latent(run_state *run, int step, sd14_error *error)
{
    text_to_image *pipeline = run->pipeline;
    if (read_latent(pipeline) == NULL) {
        *error = pipeline->read_error;
        return pipeline->read;
    }
    return check_finite("latent", pipeline->latent, run->height * run->width * run->channels, step,
                        error);
}

static sd14_status denoise_step(run_state *run, int index, sd14_error *error)
{
    text_to_image *pipeline = run->pipeline;
    const text_to_image_params *params = run->params;
    const bool noisy = params->eta > 0.0F;
    if (noisy) draw_noise(run, pipeline->variance);
    TRY(denoiser_step(&pipeline->denoiser, index, noisy ? pipeline->variance : NULL,
                      &pipeline->cancelled, error));
    const bool last = index + 1 == params->steps;
    if (!last && !denoiser_reads_freely(&pipeline->denoiser)) return SD14_OK;
    return fetch_latent(run, index + 1, error);
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
    report(run, STAGE_DENOISE, 0, 0.0);
    for (int i = 0; i < params->steps; i++) {
        const int64_t step_ns = clock_ns();
        TRY(denoise_step(run, i, error));
        report(run, STAGE_DENOISE, i + 1, seconds_since(step_ns));
    }
    if (pipeline->read != SD14_OK) *error = pipeline->read_error;
    return pipeline->read;
}

static sd14_status denoise(run_state *run, sd14_error *error)
{
    text_to_image *pipeline = run->pipeline;
    const text_to_image_params *params = run->params;
    const size_t n = run->height * run->width * run->channels;
    const stage_size size = {run->batch, run->height, run->width,
                             .variance_noise = params->eta > 0.0F};
    const int64_t load_ns = clock_ns();
    report(run, STAGE_LOAD, 0, 0.0);
    TRY(denoiser_prepare(&pipeline->denoiser, &size, &pipeline->cancelled, error));
    run->timings.prepare = seconds_since(load_ns);

    noise_seed(&run->noise, params->seed);
    /* Even if it is replaced: the variance noise comes after it in the stream. */
    draw_noise(run, pipeline->latent);
    if (params->latent != NULL) memcpy(pipeline->latent, params->latent, n * sizeof(float));

    const int64_t start_ns = clock_ns();
    const sd14_status status = run_steps(run, error);
    run->timings.denoise = seconds_since(start_ns);
    pipeline->in_loop = false;
    denoiser_end(&pipeline->denoiser);
    return status;
}

/* image [height, width, 3] about -1 to 1 -> pixels, as diffusers' VaeImageProcessor: x / 2 + 0.5, clamped,
 * times 255, rounded half to even. */
static void to_pixels(const float *image, size_t count, uint8_t *pixels)
{
    for (size_t i = 0; i < count; i++) {
        const float x = image[i] / 2.0F + 0.5F;
        const float clamped = x < 0.0F ? 0.0F : x > 1.0F ? 1.0F : x;
        pixels[i] = (uint8_t)rintf(clamped * 255.0F);
    }
}

static sd14_status decode(run_state *run, uint8_t *pixels, sd14_error *error)
{
    text_to_image *pipeline = run->pipeline;
    const size_t count = run->params->height * run->params->width * 3;
    const int64_t start_ns = clock_ns();
    report(run, STAGE_DECODE, run->params->steps, 0.0);
    const stage_size size = {.batch = 1, .height = run->height, .width = run->width};
    stage_rest(&pipeline->denoiser.stage);
    TRY(stage_prepare(&pipeline->decoder, &size, &pipeline->cancelled, error));

    float *image = mem_aligned_array(count, sizeof(float));
    if (image == NULL) FAIL_NO_MEMORY(error, "the picture");
    const void *inputs[] = {pipeline->latent};
    sd14_status status = stage_run(&pipeline->decoder, inputs, image, &pipeline->cancelled, error);
    if (status == SD14_OK)
        status = check_finite("picture", image, count, run->params->steps, error);
    if (status == SD14_OK) to_pixels(image, count, pixels);
    mem_free(image);
    run->timings.decode = seconds_since(start_ns);
    return status;
}

static sd14_status run_stages(run_state *run, uint8_t *pixels, sd14_error *error)
{
    text_to_image *pipeline = run->pipeline;
    const text_to_image_params *params = run->params;
    int32_t timesteps[SCHEDULE_STEPS_MAX];
    TRY(schedule_timesteps(pipeline->model->schedule, params->steps, timesteps, error));
    if (pipeline->backend->memory_cap > 0) {
        text_to_image_plan plan;
        TRY(text_to_image_plan_make(pipeline->model, pipeline->backend, params, &plan, error));
        TRY(text_to_image_plan_check(&plan, pipeline->backend->memory_cap, error));
    }
    TRY(make_buffers(run, error));
    /* No two stages run at once: the peak is one of them, not their sum. */
    stage_rest(&pipeline->decoder);

    report(run, STAGE_TEXT, 0, 0.0);
    const char *negative = params->negative_prompt == NULL ? "" : params->negative_prompt;
    TRY(prompt_encoder_run(&pipeline->text, params->prompt, negative, run->batch == 2,
                           &pipeline->cancelled, error));
    run->timings.text = seconds_since(run->start_ns);

    TRY(denoise(run, error));
    TRY(decode(run, pixels, error));
    run->timings.total = seconds_since(run->start_ns);
    return SD14_OK;
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
    const sd14_status status = run_stages(&run, pixels, error);
    /* A cancel after the last operator must not get lost: this run takes it, or the next. */
    const bool cancelled = atomic_exchange(&pipeline->cancelled, false);
    TRY(status);
    if (cancelled) FAIL(error, CANCELLED, "cancelled");
    pipeline->timings = run.timings;
    pipeline->has_latent = true;
    return SD14_OK;
}
