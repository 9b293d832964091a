/* SPDX-License-Identifier: Apache-2.0 */

/** Rows of floats as the products of matmul_i16.h read them: integers, and a scale per row (quantize_rows_i16_fn). */
#ifndef SD14_CPU_I16_ROWS_H
#define SD14_CPU_I16_ROWS_H

#include "backends/cpu/kernels/kernels.h"
#include "base/memory.h"
#include "base/sizes.h"

typedef struct i16_rows {
    int16_t *values; /**< [rows][i16_padded(channels)] */
    float *scales;   /**< [rows] */
    size_t channels;
} i16_rows;

static inline size_t i16_rows_values_bytes(size_t rows, size_t channels)
{
    const size_t bytes = rows * i16_padded(channels) * sizeof(int16_t);
    return ceil_div(bytes, MEM_ALIGNMENT) * MEM_ALIGNMENT;
}

/** A multiple of MEM_ALIGNMENT. */
static inline size_t i16_rows_bytes(size_t rows, size_t channels)
{
    const size_t scales = ceil_div(rows * sizeof(float), MEM_ALIGNMENT) * MEM_ALIGNMENT;
    return i16_rows_values_bytes(rows, channels) + scales;
}

/** @param memory  i16_rows_bytes(), aligned to MEM_ALIGNMENT */
static inline i16_rows i16_rows_at(void *memory, size_t rows, size_t channels)
{
    char *scales = (char *)memory + i16_rows_values_bytes(rows, channels);
    return (i16_rows){.values = memory, .scales = (float *)(void *)scales, .channels = channels};
}

/** Rounds x [rows][channels] to the rows from `first` on. */
static inline void i16_rows_put(
    const i16_rows *to, const cpu_kernels *kernels, size_t first, const float *x, size_t rows)
{
    kernels->quantize_rows_i16(to->values + first * i16_padded(to->channels), to->scales + first, x,
                               rows, 1, to->channels, I16_NORM);
}

#endif /* SD14_CPU_I16_ROWS_H */
