/* SPDX-License-Identifier: Apache-2.0 */

/** A pipeline's inside, shared by text_to_image.c (what it holds) and text_to_image_run.c (what it does). */
#ifndef SD14_PIPELINE_TEXT_TO_IMAGE_STATE_H
#define SD14_PIPELINE_TEXT_TO_IMAGE_STATE_H

#include "pipeline/denoiser.h"
#include "pipeline/prompt_encoder.h"
#include "pipeline/text_to_image.h"

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
    float *latent;   /**< [pictures, h, w, c] */
    float *variance; /**< [pictures, h, w, c] */
    float *noise;    /**< [c, h, w]: torch's order */
    bool has_latent;
    bool alone;       /**< as planned: no two stages' weights at once */
    float *drawn;     /**< latents of the pictures that the denoiser has; NULL: it has none */
    sd14_status read; /**< how that went; the error beside it */
    sd14_error read_error;
    text_to_image_timings timings;
};

/** On its backend, with nothing loaded. */
void text_to_image_init_stages(text_to_image *pipeline);

void text_to_image_release_stages(text_to_image *pipeline);

/** Plans `count` pictures together within the backend's cap, and gives back what these do not leave room for; `texts`
 * are remembered, or those that are now if these are more. @return OUT_OF_MEMORY: they do not fit. */
SD14_NODISCARD sd14_status text_to_image_settle_memory(text_to_image *pipeline,
                                                       const text_to_image_params *params,
                                                       size_t count,
                                                       size_t texts,
                                                       sd14_error *error);

/** The texts of pictures in the order of the UNet's batch: when guided all negative prompts, then all prompts.
 * @param out_rows  the caller's to mem_free(); the texts are borrowed from params */
SD14_NODISCARD sd14_status text_to_image_rows(const text_to_image_params *params,
                                              size_t count,
                                              prompt_row **out_rows,
                                              size_t *out_count,
                                              sd14_error *error);

/** Reads pipeline->drawn. From a progress function there is nowhere to report to: what went wrong is kept in
 * pipeline->read and read_error. @return NULL then. */
const float *text_to_image_read(text_to_image *pipeline);

#endif /* SD14_PIPELINE_TEXT_TO_IMAGE_STATE_H */
