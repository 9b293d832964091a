/* SPDX-License-Identifier: Apache-2.0 */

/** From noise to the latent of a picture: UNet, guidance and DDIM, step after step on the backend. */
#ifndef SD14_PIPELINE_DENOISER_H
#define SD14_PIPELINE_DENOISER_H

#include "graph/loop.h"
#include "pipeline/shortcut_loop.h"
#include "pipeline/shortcuts.h"
#include "pipeline/stage.h"

typedef struct denoiser {
    stage stage;                      /**< has the weights; its program is that of the first step */
    stage others[STEP_KINDS_MAX - 1]; /**< programs of other kinds of steps */
    int n_programs;                   /**< with that of `stage` */
    shortcut_plan plan;
    bool has_shortcuts;
    shortcut_loop shortcut; /**< in place of `loop` where there are shortcuts */
    backend_loop *loop;     /**< of the pictures in progress; NULL when there is none */
    float *timesteps;       /**< [steps, batch] */
    float *coefficients;    /**< [steps, DDIM_COEFFICIENTS] */
} denoiser;

/** The numbers of the pictures that are drawn together. Borrowed until denoiser_end(). */
typedef struct denoiser_run {
    int steps;
    float guidance, eta;
    const float *latent;  /**< initial noise [pictures, height, width, channels] */
    const float *context; /**< encoder_hidden_states [batch, tokens, width] */
} denoiser_run;

/** Nothing is loaded yet. */
void denoiser_init(denoiser *of, const model *model, backend *backend);

/** Everything ready for pictures of that size; as stage_prepare(), and INVALID_ARGUMENT for shortcuts on a backend
 * with a loop of its own. */
SD14_NODISCARD sd14_status denoiser_prepare(denoiser *of,
                                            const stage_size *size,
                                            const shortcut_plan *plan,
                                            const atomic_bool *cancel,
                                            sd14_error *error);

/** Puts the first latent where the backend computes. */
SD14_NODISCARD sd14_status denoiser_begin(denoiser *of, const denoiser_run *run, sd14_error *error);

/** @param variance_noise  [pictures, height, width, channels] when eta > 0, else NULL. */
SD14_NODISCARD sd14_status denoiser_step(denoiser *of,
                                         int step,
                                         const float *variance_noise,
                                         const atomic_bool *cancel,
                                         sd14_error *error);

/** The latents as they are now. */
SD14_NODISCARD sd14_status denoiser_read(denoiser *of, float *latent, sd14_error *error);

/** Whether denoiser_read() costs nothing to speak of. */
bool denoiser_reads_freely(const denoiser *of);

/** The latents are done with, or given up. */
void denoiser_end(denoiser *of);

/** As stage_rest() and stage_give_back(), of all its programs. */
void denoiser_rest(denoiser *of);
void denoiser_give_back(denoiser *of);

void denoiser_release(denoiser *of);

/** As stage_get_memory(), of all its programs. */
stage_memory denoiser_get_memory(const denoiser *of);

/** What denoiser_prepare() would take. */
SD14_NODISCARD sd14_status denoiser_plan(const model *model,
                                         backend *backend,
                                         const stage_size *size,
                                         const shortcut_plan *plan,
                                         size_t weights_cap,
                                         backend_plan *out_plan,
                                         sd14_error *error);

#endif /* SD14_PIPELINE_DENOISER_H */
