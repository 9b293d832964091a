/* SPDX-License-Identifier: Apache-2.0 */

/** Rows to 16-bit integers; compiled once per instruction set. */
#ifndef SD14_CPU_QUANTIZE_VEC_H
#define SD14_CPU_QUANTIZE_VEC_H

#include <string.h>

#include "backends/cpu/kernels/quantize/quantize_scale.h"
#include "backends/cpu/kernels/vec.h"

static inline float
quantize_row_factor(const float *x, size_t taps, size_t n, float norm, float *out_scale)
{
    i16_row row = {0};
    vec largest = vec_set(0.0F);
    for (size_t t = 0; t < taps; t++, x += n) {
        for (size_t i = 0; i < n;) {
            const size_t end = n - i < I16_CHUNK ? n : i + I16_CHUNK;
            vec squares = vec_set(0.0F);
            for (; i < end; i += VEC_LANES) {
                const vec v = vec_load_part(x + i, end - i);
                squares = vec_fma(v, v, squares);
                largest = vec_max(vec_abs(v), largest);
            }
            i16_row_add(&row, vec_sum(squares));
        }
    }
    return i16_row_factor(&row, vec_largest(largest), norm, out_scale);
}

static inline void quantize_piece(int16_t *q, const float *x, size_t n, vec factor)
{
    size_t i = 0;
    for (; i + VEC_LANES <= n; i += VEC_LANES)
        vec_store_i16(q + i, vec_mul(vec_load(x + i), factor));
    if (i == n) return;
    int16_t lanes[VEC_LANES];
    vec_store_i16(lanes, vec_mul(vec_load_part(x + i, n - i), factor));
    memcpy(q + i, lanes, (i16_padded(n) - i) * sizeof(int16_t));
}

void VEC_NAME(quantize_rows_i16)(
    int16_t *q, float *scales, const float *x, size_t rows, size_t taps, size_t n, float norm)
{
    for (size_t r = 0; r < rows; r++) {
        const float factor = quantize_row_factor(x, taps, n, norm, &scales[r]);
        const size_t values = taps * i16_padded(n);
        if (factor == 0.0F) memset(q, 0, values * sizeof(int16_t)); /* x may be infinite */
        for (size_t t = 0; t < taps && factor != 0.0F; t++)
            quantize_piece(q + t * i16_padded(n), x + t * n, n, vec_set(factor));
        q += values;
        x += taps * n;
    }
}

#endif /* SD14_CPU_QUANTIZE_VEC_H */
