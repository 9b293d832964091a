/* SPDX-License-Identifier: Apache-2.0 */

/** One node of a graph as a graph of its own: to time it, or to feed it what it ought to get. */
#ifndef SD14_GRAPH_NODE_GRAPH_H
#define SD14_GRAPH_NODE_GRAPH_H

#include "graph/graph.h"

/**
 * The node behind inputs of its sources' types and shapes: source_0, source_1, ..., one for each source it
 * has, in order. Name, weights (weight, bias) and output are the node's.
 *
 * @param value  of `in`; not an input.
 * @return SD14_OK; SD14_ERROR_INVALID_ARGUMENT (an input computes nothing); SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status node_graph(const graph *in,
                                      graph_value value,
                                      graph **out_graph,
                                      sd14_error *error);

#endif /* SD14_GRAPH_NODE_GRAPH_H */
