/* SPDX-License-Identifier: Apache-2.0 */
#include "sampling/ddim.h"

#include <math.h>

void ddim_coefficients(const schedule *of,
                       int steps,
                       int index,
                       float guidance,
                       float eta,
                       float out_coefficients[DDIM_STEP_COEFFICIENTS])
{
    /* Not the run's next timestep: diffusers steps back by the ratio, whatever the spacing. */
    const int32_t timestep = schedule_timestep(of, steps, index);
    const int32_t previous = timestep - of->config.train_timesteps / steps;

    const float alpha = schedule_alpha_cumprod(of, timestep);
    const float alpha_previous = schedule_alpha_cumprod(of, previous);
    const float beta = 1.0F - alpha;
    const float beta_previous = 1.0F - alpha_previous;

    const float variance = (beta_previous / beta) * (1.0F - alpha / alpha_previous);
    const float sigma = eta * sqrtf(variance);

    out_coefficients[DDIM_STEP_GUIDANCE] = guidance;
    out_coefficients[DDIM_STEP_SQRT_BETA] = sqrtf(beta);
    out_coefficients[DDIM_STEP_SQRT_ALPHA] = sqrtf(alpha);
    out_coefficients[DDIM_STEP_SQRT_ALPHA_PREV] = sqrtf(alpha_previous);
    out_coefficients[DDIM_STEP_DIRECTION] = sqrtf(beta_previous - sigma * sigma);
    out_coefficients[DDIM_STEP_SIGMA] = sigma;
}
