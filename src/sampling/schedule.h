/* SPDX-License-Identifier: Apache-2.0 */

/**
 * The noise schedule a model was trained with, and the timesteps a run visits of it.
 *
 * Every number is the one diffusers' DDIMScheduler holds, bit for bit, when torch runs with
 * ATEN_CPU_CAPABILITY=default. (torch's AVX2 linspace fuses a product and a sum and gives other
 * betas, one ulp away: golden runs with torch must set the variable.)
 */
#ifndef SD14_SAMPLING_SCHEDULE_H
#define SD14_SAMPLING_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/** Most denoising steps of one run, whatever the schedule. */
enum { SCHEDULE_STEPS_MAX = 1000 };

/** How the betas run from beta_start to beta_end. */
typedef enum beta_schedule {
    BETA_SCHEDULE_LINEAR,
    BETA_SCHEDULE_SCALED_LINEAR /**< linear in sqrt(beta): Stable Diffusion's */
} beta_schedule;

/** How a run's timesteps are spread over the trained ones. */
typedef enum timestep_spacing {
    TIMESTEP_SPACING_LEADING, /**< multiples of train_timesteps / steps, plus steps_offset */
    TIMESTEP_SPACING_TRAILING,
    TIMESTEP_SPACING_LINSPACE
} timestep_spacing;

/**
 * scheduler_config.json, as far as DDIM of Stable Diffusion 1.x needs it: prediction_type is
 * epsilon, nothing is clipped or thresholded, the betas are not rescaled. Whoever reads the file
 * refuses the rest.
 */
typedef struct schedule_config {
    int train_timesteps; /**< num_train_timesteps, 1 .. 1,000,000 */
    double beta_start;   /**< above 0 */
    double beta_end;     /**< at least beta_start, below 1 */
    beta_schedule beta_schedule;
    timestep_spacing timestep_spacing;
    int steps_offset;      /**< added to every timestep; leading only; 0 .. train_timesteps - 1 */
    bool set_alpha_to_one; /**< the step past the last one has alpha 1, not alphas_cumprod[0] */
} schedule_config;

/** Read-only once made: any number of threads may share one. */
typedef struct schedule {
    schedule_config config;
    float final_alpha_cumprod; /**< stands for every timestep below 0 */
    float alphas_cumprod[];    /**< [train_timesteps], each above 0 and below 1, falling */
} schedule;

/**
 * Computes the betas and their products.
 *
 * @param out_schedule  the caller's, to give to schedule_destroy(); NULL on failure
 * @return MODEL when a value of `config` is out of its range or the schedule degenerates to alphas
 *         that no step can use, OUT_OF_MEMORY
 * Source: diffusers DDIMScheduler.__init__, torch.linspace, torch.cumprod
 * Parity: tests/unit/schedule.c
 */
SD14_NODISCARD sd14_status schedule_create(const schedule_config *config,
                                           schedule **out_schedule,
                                           sd14_error *error);

/** NULL is fine. */
void schedule_destroy(schedule *of);

/**
 * Writes the timesteps of a run, first to last: falling, each 0 .. train_timesteps - 1.
 *
 * @param steps          1 .. SCHEDULE_STEPS_MAX, and at most train_timesteps
 * @param out_timesteps  [steps]
 * @return INVALID_ARGUMENT for any other count, and when steps_offset pushes the first timestep past
 *         the trained ones (1000 steps of Stable Diffusion's config: diffusers breaks off in step())
 * Source: diffusers DDIMScheduler.set_timesteps
 * Parity: tests/unit/schedule.c
 */
SD14_NODISCARD sd14_status schedule_timesteps(const schedule *of,
                                              int steps,
                                              int32_t *out_timesteps,
                                              sd14_error *error);

/** One of those timesteps, `index` 0 .. steps - 1, for a count that schedule_timesteps() took. */
int32_t schedule_timestep(const schedule *of, int steps, int index);

/** betas[timestep], 0 .. train_timesteps - 1. */
float schedule_beta(const schedule *of, int32_t timestep);

/** alphas_cumprod[timestep]; final_alpha_cumprod for a timestep below 0. */
float schedule_alpha_cumprod(const schedule *of, int32_t timestep);

#endif /* SD14_SAMPLING_SCHEDULE_H */
