/* SPDX-License-Identifier: Apache-2.0 */

/** The last stage: from a latent to pixels. */
#ifndef SD14_PIPELINE_PICTURE_H
#define SD14_PIPELINE_PICTURE_H

#include "pipeline/stage.h"

/**
 * @param size    the latent's
 * @param latent  [1, height, width, channels]
 * @param pixels  [height · scale, width · scale, 3], written on success
 * @return what stage_prepare() and stage_run() return; VERIFICATION; OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status picture_decode(stage *decoder,
                                          const stage_size *size,
                                          const float *latent,
                                          const atomic_bool *cancel,
                                          uint8_t *pixels,
                                          sd14_error *error);

/** Damaged weights give NaN; a black picture would hide it. @return VERIFICATION saying `what` and when. */
SD14_NODISCARD sd14_status check_finite(
    const char *what, const float *values, size_t count, const char *when, sd14_error *error);

#endif /* SD14_PIPELINE_PICTURE_H */
