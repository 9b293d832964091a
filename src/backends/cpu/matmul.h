/* SPDX-License-Identifier: Apache-2.0 */

/**
 * linear and conv2d: one matrix product whose left rows are found through pointers.
 *
 * Output row m is a pixel (or token); its left side is kernel² pieces of `channels` floats, one per
 * tap, read where they lie in the channels-last input, or from a row of zeros where the tap falls
 * on padding. A linear layer is the 1x1 case. The right side is packed once into panels of
 * GEMM_PANEL outputs.
 *
 * Each output element is one fused chain, taps outer, channels ascending, then + bias, then
 * + residual, as gemm_f32_fn says: cache blocks and threads change nothing in it.
 *
 * Source: torch.nn.functional.linear, torch.nn.functional.conv2d.
 */
#ifndef SD14_CPU_MATMUL_H
#define SD14_CPU_MATMUL_H

#include <stddef.h>
#include <stdint.h>

#include "backends/cpu/kernels/kernels.h"
#include "base/thread_pool.h"
#include "tensor/tensor.h"

/** Every size is ≥ 1, and the padded image is no smaller than the kernel: callers check. */
typedef struct matmul_shape {
    size_t batch, height, width, channels; /**< of the input */
    size_t kernel, stride;
    size_t pad_before, pad_after; /**< zeros above and left; below and right */
    size_t outputs;
    bool
        upsampled; /**< of conv_winograd.h alone: what is convolved is upsample_nearest_2x of the input */
} matmul_shape;

/** y [rows, outputs] = x [rows, channels] · weightᵀ. */
matmul_shape matmul_linear(size_t rows, size_t channels, size_t outputs);

size_t matmul_output_height(const matmul_shape *of);
size_t matmul_output_width(const matmul_shape *of);

/** batch · output height · output width. */
size_t matmul_output_rows(const matmul_shape *of);

/** Floats that matmul_pack() writes for a weight [outputs, channels] or [outputs, channels, kernel,
 * kernel]: ceil(outputs / GEMM_PANEL) panels of [kernel² · channels][GEMM_PANEL]. */
size_t matmul_packed_count(shape weight);

/**
 * Converts and reorders a weight. Reads each element once, 32 outputs abreast in ascending order.
 *
 * @param weight  [outputs, channels] or [outputs, channels, kernel, kernel]; any dtype_is_float().
 * @param packed  matmul_packed_count() floats, aligned to MEM_ALIGNMENT; absent outputs become 0.
 */
void matmul_pack(thread_pool *pool, const tensor *weight, float *packed);

/** matmul_pack() with gaps: panels `panel_stride` floats apart, a tap's [channels][GEMM_PANEL] in them `tap_stride`. */
void matmul_pack_apart(
    thread_pool *pool, const tensor *weight, float *packed, size_t panel_stride, size_t tap_stride);

/** Bytes of scratch one thread needs in matmul_run(): a multiple of MEM_ALIGNMENT. */
size_t matmul_scratch_bytes(const matmul_shape *of);

typedef struct matmul_args {
    matmul_shape shape;
    const float *input;    /**< [batch, height, width, channels] */
    const void *integers;  /**< for matmul_i16_run(): the input as i16_rows instead; or NULL */
    const void *packed;    /**< of matmul_pack(), for matmul_i16_run() of matmul_i16_pack() */
    const float *bias;     /**< [outputs], or NULL */
    const float *residual; /**< as output, or NULL; must not overlap it */
    float *output;         /**< [batch, output height, output width, outputs] */
    size_t output_stride;  /**< floats from one row of output, and of residual, to the next */
    void *scratch;         /**< threads · scratch_stride bytes, aligned to MEM_ALIGNMENT */
    size_t scratch_stride; /**< ≥ matmul_scratch_bytes(), matmul_i16_scratch_bytes() */
    void *shared; /**< matmul_i16_shared_bytes(), aligned to MEM_ALIGNMENT; not with integers */
} matmul_args;

/** Which pixel of the input, of all images together, the output rows from `first` on read at tap (y, x);
 * MATMUL_PADDING where the tap falls on padding. */
void matmul_find_pixels(const matmul_shape *of,
                        size_t tap_y,
                        size_t tap_x,
                        size_t first,
                        size_t rows,
                        size_t *out_pixels);
#define MATMUL_PADDING SIZE_MAX

/** Where the output rows from `first` on read tap (y, x) of `input`, from channel k on: up to 512 channels, of
 * zeros where the tap falls on padding. */
void matmul_point_rows(const matmul_shape *of,
                       const float *input,
                       size_t tap_y,
                       size_t tap_x,
                       size_t k,
                       size_t first,
                       size_t rows,
                       const float **out_rows);

/** Allocates nothing. Same bytes for any number of threads and any kernels. */
void matmul_run(thread_pool *pool, const cpu_kernels *kernels, const matmul_args *args);

#endif /* SD14_CPU_MATMUL_H */
