/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/kernels/kernels.h"
#include "graph/ops.h"

void guided_ddim_step_f32_ref(const guided_ddim_step_f32_args *args)
{
    const float *k = args->coefficients;
    for (size_t i = 0; i < args->n; i++) {
        float e = args->uncond[i];
        if (args->text != NULL) e = e + k[DDIM_GUIDANCE] * (args->text[i] - e);
        const float x0 = (args->latent[i] - k[DDIM_SQRT_BETA] * e) / k[DDIM_SQRT_ALPHA];
        float y = k[DDIM_SQRT_ALPHA_PREV] * x0 + k[DDIM_DIRECTION] * e;
        if (args->noise != NULL) y = y + k[DDIM_SIGMA] * args->noise[i];
        args->y[i] = y;
    }
}
