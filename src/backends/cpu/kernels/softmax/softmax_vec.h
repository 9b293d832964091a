/* SPDX-License-Identifier: Apache-2.0 */

/** Streaming softmax; compiled once per instruction set. */
#ifndef SD14_CPU_SOFTMAX_VEC_H
#define SD14_CPU_SOFTMAX_VEC_H

#include "backends/cpu/kernels/kernels.h"
#include "backends/cpu/kernels/unroll.h"
#include "backends/cpu/kernels/vec_math.h"

/** Queries before this one must not see key j. */
static inline size_t softmax_first_seeing(const softmax_block_f32_args *args, size_t j)
{
    const size_t key = args->first_key + j;
    if (!args->causal || key <= args->first_query) return 0;
    return key - args->first_query < GEMM_PANEL ? key - args->first_query : GEMM_PANEL;
}

enum { SOFTMAX_VECTORS = GEMM_PANEL / VEC_LANES };

/** Scores are scaled, hidden ones -inf; the maxima go on. All lanes at once: a maximum waits for the one before. */
static inline void softmax_scale(const softmax_block_f32_args *args, vec max[SOFTMAX_VECTORS])
{
    const vec scale = vec_set(args->scale);
    const vec hidden = vec_set(-INFINITY);
    float *s = args->s;
    for (size_t j = 0; j < args->keys; j++, s += GEMM_PANEL) {
        const size_t first = softmax_first_seeing(args, j);
        UNROLL
        for (int v = 0; v < SOFTMAX_VECTORS; v++) {
            const size_t lane = (size_t)v * VEC_LANES;
            vec score = vec_mul(vec_load(s + lane), scale);
            if (first > lane) {
                const vec queries = vec_add(vec_lane_numbers(), vec_set((float)lane));
                score = vec_select(vec_less(queries, vec_set((float)first)), hidden, score);
            }
            vec_store(s + lane, score);
            max[v] = vec_max(score, max[v]);
        }
    }
}

/** One vector of queries, the first of them `lane`, whose largest score so far is max. */
static inline void softmax_weights(const softmax_block_f32_args *args, size_t lane, vec max)
{
    float *s = args->s + lane;
    const vec factor = vec_exp(vec_sub(vec_load(args->max + lane), max));
    vec sum = vec_mul(vec_load(args->sum + lane), factor);
    for (size_t j = 0; j < args->keys; j++) {
        const vec p = vec_exp(vec_sub(vec_load(s + j * GEMM_PANEL), max));
        vec_store(s + j * GEMM_PANEL, p);
        sum = vec_add(sum, p);
    }
    for (size_t i = 0; i < args->n_output; i++) {
        float *output = args->output + i * GEMM_PANEL + lane;
        vec_store(output, vec_mul(vec_load(output), factor));
    }
    vec_store(args->sum + lane, sum);
    vec_store(args->max + lane, max);
}

void VEC_NAME(softmax_block_f32)(const softmax_block_f32_args *args)
{
    vec max[SOFTMAX_VECTORS];
    UNROLL
    for (int v = 0; v < SOFTMAX_VECTORS; v++) {
        max[v] = vec_load(args->max + (size_t)v * VEC_LANES);
    }
    softmax_scale(args, max);
    UNROLL
    for (int v = 0; v < SOFTMAX_VECTORS; v++) {
        softmax_weights(args, (size_t)v * VEC_LANES, max[v]);
    }
}

#endif /* SD14_CPU_SOFTMAX_VEC_H */
