/* SPDX-License-Identifier: Apache-2.0 */

/**
 * DDIM: the six numbers a denoising step multiplies whole tensors with.
 *
 *   e      = uncond + guidance·(cond - uncond)
 *   x0     = (latent - sqrt(1 - a_t)·e) / sqrt(a_t)
 *   latent = sqrt(a_prev)·x0 + sqrt(1 - a_prev - sigma²)·e [+ sigma·noise, when eta > 0]
 *
 * with a = alphas_cumprod and sigma = eta·sqrt((1 - a_prev)/(1 - a_t)·(1 - a_t/a_prev)). A backend runs
 * the lines on its tensors, each operation rounded to float32, never fused: then the bytes are those
 * of DDIMScheduler.step.
 *
 * Of DDIMScheduler.step with correctly rounded square roots, that is. torch's x86-64 builds take sqrt
 * from MKL, whose last bit is wrong for a fifth of the values; tools/reference/exact_roots.py mends it
 * for reference runs. Without it latents differ by about 1e-6 of their range after 50 steps.
 */
#ifndef SD14_SAMPLING_DDIM_H
#define SD14_SAMPLING_DDIM_H

#include "sampling/schedule.h"

/** Order of the coefficients: the one in which the operator guided_ddim_step reads them. This layer
 * does not see graph/ops.h, so the order stands in both, and a test holds them together. */
enum {
    DDIM_STEP_GUIDANCE,
    DDIM_STEP_SQRT_BETA,       /**< sqrt(1 - a_t) */
    DDIM_STEP_SQRT_ALPHA,      /**< sqrt(a_t) */
    DDIM_STEP_SQRT_ALPHA_PREV, /**< sqrt(a_prev) */
    DDIM_STEP_DIRECTION,       /**< sqrt(1 - a_prev - sigma²) */
    DDIM_STEP_SIGMA,           /**< factor of the noise; 0 when eta is 0 */
    DDIM_STEP_COEFFICIENTS
};

/**
 * Computes the coefficients of one step, in float32 as torch's 0-dim tensors do.
 *
 * @param steps             a count that schedule_timesteps() took for this schedule
 * @param index             which of the run's steps, 0 .. steps - 1
 * @param guidance          guidance_scale; copied
 * @param eta               0 (DDIM) .. 1 (DDPM); above 1 the direction may be NaN, as in diffusers
 * @param out_coefficients  finite for eta 0 .. 1 on every step of Stable Diffusion's schedule
 * Source: diffusers DDIMScheduler.step and ._get_variance
 * Parity: tests/unit/ddim.c
 */
void ddim_coefficients(const schedule *of,
                       int steps,
                       int index,
                       float guidance,
                       float eta,
                       float out_coefficients[DDIM_STEP_COEFFICIENTS]);

#endif /* SD14_SAMPLING_DDIM_H */
