/* SPDX-License-Identifier: Apache-2.0 */

/** Streaming softmax to 16-bit integers; compiled once per instruction set. */
#ifndef SD14_CPU_SOFTMAX_I16_VEC_H
#define SD14_CPU_SOFTMAX_I16_VEC_H

#include "backends/cpu/kernels/kernels.h"
#include "backends/cpu/kernels/vec_math.h"

/* What the weights of one vector of queries are made with. */
typedef struct softmax_i16_lanes {
    vec top, scale, lowest;
} softmax_i16_lanes;

static inline vec softmax_i16_weight(const softmax_i16_lanes *lanes, const float *s)
{
    const vec apart = vec_max(vec_sub(vec_load(s), lanes->top), lanes->lowest);
    const vec rounded = vec_fma(apart, lanes->scale, vec_set(ROUND_TO_INTEGER));
    const vec minus_n = vec_sub(vec_set(ROUND_TO_INTEGER), rounded);
    const vec r = vec_fma(apart, lanes->scale, minus_n);
    vec p = vec_set(EXP2_C4 * I16_WEIGHT_ONE);
    p = vec_fma(p, r, vec_set(EXP2_C3 * I16_WEIGHT_ONE));
    p = vec_fma(p, r, vec_set(EXP2_C2 * I16_WEIGHT_ONE));
    p = vec_fma(p, r, vec_set(EXP2_C1 * I16_WEIGHT_ONE));
    p = vec_fma(p, r, vec_set(EXP2_C0 * I16_WEIGHT_ONE));
    return vec_shift_exponent(p, rounded);
}

/* The weights of one vector of queries; their sums. */
static inline vec
softmax_i16_weights(const softmax_block_i16_args *args, const softmax_i16_lanes *lanes, size_t lane)
{
    const float *s = args->s + lane;
    int16_t *p = args->p + 2 * lane;
    vec_ints sum = vec_ints_zero();
    for (size_t j = 0; j < args->keys / 2; j++, s += 2 * GEMM_PANEL, p += 2 * GEMM_PANEL) {
        const vec first = softmax_i16_weight(lanes, s);
        const vec_ints pairs = vec_round_pairs(first, softmax_i16_weight(lanes, s + GEMM_PANEL));
        vec_ints_store(p, pairs);
        sum = vec_ints_add_pairs(sum, pairs);
    }
    if (args->keys % 2 == 1) {
        const vec_ints pairs = vec_round_pairs(softmax_i16_weight(lanes, s), vec_set(0.0F));
        vec_ints_store(p, pairs);
        sum = vec_ints_add_pairs(sum, pairs);
    }
    return vec_ints_float(sum);
}

/* One vector of queries, whose largest score is top. */
static inline void softmax_i16_run(const softmax_block_i16_args *args, size_t lane, vec top)
{
    const vec scale = vec_load(args->scales + lane);
    const softmax_i16_lanes lanes = {
        .top = top,
        .scale = vec_max(scale, vec_set(0.0F)),
        .lowest = vec_div(vec_set(I16_WEIGHT_LOWEST), vec_max(scale, vec_set(I16_SCALE_LEAST))),
    };
    const vec weights = softmax_i16_weights(args, &lanes, lane);

    const vec ln2 = vec_set(LN2_HIGH);
    const vec old_max = vec_load(args->max + lane);
    const vec block_max = vec_mul(top, scale);
    const vec max = vec_max(block_max, old_max);
    const vec decay = vec_exp(vec_mul(vec_sub(old_max, max), ln2));
    const vec gain = vec_exp(vec_mul(vec_sub(block_max, max), ln2));
    const vec sum = vec_fma(weights, gain, vec_mul(vec_load(args->sum + lane), decay));
    vec_store(args->sum + lane, sum);
    vec_store(args->max + lane, max);
    vec_store(args->decays + lane, decay);
    vec_store(args->gains + lane, gain);
}

void VEC_NAME(softmax_block_i16)(const softmax_block_i16_args *args)
{
    /* Four maxima at once: each would wait for the one before. */
    vec even[2] = {vec_set(-INFINITY), vec_set(-INFINITY)};
    vec odd[2] = {even[0], even[1]};
    const float *s = args->s;
    for (size_t j = 0; j < args->keys / 2; j++, s += 2 * GEMM_PANEL) {
        even[0] = vec_max(vec_load(s), even[0]);
        even[1] = vec_max(vec_load(s + VEC_LANES), even[1]);
        odd[0] = vec_max(vec_load(s + GEMM_PANEL), odd[0]);
        odd[1] = vec_max(vec_load(s + GEMM_PANEL + VEC_LANES), odd[1]);
    }
    if (args->keys % 2 == 1) {
        even[0] = vec_max(vec_load(s), even[0]);
        even[1] = vec_max(vec_load(s + VEC_LANES), even[1]);
    }
    softmax_i16_run(args, 0, vec_max(even[0], odd[0]));
    softmax_i16_run(args, VEC_LANES, vec_max(even[1], odd[1]));
}

#endif /* SD14_CPU_SOFTMAX_I16_VEC_H */
