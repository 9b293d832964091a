/* SPDX-License-Identifier: Apache-2.0 */

/** Sums and products of elements; compiled once per instruction set. */
#ifndef SD14_CPU_ELEMENTWISE_VEC_H
#define SD14_CPU_ELEMENTWISE_VEC_H

#include "backends/cpu/kernels/kernels.h"
#include "backends/cpu/kernels/vec.h"

void VEC_NAME(add_f32)(float *y, const float *a, const float *b, size_t n)
{
    for (size_t i = 0; i < n; i += VEC_LANES) {
        const vec sum = vec_add(vec_load_part(a + i, n - i), vec_load_part(b + i, n - i));
        vec_store_part(y + i, n - i, sum);
    }
}

void VEC_NAME(add_row_f32)(float *y, const float *x, const float *row, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++) VEC_NAME(add_f32)(y + r * n, x + r * n, row, n);
}

void VEC_NAME(scale_f32)(float *y, const float *x, float factor, size_t n)
{
    for (size_t i = 0; i < n; i += VEC_LANES) {
        vec_store_part(y + i, n - i, vec_mul(vec_load_part(x + i, n - i), vec_set(factor)));
    }
}

#endif /* SD14_CPU_ELEMENTWISE_VEC_H */
