/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/kernels/kernels.h"
#include "backends/cpu/kernels/math_ref.h"

static float larger_float(float a, float b)
{
    return a > b ? a : b;
}

static int32_t weight(float s, float top, float scale, float lowest)
{
    const float apart = larger_float(s - top, lowest);
    const float rounded = fmaf(apart, scale, ROUND_TO_INTEGER);
    const float r = fmaf(apart, scale, ROUND_TO_INTEGER - rounded);
    float p = EXP2_C4 * I16_WEIGHT_ONE;
    p = fmaf(p, r, EXP2_C3 * I16_WEIGHT_ONE);
    p = fmaf(p, r, EXP2_C2 * I16_WEIGHT_ONE);
    p = fmaf(p, r, EXP2_C1 * I16_WEIGHT_ONE);
    p = fmaf(p, r, EXP2_C0 * I16_WEIGHT_ONE);
    return (int32_t)nearbyintf(ref_shift_exponent(p, rounded));
}

static void softmax_lane(const softmax_block_i16_args *args, size_t q)
{
    const float scale = args->scales[q];
    float tops[2] = {-INFINITY, -INFINITY};
    for (size_t j = 0; j < args->keys; j++)
        tops[j % 2] = larger_float(args->s[j * GEMM_PANEL + q], tops[j % 2]);
    const float top = larger_float(tops[0], tops[1]);

    const float positive = larger_float(scale, 0.0F);
    const float lowest = I16_WEIGHT_LOWEST / larger_float(scale, I16_SCALE_LEAST);
    int32_t weights = 0;
    for (size_t j = 0; j < (args->keys + 1) / 2 * 2; j++) {
        const int32_t p =
            j < args->keys ? weight(args->s[j * GEMM_PANEL + q], top, positive, lowest) : 0;
        args->p[(j / 2 * GEMM_PANEL + q) * 2 + j % 2] = (int16_t)p;
        weights += p;
    }

    const float old_max = args->max[q], block_max = top * scale;
    const float max = larger_float(block_max, old_max);
    args->decays[q] = ref_exp((old_max - max) * LN2_HIGH);
    args->gains[q] = ref_exp((block_max - max) * LN2_HIGH);
    args->sum[q] = fmaf((float)weights, args->gains[q], args->sum[q] * args->decays[q]);
    args->max[q] = max;
}

void softmax_block_i16_ref(const softmax_block_i16_args *args)
{
    for (size_t q = 0; q < GEMM_PANEL; q++) softmax_lane(args, q);
}
