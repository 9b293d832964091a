/* SPDX-License-Identifier: Apache-2.0 */

/** Normalisations; compiled once per instruction set. */
#ifndef SD14_CPU_NORM_VEC_H
#define SD14_CPU_NORM_VEC_H

#include "backends/cpu/kernels/kernels.h"
#include "backends/cpu/kernels/vec_math.h"

/* Rows whose channels are summed before the next channels: few enough to stay in the first cache,
 * enough to hide loading and storing the sums. */
enum { SUM_ROWS = 8 };

static inline void norm_sum_rows(const float *x, size_t rows, size_t channels, double *sums)
{
    size_t c = 0;
    for (; c + VEC_DOUBLES <= channels; c += VEC_DOUBLES) {
        vec_double sum, squares;
        vec_double_load_pairs(sums + 2 * c, &sum, &squares);
        for (size_t r = 0; r < rows; r++) {
            const vec_double v = vec_double_load(x + r * channels + c);
            sum = vec_double_add(sum, v);
            squares = vec_double_fma(v, v, squares);
        }
        vec_double_store_pairs(sums + 2 * c, sum, squares);
    }
    for (; c < channels; c++) {
        for (size_t r = 0; r < rows; r++) {
            const double v = (double)x[r * channels + c];
            sums[2 * c] += v;
            sums[2 * c + 1] = fma(v, v, sums[2 * c + 1]);
        }
    }
}

void VEC_NAME(group_norm_sums_f32)(const float *x, size_t rows, size_t channels, double *sums)
{
    for (size_t r = 0; r < rows; r += SUM_ROWS) {
        const size_t now = rows - r < SUM_ROWS ? rows - r : SUM_ROWS;
        norm_sum_rows(x + r * channels, now, channels, sums);
    }
}

void VEC_NAME(group_norm_apply_f32)(float *y,
                                    const float *x,
                                    const float *scale,
                                    const float *shift,
                                    size_t rows,
                                    size_t channels,
                                    bool silu)
{
    for (size_t r = 0; r < rows; r++, x += channels, y += channels) {
        for (size_t c = 0; c < channels; c += VEC_LANES) {
            const size_t left = channels - c;
            const vec v = vec_fma(vec_load_part(x + c, left), vec_load_part(scale + c, left),
                                  vec_load_part(shift + c, left));
            vec_store_part(y + c, left, silu ? vec_silu(v) : v);
        }
    }
}

static inline float norm_row_sum(const float *x, size_t n)
{
    vec sum = vec_set(0.0F);
    for (size_t i = 0; i < n; i += VEC_LANES) sum = vec_add(sum, vec_load_part(x + i, n - i));
    return vec_sum(sum);
}

static inline float norm_row_squares(const float *x, size_t n, float mean)
{
    vec sum = vec_set(0.0F);
    for (size_t i = 0; i < n; i += VEC_LANES) {
        const vec d = vec_sub(vec_load_part(x + i, n - i), vec_set(mean));
        const vec present = vec_first(d, n - i);
        sum = vec_fma(present, present, sum);
    }
    return vec_sum(sum);
}

void VEC_NAME(layer_norm_f32)(float *y,
                              const float *x,
                              const float *gain,
                              const float *bias,
                              size_t rows,
                              size_t n,
                              float eps)
{
    for (size_t r = 0; r < rows; r++, x += n, y += n) {
        const float mean = norm_row_sum(x, n) / (float)n;
        const float variance = norm_row_squares(x, n, mean) / (float)n;
        const vec rstd = vec_set(1.0F / sqrtf(variance + eps));
        for (size_t i = 0; i < n; i += VEC_LANES) {
            const vec d = vec_sub(vec_load_part(x + i, n - i), vec_set(mean));
            const vec g = vec_load_part(gain + i, n - i);
            const vec b = vec_load_part(bias + i, n - i);
            vec_store_part(y + i, n - i, vec_fma(vec_mul(d, rstd), g, b));
        }
    }
}

#endif /* SD14_CPU_NORM_VEC_H */
