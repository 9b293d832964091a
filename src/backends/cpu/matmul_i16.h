/* SPDX-License-Identifier: Apache-2.0 */

/**
 * matmul.h with both sides rounded to 16-bit integers, rows of the input by a scale per pixel, the weight by one per
 * output: quantize_rows_i16_fn. Each output is the chain of gemm_i16_fn. Relative error of a product of random
 * numbers: 1.6e-4.
 */
#ifndef SD14_CPU_MATMUL_I16_H
#define SD14_CPU_MATMUL_I16_H

#include "backends/cpu/matmul.h"

/** Bytes of a packed weight, a multiple of MEM_ALIGNMENT: per panel of GEMM_PANEL outputs [kernel²][pairs of
 * channels][GEMM_PANEL][2] int16, then a float scale per output. */
size_t matmul_i16_packed_bytes(shape weight);

/** Bytes of scratch one thread needs in matmul_i16_pack(): a multiple of MEM_ALIGNMENT. */
size_t matmul_i16_pack_scratch_bytes(shape weight);

/** matmul_pack() to integers; scratch: as many bytes per thread, aligned to MEM_ALIGNMENT. */
void matmul_i16_pack(thread_pool *pool,
                     const cpu_kernels *kernels,
                     const tensor *weight,
                     void *packed,
                     void *scratch);

/** Its parts. A file has a channel's taps side by side; row [taps][channels] of an output has a tap's channels. The
 * integers of GEMM_PANEL outputs [depth] become a panel [depth / 2][GEMM_PANEL][2]. */
void matmul_read_output(const tensor *weight, size_t output, float *row);
void matmul_i16_interleave(const int16_t *values, size_t depth, int16_t *panel);

/** Bytes that matmul_i16_run() needs per thread, and for all together: the input as i16_rows, one per pixel. */
size_t matmul_i16_scratch_bytes(const matmul_shape *of);
size_t matmul_i16_shared_bytes(const matmul_shape *of);

/** Allocates nothing. Same bytes for any number of threads and any kernels. */
void matmul_i16_run(thread_pool *pool, const cpu_kernels *kernels, const matmul_args *args);

#endif /* SD14_CPU_MATMUL_I16_H */
