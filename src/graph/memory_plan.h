/* SPDX-License-Identifier: Apache-2.0 */

/** Where each value lives: values whose lives do not overlap share memory. */
#ifndef SD14_GRAPH_MEMORY_PLAN_H
#define SD14_GRAPH_MEMORY_PLAN_H

#include <stddef.h>

#include "graph/graph.h"

/** A block needed from step `first` to step `last`, both included. */
typedef struct memory_span {
    size_t bytes;
    int first;
    int last;
    size_t offset; /**< set by memory_plan(): a multiple of MEM_ALIGNMENT */
} memory_span;

/**
 * Gives every span an offset so that no two alive at the same step overlap. Largest first, each at the
 * lowest place that is free: within a few percent of the best for networks like these.
 *
 * @param out_bytes  size of the block that holds them all.
 * @return SD14_OK; SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status memory_plan(memory_span *spans,
                                       int n_spans,
                                       size_t *out_bytes,
                                       sd14_error *error);

/**
 * What a graph's values need when every node is kept and none is fused away, in float32, inputs left
 * out: no backend that shares memory in this way needs more for them.
 * @param out_bytes  size of the block that holds them all.
 * @return SD14_OK; SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status graph_activation_bytes(const graph *of,
                                                  size_t *out_bytes,
                                                  sd14_error *error);

#endif /* SD14_GRAPH_MEMORY_PLAN_H */
