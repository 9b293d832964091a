/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/kernels/quantize/quantize_scale.h"

enum { SUM_LANES = 16 };

static float chunk_squares(const float *x, size_t n)
{
    float lanes[SUM_LANES] = {0};
    for (size_t i = 0; i < n; i++) lanes[i % SUM_LANES] = fmaf(x[i], x[i], lanes[i % SUM_LANES]);
    for (size_t half = SUM_LANES / 2; half > 0; half /= 2) {
        for (size_t l = 0; l < half; l++) lanes[l] += lanes[l + half];
    }
    return lanes[0];
}

static float row_factor(const float *x, size_t taps, size_t n, float norm, float *out_scale)
{
    i16_row row = {0};
    float largest = 0.0F;
    for (size_t t = 0; t < taps; t++, x += n) {
        for (size_t i = 0; i < n; i += I16_CHUNK)
            i16_row_add(&row, chunk_squares(x + i, n - i < I16_CHUNK ? n - i : I16_CHUNK));
        for (size_t i = 0; i < n; i++) largest = fabsf(x[i]) > largest ? fabsf(x[i]) : largest;
    }
    return i16_row_factor(&row, largest, norm, out_scale);
}

void quantize_rows_i16_ref(
    int16_t *q, float *scales, const float *x, size_t rows, size_t taps, size_t n, float norm)
{
    for (size_t r = 0; r < rows; r++) {
        const float factor = row_factor(x, taps, n, norm, &scales[r]);
        for (size_t t = 0; t < taps; t++, x += n, q += i16_padded(n)) {
            for (size_t i = 0; i < n; i++)
                q[i] = (int16_t)(factor == 0.0F ? 0.0F : nearbyintf(x[i] * factor));
            if (n % 2 == 1) q[n] = 0;
        }
    }
}
