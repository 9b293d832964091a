/* SPDX-License-Identifier: Apache-2.0 */

/** Streaming softmax; compiled once per instruction set. */
#ifndef SD14_CPU_SOFTMAX_VEC_H
#define SD14_CPU_SOFTMAX_VEC_H

#include "backends/cpu/kernels/kernels.h"
#include "backends/cpu/kernels/vec_math.h"

/** Queries before this one must not see key j. */
static inline size_t softmax_first_seeing(const softmax_block_f32_args *args, size_t j)
{
    const size_t key = args->first_key + j;
    if (!args->causal || key <= args->first_query) return 0;
    return key - args->first_query < GEMM_PANEL ? key - args->first_query : GEMM_PANEL;
}

/** One vector of queries, the first of them `lane`. */
static inline void softmax_lanes(const softmax_block_f32_args *args, size_t lane)
{
    const vec scale = vec_set(args->scale);
    const vec hidden = vec_set(-INFINITY);
    const vec queries = vec_add(vec_lane_numbers(), vec_set((float)lane));
    const vec old_max = vec_load(args->max + lane);
    float *s = args->s + lane;
    vec max = old_max;
    for (size_t j = 0; j < args->keys; j++) {
        vec score = vec_mul(vec_load(s + j * GEMM_PANEL), scale);
        const size_t first = softmax_first_seeing(args, j);
        if (first > lane) {
            score = vec_select(vec_less(queries, vec_set((float)first)), hidden, score);
        }
        vec_store(s + j * GEMM_PANEL, score);
        max = vec_max(score, max);
    }

    const vec factor = vec_exp(vec_sub(old_max, max));
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
    for (size_t lane = 0; lane < GEMM_PANEL; lane += VEC_LANES) softmax_lanes(args, lane);
}

#endif /* SD14_CPU_SOFTMAX_VEC_H */
