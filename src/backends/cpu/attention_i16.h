/* SPDX-License-Identifier: Apache-2.0 */

/**
 * Attention of 16-bit integers: as attention.h, but that Q, K and V are rounded to integers, and softmax's weights too.
 *
 * Q and K have a scale per row, whose norm keeps every score within 32 bits; V has one per channel of a block of I16_KEYS
 * keys, the weights of a block are 0 to I16_WEIGHT_ONE beside the largest of the block, and so Σ p·v of a block is exact
 * too. Softmax between them, its sums, and Oᵀ from one block to the next are float32: softmax_block_i16_fn. The result
 * is off by a relative 1e-4 to 2e-4. Bytes as attention.h says. A row of Q or K, or a block of a channel of V, that has
 * values which are not finite gives NaN to all that it takes part in.
 */
#ifndef SD14_CPU_ATTENTION_I16_H
#define SD14_CPU_ATTENTION_I16_H

#include "backends/cpu/attention.h"

/** Not causal ones, of a few tokens; nor a scale that turns scores around, which none has. */
bool attention_i16_suits(const attention_args *args);

/** Bytes of attention_args.shared. */
size_t attention_i16_shared_bytes(const attention_args *args);

/** Bytes of scratch one thread needs. */
size_t attention_i16_scratch_bytes(size_t head_dim);

void attention_i16_run(thread_pool *pool, const cpu_kernels *kernels, const attention_args *args);

#endif /* SD14_CPU_ATTENTION_I16_H */
