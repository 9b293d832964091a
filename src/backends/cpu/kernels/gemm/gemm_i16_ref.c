/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "backends/cpu/kernels/kernels.h"

/* The sums of one chunk of one row: B is read in the order it lies in memory. */
static void add_chunk(const int16_t *a, const int16_t *b, size_t count, int32_t sum[GEMM_PANEL])
{
    for (size_t i = 0; i < count; i++) {
        const int16_t *right = b + i / 2 * GEMM_PANEL * 2 + i % 2;
        for (size_t n = 0; n < GEMM_PANEL; n++) sum[n] += (int32_t)a[i] * right[2 * n];
    }
}

/* chain = fma(sum·gain, scale, chain) */
static void
flush(const gemm_i16_args *args, const int32_t *sum, float scale, float chain[GEMM_PANEL])
{
    for (size_t n = 0; n < args->columns; n++) {
        float value = (float)sum[n];
        if (args->gains != NULL) value *= args->gains[n];
        chain[n] = fmaf(value, scale, chain[n]);
    }
}

static void extend_chains(const gemm_i16_args *args, size_t row, float chain[GEMM_PANEL])
{
    const size_t padded = i16_padded(args->k);
    for (size_t t = 0; t < args->taps; t++) {
        const int16_t *a = args->a[t * args->rows + row];
        const int16_t *b = args->b + t * padded * GEMM_PANEL;
        for (size_t k = 0; k < args->k; k += I16_CHUNK) {
            int32_t sum[GEMM_PANEL] = {0};
            const size_t left = args->k - k;
            add_chunk(a + k, b + k * GEMM_PANEL, left < I16_CHUNK ? left : I16_CHUNK, sum);
            flush(args, sum, args->row_scales[t * args->rows + row], chain);
        }
    }
}

void gemm_i16_ref(const gemm_i16_args *args)
{
    for (size_t r = 0; r < args->rows; r++) {
        float *c = args->c + r * args->c_stride;
        float chain[GEMM_PANEL] = {0};
        for (size_t n = 0; args->resume && n < args->columns; n++)
            chain[n] = args->decays != NULL ? c[n] * args->decays[n] : c[n];
        extend_chains(args, r, chain);
        for (size_t n = 0; n < args->columns; n++) {
            float value = chain[n];
            if (args->column_scales != NULL) {
                const float bias = args->bias != NULL ? args->bias[n] : 0.0F;
                value = fmaf(value, args->column_scales[n], bias);
            }
            if (args->residual != NULL) value += args->residual[r * args->residual_stride + n];
            c[n] = value;
        }
    }
}
