/* SPDX-License-Identifier: Apache-2.0 */

/** What a backend that computes on a device of its own tells of it. */
#ifndef SD14_GRAPH_DEVICE_H
#define SD14_GRAPH_DEVICE_H

#include "graph/backend.h"

/** A program there. Bytes are on each chip, as planned before anything was uploaded. */
typedef struct device_program {
    int calls;        /**< in a run */
    int64_t first_ns; /**< in the device's library, of the first run; 0: it has not run */
    int64_t later_ns; /**< the least of a later run; 0: there was none */
    size_t weights, inputs, values;
    size_t l1; /**< of each core, placed there between calls */
} device_program;

/** Bytes in use on a chip, as the device's library says. */
typedef struct device_usage {
    size_t dram;
    size_t l1;       /**< of each core */
    size_t l1_small; /**< of each core: tables that are kept with compiled calls */
} device_usage;

struct backend_device_vtable {
    /** Nanoseconds spent in the device's library since the backend was made, waiting included. */
    int64_t (*busy_ns)(const backend *self);

    /** @return OUT_OF_MEMORY. */
    sd14_status (*program)(const backend_program *of, device_program *out, sd14_error *error);

    /** @return DEVICE. */
    sd14_status (*usage)(backend *self, device_usage *out, sd14_error *error);
};

#endif /* SD14_GRAPH_DEVICE_H */
