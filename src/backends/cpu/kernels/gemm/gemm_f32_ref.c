/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "backends/cpu/kernels/kernels.h"

/* The chains of one row, side by side: B is read in the order it lies in memory. */
static void extend_chains(const gemm_f32_args *args, size_t row, float chain[GEMM_PANEL])
{
    const float *b = args->b;
    for (size_t t = 0; t < args->taps; t++) {
        const float *a = args->a[t * args->rows + row];
        for (size_t i = 0; i < args->k; i++, b += GEMM_PANEL) {
            for (size_t n = 0; n < args->columns; n++) chain[n] = fmaf(a[i], b[n], chain[n]);
        }
    }
}

void gemm_f32_ref(const gemm_f32_args *args)
{
    for (size_t r = 0; r < args->rows; r++) {
        float *c = args->c + r * args->c_stride;
        float chain[GEMM_PANEL] = {0};
        for (size_t n = 0; args->resume && n < args->columns; n++) chain[n] = c[n];
        extend_chains(args, r, chain);
        for (size_t n = 0; n < args->columns; n++) {
            float value = chain[n];
            if (args->bias != NULL) value += args->bias[n];
            if (args->residual != NULL) value += args->residual[r * args->residual_stride + n];
            c[n] = value;
        }
    }
}
