/* SPDX-License-Identifier: Apache-2.0 */

/**
 * How a product of matmul.h is cut into work items, for float32 and for 16-bit integers. Chosen by measurement
 * (bench/kernels.c); it changes no byte of the result.
 *
 * A work item is some rows (a strip) by some panels. Within it k advances in chunks of at most 64 KiB per panel,
 * which stay in the L2 cache while the strip's rows pass over them, and the strip's chunk (at most 288 KiB; less
 * where taps share pixels) while the panels do.
 */
#ifndef SD14_CPU_MATMUL_BLOCKING_H
#define SD14_CPU_MATMUL_BLOCKING_H

#include "backends/cpu/matmul.h"

typedef struct matmul_blocking {
    size_t rows, taps, panels;
    size_t strip_rows, strips;
    size_t group_panels, groups;
    size_t chunk_taps, chunk_k; /**< whole taps, or a part of one */
    bool strips_first;          /**< neighbouring items: next strip, or next group */
} matmul_blocking;

/** Chunks of at most `chunk` values of k, cut at multiples of `unit`. */
matmul_blocking matmul_choose_blocking(const matmul_shape *of, size_t chunk, size_t unit);

/** What a work item covers. */
typedef struct matmul_item {
    size_t first_row, rows, first_panel, end_panel;
} matmul_item;

matmul_item matmul_item_of(const matmul_blocking *blocking, size_t item);

#endif /* SD14_CPU_MATMUL_BLOCKING_H */
