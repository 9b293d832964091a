/* SPDX-License-Identifier: Apache-2.0 */

/** Transposition by blocks of 16 x 16; compiled once per instruction set. */
#ifndef SD14_CPU_TRANSPOSE_VEC_H
#define SD14_CPU_TRANSPOSE_VEC_H

#include "backends/cpu/kernels/kernels.h"
#include "backends/cpu/kernels/unroll.h"
#include "backends/cpu/kernels/vec.h"

/* Vectors carry the bits unchanged, whatever they stand for. */
ALWAYS_INLINE void transpose_block(
    float *y, size_t y_stride, const float *x, size_t x_stride, size_t rows, size_t columns)
{
    vec block[4][4];
    UNROLL
    for (int i = 0; i < VEC_LANES; i++) {
        block[i / 4][i % 4] =
            (size_t)i < rows ? vec_load_part(x + (size_t)i * x_stride, columns) : vec_set(0.0F);
    }
    vec_transpose(block);
    UNROLL
    for (int i = 0; i < VEC_LANES; i++) {
        if ((size_t)i < columns)
            vec_store_part(y + (size_t)i * y_stride, rows, block[i / 4][i % 4]);
    }
}

void VEC_NAME(transpose_b32)(
    void *y, size_t y_stride, const void *x, size_t x_stride, size_t rows, size_t columns)
{
    for (size_t r = 0; r < rows; r += VEC_LANES) {
        for (size_t c = 0; c < columns; c += VEC_LANES) {
            float *to = (float *)y + c * y_stride + r;
            const float *from = (const float *)x + r * x_stride + c;
            if (rows - r >= VEC_LANES && columns - c >= VEC_LANES) {
                transpose_block(to, y_stride, from, x_stride, VEC_LANES, VEC_LANES);
            } else {
                transpose_block(to, y_stride, from, x_stride, rows - r, columns - c);
            }
        }
    }
}

#endif /* SD14_CPU_TRANSPOSE_VEC_H */
