/* SPDX-License-Identifier: Apache-2.0 */

/** The TT-NN backend: the same graphs on a Tenstorrent card, through ttnn in a process of its own. */
#ifndef SD14_TTNN_TTNN_BACKEND_H
#define SD14_TTNN_TTNN_BACKEND_H

#include "backends/ttnn/ttnn_options.h"
#include "base/log.h"
#include "graph/backend.h"

/**
 * Opens the device.
 * @param log  borrowed; may be NULL
 * @return SD14_OK; SD14_ERROR_DEVICE with what is missing and the remedy; OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status ttnn_backend_create(const ttnn_options *options,
                                               const log_target *log,
                                               backend **out_backend,
                                               sd14_error *error);

/** What it computes with: "bfloat16/bfloat16/HiFi4" (the UNet's weights, activations, fidelity), architecture,
 * chips. The texts are the backend's. */
void ttnn_backend_describe(const backend *ttnn,
                           const char **out_precision,
                           const char **out_arch,
                           int *out_chips);

#endif /* SD14_TTNN_TTNN_BACKEND_H */
