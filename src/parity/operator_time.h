/* SPDX-License-Identifier: Apache-2.0 */

/** The time of one node, alone on a backend. */
#ifndef SD14_PARITY_OPERATOR_TIME_H
#define SD14_PARITY_OPERATOR_TIME_H

#include "base/spread.h"
#include "graph/backend.h"

enum { OPERATOR_CALLS_MAX = 1000 };

typedef struct operator_time_params {
    int warmup;      /**< calls before those that count */
    int repetitions; /**< counted calls at least, 1 to OPERATOR_CALLS_MAX */
    double seconds;  /**< goes on this long at least, in OPERATOR_CALLS_MAX calls at most */
} operator_time_params;

/**
 * Runs the node with random weights and sources. The same node gets the same numbers every time.
 * @param out_seconds  of a call
 * @return SD14_OK; SD14_ERROR_OUT_OF_MEMORY; SD14_ERROR_DEVICE.
 */
SD14_NODISCARD sd14_status operator_time(backend *on,
                                         const graph *in,
                                         graph_value node,
                                         const operator_time_params *params,
                                         spread *out_seconds,
                                         sd14_error *error);

#endif /* SD14_PARITY_OPERATOR_TIME_H */
