/* SPDX-License-Identifier: Apache-2.0 */

/** What a graph costs to run, counted from its shapes. */
#ifndef SD14_GRAPH_COST_H
#define SD14_GRAPH_COST_H

#include <stdint.h>

#include "graph/graph.h"

typedef struct graph_cost {
    uint64_t macs; /**< multiply-adds of linear, conv2d and attention; taps on padding counted */
    uint64_t parameters;    /**< weight elements read */
    uint64_t read_bytes;    /**< activations read, float32 */
    uint64_t written_bytes; /**< activations written, float32; views write nothing */
} graph_cost;

/** One node. */
graph_cost graph_node_cost(const graph *in, graph_value value);

/** All nodes; a weight that several nodes share counts once per node. */
graph_cost graph_total_cost(const graph *of);

#endif /* SD14_GRAPH_COST_H */
