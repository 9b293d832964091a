/* SPDX-License-Identifier: Apache-2.0 */

/** The activation kernels; compiled once per instruction set. */
#ifndef SD14_CPU_ACTIVATION_VEC_H
#define SD14_CPU_ACTIVATION_VEC_H

#include "backends/cpu/kernels/kernels.h"
#include "backends/cpu/kernels/vec_math.h"

void VEC_NAME(silu_f32)(float *y, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i += VEC_LANES) {
        vec_store_part(y + i, n - i, vec_silu(vec_load_part(x + i, n - i)));
    }
}

void VEC_NAME(gelu_f32)(float *y, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i += VEC_LANES) {
        vec_store_part(y + i, n - i, vec_gelu(vec_load_part(x + i, n - i)));
    }
}

void VEC_NAME(quick_gelu_f32)(float *y, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i += VEC_LANES) {
        vec_store_part(y + i, n - i, vec_quick_gelu(vec_load_part(x + i, n - i)));
    }
}

void VEC_NAME(geglu_f32)(float *y, const float *x, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++, x += 2 * n, y += n) {
        for (size_t i = 0; i < n; i += VEC_LANES) {
            const vec gate = vec_gelu(vec_load_part(x + n + i, n - i));
            vec_store_part(y + i, n - i, vec_mul(vec_load_part(x + i, n - i), gate));
        }
    }
}

#endif /* SD14_CPU_ACTIVATION_VEC_H */
