/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/kernels/kernels.h"
#include "backends/cpu/kernels/math_ref.h"

void group_norm_sums_f32_ref(const float *x, size_t rows, size_t channels, double *sums)
{
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < channels; c++) {
            const double v = (double)x[r * channels + c];
            sums[2 * c] += v;
            sums[2 * c + 1] = fma(v, v, sums[2 * c + 1]);
        }
    }
}

void group_norm_apply_f32_ref(float *y,
                              const float *x,
                              const float *scale,
                              const float *shift,
                              size_t rows,
                              size_t channels,
                              bool silu)
{
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < channels; c++) {
            const float v = fmaf(x[r * channels + c], scale[c], shift[c]);
            y[r * channels + c] = silu ? ref_silu(v) : v;
        }
    }
}

enum { SUM_LANES = 16 };

/** Adds the lanes by halves. */
static float norm_fold(float lanes[SUM_LANES])
{
    for (size_t half = SUM_LANES / 2; half > 0; half /= 2) {
        for (size_t l = 0; l < half; l++) lanes[l] += lanes[l + half];
    }
    return lanes[0];
}

static float norm_row_sum(const float *x, size_t n)
{
    float lanes[SUM_LANES] = {0};
    for (size_t i = 0; i < n; i++) lanes[i % SUM_LANES] += x[i];
    return norm_fold(lanes);
}

static float norm_row_squares(const float *x, size_t n, float mean)
{
    float lanes[SUM_LANES] = {0};
    for (size_t i = 0; i < n; i++) {
        const float d = x[i] - mean;
        lanes[i % SUM_LANES] = fmaf(d, d, lanes[i % SUM_LANES]);
    }
    return norm_fold(lanes);
}

void layer_norm_f32_ref(float *y,
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
        const float rstd = 1.0F / sqrtf(variance + eps);
        for (size_t i = 0; i < n; i++) y[i] = fmaf((x[i] - mean) * rstd, gain[i], bias[i]);
    }
}
