/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/kernels/kernels.h"

void add_f32_ref(float *y, const float *a, const float *b, size_t n)
{
    for (size_t i = 0; i < n; i++) y[i] = a[i] + b[i];
}

void add_row_f32_ref(float *y, const float *x, const float *row, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++) {
        for (size_t i = 0; i < n; i++) y[r * n + i] = x[r * n + i] + row[i];
    }
}

void scale_f32_ref(float *y, const float *x, float factor, size_t n)
{
    for (size_t i = 0; i < n; i++) y[i] = x[i] * factor;
}
