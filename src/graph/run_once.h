/* SPDX-License-Identifier: Apache-2.0 */

/** A graph loaded, compiled, run once and given back: for whoever looks into a network instead of using it. */
#ifndef SD14_GRAPH_RUN_ONCE_H
#define SD14_GRAPH_RUN_ONCE_H

#include "graph/backend.h"

/**
 * @param tensors  as load_weights takes them; NULL for a graph without weights
 * @param run      as backend_run; with a tap every node is kept, and nothing fused
 */
SD14_NODISCARD sd14_status run_once(backend *on,
                                    const graph *graph,
                                    const tensor *tensors,
                                    const backend_run *run,
                                    sd14_error *error);

/** The same, and then `n` times more: how long each of those took, `out_seconds` [n]. */
SD14_NODISCARD sd14_status run_timed(backend *on,
                                     const graph *graph,
                                     const tensor *tensors,
                                     const backend_run *run,
                                     int n,
                                     double *out_seconds,
                                     sd14_error *error);

#endif /* SD14_GRAPH_RUN_ONCE_H */
