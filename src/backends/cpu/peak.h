/* SPDX-License-Identifier: Apache-2.0 */

/** What the processor's multiply-add units can do at most: the ruler for the kernels. */
#ifndef SD14_CPU_PEAK_H
#define SD14_CPU_PEAK_H

#include "base/cpu.h"
#include "base/thread_pool.h"

/** float32 operations per nanosecond (a fused multiply-add counts two) of all threads of the pool,
 * with the vectors of that instruction set; best of some runs. 0 for ISA_REF. */
double peak_flops_per_ns(thread_pool *pool, isa_level isa);

/** The same of products of 16-bit integers: a multiplication and an addition to 32 bits count two. */
double peak_i16_ops_per_ns(thread_pool *pool, isa_level isa);

#endif /* SD14_CPU_PEAK_H */
