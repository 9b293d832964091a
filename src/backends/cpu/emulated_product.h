/* SPDX-License-Identifier: Apache-2.0 */

/**
 * A matrix product as a device with passes of few bits makes it: some rows by one panel of GEMM_PANEL columns.
 *
 * Each operand is held as one or two parts (number_formats.h), and a pass multiplies a part of the left by a
 * part of the right. With float32 sums an output is one chain: taps outer, then DEPTH_CHUNK of depth, passes, depth.
 * With bfloat16 sums every 16 products are added in float32 and then to the bfloat16 sum, which is rounded: taps
 * outer, then 32 of depth, passes, two halves. That is the order in which a tile goes through the matrix
 * engine.
 */
#ifndef SD14_CPU_EMULATED_PRODUCT_H
#define SD14_CPU_EMULATED_PRODUCT_H

#include "backends/cpu/emulation.h"
#include "backends/cpu/kernels/kernels.h"

enum { PARTS_MAX = 2, PASSES_MAX = 4, EMULATED_ROWS = 64 };

/** The parts that a product's operands are held as, and which meet. */
typedef struct product_passes {
    operand_part left[PARTS_MAX], right[PARTS_MAX];
    int n_left, n_right;
    struct {
        int left, right; /**< into the two above */
    } pass[PASSES_MAX];
    int n_passes;
} product_passes;

const product_passes *product_passes_of(const numerics *of);

/** Points at `rows` rows of a part of the left operand, from channel k of a tap on. */
typedef void emulated_rows(
    const void *context, int part, size_t tap, size_t k, size_t rows, const float **out_rows);

typedef struct emulated_product {
    const numerics *numerics;
    gemm_f32_fn *gemm;
    emulated_rows *point;
    const void *context;           /**< for `point` */
    const float *right[PARTS_MAX]; /**< [taps·depth][GEMM_PANEL] each */
    size_t rows;                   /**< 1 to EMULATED_ROWS */
    size_t taps, depth;
    size_t columns; /**< of the panel that exist */
    float *result;  /**< [rows] at `stride` */
    size_t stride;
} emulated_product;

void emulated_product_run(const emulated_product *of);

#endif /* SD14_CPU_EMULATED_PRODUCT_H */
