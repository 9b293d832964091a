/* SPDX-License-Identifier: Apache-2.0 */

/** The memory of a run, known before it begins. */
#ifndef SD14_PIPELINE_TEXT_TO_IMAGE_PLAN_H
#define SD14_PIPELINE_TEXT_TO_IMAGE_PLAN_H

#include "pipeline/text_to_image.h"

/** Bytes for what no plan counts: the program and its libraries, the tokenizer, pages of weight files that
 * were read and not yet given back, the allocator's gaps. Measured on x86-64: up to 18 MiB with the small
 * model, 29 with Stable Diffusion 1.4. */
#define TEXT_TO_IMAGE_PROGRAM_BYTES ((size_t)48 << 20)

/** In the order in which they run. */
typedef enum planned_stage {
    PLANNED_TEXT,
    PLANNED_UNET,
    PLANNED_DECODER,
    PLANNED_STAGES
} planned_stage;

/** Bytes, for any picture of a pipeline, under its backend's cap if that can be. */
typedef struct text_to_image_plan {
    backend_plan stages[PLANNED_STAGES];
    size_t weights_cap[PLANNED_STAGES]; /**< as in load_weights() */
    bool
        alone; /**< The weights of a stage leave before the next one's come: not all fit. Else, from the
                     second picture on, those of UNet and decoder are there while the text is encoded. */
    size_t
        other; /**< all the time: latents, text embeddings, the picture, TEXT_TO_IMAGE_PROGRAM_BYTES */
    size_t peak;      /**< the most at once, rounded up to whole MiB */
    size_t least;     /**< likewise, with all streamed that can be: no smaller cap will do */
    const char *busy; /**< when that is: "encoding the text", "denoising", "decoding" */
    size_t width, height, together;
} text_to_image_plan;

/**
 * @param params  Of its fields: width, height, guidance, eta, and with shortcuts these and steps.
 * @param count   pictures drawn in one batch; text_to_image_together() of them are planned together.
 * @param texts   that the pipeline remembers; those of the pictures if these are more.
 * @return SD14_OK; OUT_OF_MEMORY; what the backend's plan() returns.
 */
SD14_NODISCARD sd14_status text_to_image_plan_make(const model *model,
                                                   backend *backend,
                                                   const text_to_image_params *params,
                                                   size_t count,
                                                   size_t texts,
                                                   text_to_image_plan *out_plan,
                                                   sd14_error *error);

/** @param cap  Bytes; 0: none. @return SD14_OK; OUT_OF_MEMORY naming what is needed. */
SD14_NODISCARD sd14_status text_to_image_plan_check(const text_to_image_plan *plan,
                                                    size_t cap,
                                                    sd14_error *error);

#endif /* SD14_PIPELINE_TEXT_TO_IMAGE_PLAN_H */
