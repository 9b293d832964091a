/* SPDX-License-Identifier: Apache-2.0 */

/**
 * 3x3 convolutions of stride 1 with Winograd's F(4x4, 3x3): a quarter of the multiplications.
 *
 * The picture is cut into tiles of 4x4 outputs, from the upper left corner on, what lies outside being zeros. Each
 * tile's 6x6 inputs become 36 transformed positions V, the weights 36 matrices U; position by position the tiles are
 * rows of a product V·U, of whose results the output transform makes the tile's outputs. All as kernels.h defines it;
 * each product is one chain over ascending channels, so that blocks and threads change no byte.
 *
 * Behind upsample_nearest_2x (matmul_shape.upsampled) it reads the small picture: tiles of 6x6 outputs from 4x4 inputs,
 * whose 16 positions meet 49 matrices; 1.4 products an output instead of 9.
 *
 * U is four times the weight's size, five behind an upsampling. Where that would be too much it is made while the product runs, of the panels that
 * matmul_pack() makes: the same arithmetic and the same bytes.
 *
 * With `integers` V and U are rounded to 16-bit integers (quantize_rows_i16_fn), V by a scale per tile and position, U by
 * one per output and product, and the products are gemm_i16's; transforms and sums of chunks stay float32.
 *
 * Source: torch.nn.functional.conv2d. The distance from it: docs/numerics.md.
 */
#ifndef SD14_CPU_CONV_WINOGRAD_H
#define SD14_CPU_CONV_WINOGRAD_H

#include "backends/cpu/matmul.h"

/** 3x3, stride 1, one pixel of zeros around, a panel of channels and of outputs or more. The sizes are not looked at. */
bool conv_winograd_suits(const matmul_shape *of);

/** Whether a weight [outputs, channels, 3, 3] is kept as U; from its shape alone. */
bool conv_winograd_keeps(shape weight, bool integers);

/** Floats of a kept U: ceil(outputs / GEMM_PANEL) panels of 36 or 49 products' [channels][GEMM_PANEL], a cache line
 * between them. */
size_t conv_winograd_count(shape weight, bool upsampled);

/** Makes the kept U. @param u  conv_winograd_count() floats, aligned to MEM_ALIGNMENT. */
void conv_winograd_prepare(
    thread_pool *pool, const cpu_kernels *kernels, const tensor *weight, bool upsampled, float *u);

/** The same of integers: bytes, a multiple of MEM_ALIGNMENT, of ceil(outputs / GEMM_PANEL) panels of 36 or 49 products'
 * [pairs of channels][GEMM_PANEL][2], then of each panel a float scale [products][GEMM_PANEL]; bytes of scratch that a
 * thread needs to make it. */
size_t conv_winograd_i16_bytes(shape weight, bool upsampled);
size_t conv_winograd_i16_pack_scratch_bytes(shape weight, bool upsampled);
void conv_winograd_i16_pack(thread_pool *pool,
                            const cpu_kernels *kernels,
                            const tensor *weight,
                            bool upsampled,
                            void *packed,
                            void *scratch);

/** Bytes of scratch: V for all threads together; for each thread. Multiples of MEM_ALIGNMENT. */
size_t conv_winograd_shared_bytes(const matmul_shape *of, bool integers);
size_t conv_winograd_scratch_bytes(const matmul_shape *of, bool integers);

/**
 * As matmul_run(). `packed` is the kept U where conv_winograd_keeps(), panels of matmul_pack() otherwise; of integers, all
 * of which are kept, that of conv_winograd_i16_pack(). `shared` are conv_winograd_shared_bytes().
 */
void conv_winograd_run(thread_pool *pool,
                       const cpu_kernels *kernels,
                       const matmul_args *args,
                       bool integers);

#endif /* SD14_CPU_CONV_WINOGRAD_H */
