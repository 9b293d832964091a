/* SPDX-License-Identifier: Apache-2.0 */

/** Guidance and the DDIM update, run by the backend like any other graph. */
#ifndef SD14_PIPELINE_SCHEDULER_STEP_H
#define SD14_PIPELINE_SCHEDULER_STEP_H

#include "graph/backend.h"

typedef struct scheduler_step {
    backend *backend; /**< borrowed */
    backend_weights *weights;
    graph *graph;
    backend_program *program;
} scheduler_step;

void scheduler_step_init(scheduler_step *step, backend *backend);

/** @param latent  [1, height, width, channels]. Replaces an earlier program. */
SD14_NODISCARD sd14_status scheduler_step_prepare(
    scheduler_step *step, shape latent, bool guided, bool variance_noise, sd14_error *error);

/** Replaces `latent` by the next one. Arguments as guided_ddim_step's in graph/ops.h. */
SD14_NODISCARD sd14_status scheduler_step_run(scheduler_step *step,
                                              float *latent,
                                              const float *noise_pred,
                                              const float *coefficients,
                                              const float *variance_noise,
                                              sd14_error *error);

void scheduler_step_release(scheduler_step *step);

#endif /* SD14_PIPELINE_SCHEDULER_STEP_H */
