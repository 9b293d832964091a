/* SPDX-License-Identifier: Apache-2.0 */

/** A denoising loop of several programs, in the host's memory: its latents and deep feature go from one to another. */
#ifndef SD14_PIPELINE_SHORTCUT_LOOP_H
#define SD14_PIPELINE_SHORTCUT_LOOP_H

#include "graph/loop.h"
#include "pipeline/stage.h"

typedef struct shortcut_loop {
    float *latent; /**< [pictures, height, width, channels]; NULL: no loop is in progress */
    float *
        feature; /**< [batch, height, width, block_out_channels[0]], of the last whole step; NULL: not kept */
    size_t latent_count;
    const float *context; /**< [batch, tokens, width] of guided steps; borrowed */
    size_t
        half_context; /**< elements of it before the prompts, which steps without guidance read alone */
} shortcut_loop;

/** Elements of a deep feature. */
size_t shortcut_feature_count(const model *model, const stage_size *size);

/**
 * @param size  Of the step with the largest batch.
 * @param kept  Whether there is a deep feature.
 */
SD14_NODISCARD sd14_status shortcut_loop_begin(shortcut_loop *to,
                                               const model *model,
                                               const stage_size *size,
                                               bool kept,
                                               const float *latent,
                                               const float *context,
                                               sd14_error *error);

/** A step's own numbers. */
typedef struct shortcut_step {
    const float *timestep, *coefficients;
    const float *variance_noise; /**< or NULL */
} shortcut_step;

/** Runs a step with the program of a stage. */
SD14_NODISCARD sd14_status shortcut_loop_step(shortcut_loop *of,
                                              const stage *with,
                                              const shortcut_step *step,
                                              const atomic_bool *cancel,
                                              sd14_error *error);

void shortcut_loop_end(shortcut_loop *of);

#endif /* SD14_PIPELINE_SHORTCUT_LOOP_H */
