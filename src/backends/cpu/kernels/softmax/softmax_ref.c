/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/kernels/kernels.h"
#include "backends/cpu/kernels/math_ref.h"

static void softmax_lane(const softmax_block_f32_args *args, size_t q)
{
    const float old_max = args->max[q];
    float max = old_max;
    for (size_t j = 0; j < args->keys; j++) {
        float *s = &args->s[j * GEMM_PANEL + q];
        *s *= args->scale;
        if (args->causal && args->first_key + j > args->first_query + q) *s = -INFINITY;
        max = *s > max ? *s : max;
    }

    const float factor = ref_exp(old_max - max);
    float sum = args->sum[q] * factor;
    for (size_t j = 0; j < args->keys; j++) {
        float *p = &args->s[j * GEMM_PANEL + q];
        *p = ref_exp(*p - max);
        sum += *p;
    }
    for (size_t i = 0; i < args->n_output; i++) args->output[i * GEMM_PANEL + q] *= factor;
    args->sum[q] = sum;
    args->max[q] = max;
}

void softmax_block_f32_ref(const softmax_block_f32_args *args)
{
    for (size_t q = 0; q < GEMM_PANEL; q++) softmax_lane(args, q);
}
