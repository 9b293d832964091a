/* SPDX-License-Identifier: Apache-2.0 */

/**
 * Attention in one pass over the keys: the score matrix never exists as a whole.
 *
 * GEMM_PANEL queries lie side by side in vector lanes. For every block of ATTENTION_KEYS keys their
 * scores Sᵀ [keys][queries] are one product with K, the streaming softmax turns them into weights,
 * and Oᵀ [head_dim][queries] goes on by one product with Vᵀ. At the end O is divided by the sums.
 *
 * Bytes are fixed by this order alone: scores are one fused chain over head_dim, softmax is
 * softmax_block_f32_fn's, an output is one chain over the keys, cut only by its rescaling at each
 * block. Threads, ranges of queries and kernels change nothing.
 *
 * Source: torch.nn.functional.scaled_dot_product_attention; Milakov and Gimelshein 2018,
 * arXiv:1805.02867 (online softmax).
 */
#ifndef SD14_CPU_ATTENTION_H
#define SD14_CPU_ATTENTION_H

#include <stdbool.h>
#include <stddef.h>

#include "backends/cpu/kernels/kernels.h"
#include "base/thread_pool.h"

/** Keys in a block. Part of what the result is: another value gives other last bits. */
enum { ATTENTION_KEYS = 128 };

/** Every size is ≥ 1. Row t of a tensor begins `stride` floats after row t - 1, batch items follow
 * each other: q, k and v may be columns of one wider matrix. */
typedef struct attention_args {
    size_t batch, heads, head_dim;
    size_t queries, keys;
    float scale;    /**< of the scores: 1 / sqrt(head_dim) */
    bool causal;    /**< query i sees keys 0 .. i */
    const float *q; /**< [batch, queries, heads·head_dim] */
    const float *k; /**< [batch, keys, heads·head_dim] */
    const float *v; /**< as k */
    float *output;  /**< as q; overlaps none of them */
    size_t q_stride, k_stride, v_stride, output_stride;
    void *scratch;         /**< threads · scratch_stride bytes, aligned to MEM_ALIGNMENT */
    size_t scratch_stride; /**< ≥ attention_scratch_bytes() */
    void *shared;          /**< attention_i16.h: of all threads; aligned to MEM_ALIGNMENT */
} attention_args;

/** Bytes of scratch one thread needs, whatever the other sizes: a multiple of MEM_ALIGNMENT. */
size_t attention_scratch_bytes(size_t head_dim);

/** Allocates nothing. Same bytes for any number of threads and any kernels. */
void attention_run(thread_pool *pool, const cpu_kernels *kernels, const attention_args *args);

#endif /* SD14_CPU_ATTENTION_H */
