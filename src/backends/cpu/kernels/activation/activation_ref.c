/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/kernels/kernels.h"
#include "backends/cpu/kernels/math_ref.h"

void silu_f32_ref(float *y, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) y[i] = ref_silu(x[i]);
}

void gelu_f32_ref(float *y, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) y[i] = ref_gelu(x[i]);
}

void quick_gelu_f32_ref(float *y, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) y[i] = ref_quick_gelu(x[i]);
}

void geglu_f32_ref(float *y, const float *x, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++) {
        for (size_t i = 0; i < n; i++) {
            y[r * n + i] = x[r * 2 * n + i] * ref_gelu(x[r * 2 * n + n + i]);
        }
    }
}
