/* SPDX-License-Identifier: Apache-2.0 */

/**
 * Text to image: the one path from a prompt to pixels.
 *
 *     prompt ─▶ ids ─▶ text encoder ─▶ context ─┐
 *     seed ─▶ noise ─▶ latent ─▶ (UNet ─▶ guidance + DDIM) × steps ─▶ VAE decoder ─▶ pixels
 */
#ifndef SD14_PIPELINE_TEXT_TO_IMAGE_H
#define SD14_PIPELINE_TEXT_TO_IMAGE_H

#include <stdatomic.h>

#include "base/log.h"
#include "graph/backend.h"
#include "models/model.h"
#include "pipeline/shortcuts.h"
#include "pipeline/stage.h"

typedef enum text_to_image_stage {
    STAGE_TEXT,
    STAGE_LOAD,
    STAGE_DENOISE,
    STAGE_DECODE
} text_to_image_stage;

typedef struct text_to_image_progress {
    text_to_image_stage stage;
    int step; /**< steps done */
    int steps;
    size_t first, together; /**< the pictures that are drawn now: which of the run, and how many */
    double seconds;         /**< since the run began */
    double step_seconds;    /**< the last step's */
} text_to_image_progress;

/** Ranges are the caller's to check; sizes are multiples of model_pixel_multiple(). */
typedef struct text_to_image_params {
    const char *prompt;
    const char *negative_prompt;
    size_t width, height; /**< pixels */
    int steps;
    float guidance; /**< above 1: both halves; else the prompt's alone */
    float eta;
    uint64_t seed;
    shortcuts shortcuts; /**< none by default */
    const float *latent; /**< initial noise [height/8, width/8, channels], or NULL: the seed's */
    void (*progress)(void *user, const text_to_image_progress *progress);
    void *progress_user;
} text_to_image_params;

/** Seconds. */
typedef struct text_to_image_timings {
    double text, prepare, denoise, decode, total;
    double
        step_overhead; /**< mean of the steps but the first: outside of the device's library; 0 on
                               the host */
} text_to_image_timings;

typedef struct text_to_image text_to_image;

/** Some pictures, drawn in one go. */
typedef struct text_to_image_batch {
    const text_to_image_params
        *params; /**< [count]: alike but for texts, seed and latent; the first one's progress
                                           function hears of all */
    size_t count;
    uint8_t *const *pixels; /**< [count]: [height, width, 3] of each, written when it is finished */
    /** NULL, or called when a picture is finished; `share` is its part of the time of those drawn together. */
    void (*finished)(void *user, size_t index, const text_to_image_timings *share);
    void *user;
} text_to_image_batch;

/** Latents that a run of `count` pictures holds, beside the loop's. */
static inline size_t text_to_image_latents(size_t count)
{
    return 2 * count + 1;
}

/** Model, backend and log are borrowed until the end. */
SD14_NODISCARD sd14_status text_to_image_create(const model *model,
                                                backend *backend,
                                                const log_target *log,
                                                text_to_image **out_pipeline,
                                                sd14_error *error);

/** Who goes on, after the last latent that was read, when the device fails; borrowed. Says so in the log. */
void text_to_image_set_fallback(text_to_image *pipeline, backend *fallback);

/** NULL is fine. */
void text_to_image_destroy(text_to_image *pipeline);

/**
 * @param pixels  [height, width, 3], written on success.
 * @return SD14_OK; INVALID_ARGUMENT (steps the schedule cannot make); VERIFICATION (NaN or infinity in the
 *         latent or the picture); CANCELLED; MODEL; OUT_OF_MEMORY, also when the plan
 *         (text_to_image_plan.h) is above the backend's cap.
 */
SD14_NODISCARD sd14_status text_to_image_run(text_to_image *pipeline,
                                             const text_to_image_params *params,
                                             uint8_t *pixels,
                                             sd14_error *error);

/** As text_to_image_run(), of several pictures: their UNet runs are one, where text_to_image_together() says so.
 * Equal bytes to each drawn alone. After a failure those that were finished are what they should be. */
SD14_NODISCARD sd14_status text_to_image_run_batch(text_to_image *pipeline,
                                                   const text_to_image_batch *batch,
                                                   sd14_error *error);

/** Encodes the texts of pictures beforehand, each once; the runs that need no others then encode nothing.
 * @return as text_to_image_run(). */
SD14_NODISCARD sd14_status text_to_image_encode(text_to_image *pipeline,
                                                const text_to_image_params *params,
                                                size_t count,
                                                sd14_error *error);

/** How many of `count` pictures a backend draws in one: a device with memory of its own has one after another. */
size_t text_to_image_together(const backend *on, size_t count);

/** Texts that it remembers. */
size_t text_to_image_texts(const text_to_image *pipeline);

/** From any thread or a signal handler: ends the running or next run. */
void text_to_image_cancel(text_to_image *pipeline);

/** Of the last successful run. */
text_to_image_timings text_to_image_last_timings(const text_to_image *pipeline);

/**
 * The final latents of the last successful run, [pictures, height/8, width/8, channels]; NULL before there are any.
 * From a progress function in STAGE_DENOISE: those of the pictures that are drawn now as they are then, valid until
 * the function returns; NULL when the device does not give them: the run then ends with the reason.
 */
const float *text_to_image_latent(text_to_image *pipeline);

/** What the prompts of the last successful run became: of the negative prompts, then of the prompts when it was
 * guided; else of the prompts alone. Belongs to the pipeline until its next run. */
typedef struct text_to_image_text {
    size_t rows, tokens, width;
    const int32_t *ids;      /**< [rows, tokens] */
    const float *embeddings; /**< [rows, tokens, width] */
} text_to_image_text;

/** Only after a successful run. */
text_to_image_text text_to_image_last_text(const text_to_image *pipeline);

/** A network's stage: MODEL_TEXT_ENCODER, MODEL_UNET or MODEL_VAE_DECODER. */
const stage *text_to_image_stage_of(const text_to_image *pipeline, model_part part);

/** Bytes held now; also during a run, from its progress function. */
stage_memory text_to_image_memory(const text_to_image *pipeline);

#endif /* SD14_PIPELINE_TEXT_TO_IMAGE_H */
