/* SPDX-License-Identifier: Apache-2.0 */

/** The step of the sampler; compiled once per instruction set. */
#ifndef SD14_CPU_DDIM_VEC_H
#define SD14_CPU_DDIM_VEC_H

#include "backends/cpu/kernels/kernels.h"
#include "backends/cpu/kernels/vec.h"
#include "graph/ops.h"

/* Nothing is fused here: diffusers rounds after each operation. */
static inline vec ddim_noise(const guided_ddim_step_f32_args *args, size_t i)
{
    const size_t left = args->n - i;
    const vec uncond = vec_load_part(args->uncond + i, left);
    if (args->text == NULL) return uncond;
    const vec guidance = vec_set(args->coefficients[DDIM_GUIDANCE]);
    const vec apart = vec_sub(vec_load_part(args->text + i, left), uncond);
    return vec_add(uncond, vec_mul(guidance, apart));
}

void VEC_NAME(guided_ddim_step_f32)(const guided_ddim_step_f32_args *args)
{
    const float *k = args->coefficients;
    for (size_t i = 0; i < args->n; i += VEC_LANES) {
        const size_t left = args->n - i;
        const vec latent = vec_load_part(args->latent + i, left);
        const vec e = ddim_noise(args, i);
        const vec scaled_x0 = vec_sub(latent, vec_mul(vec_set(k[DDIM_SQRT_BETA]), e));
        const vec x0 = vec_div(scaled_x0, vec_set(k[DDIM_SQRT_ALPHA]));
        vec y = vec_add(vec_mul(vec_set(k[DDIM_SQRT_ALPHA_PREV]), x0),
                        vec_mul(vec_set(k[DDIM_DIRECTION]), e));
        if (args->noise != NULL) {
            const vec noise = vec_load_part(args->noise + i, left);
            y = vec_add(y, vec_mul(vec_set(k[DDIM_SIGMA]), noise));
        }
        vec_store_part(args->y + i, left, y);
    }
}

#endif /* SD14_CPU_DDIM_VEC_H */
