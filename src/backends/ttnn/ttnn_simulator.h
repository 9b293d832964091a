/* SPDX-License-Identifier: Apache-2.0 */

/** A full-system simulator, $TT_METAL_SIMULATOR, in place of a card: right, and slower by orders of magnitude. */
#ifndef SD14_TTNN_TTNN_SIMULATOR_H
#define SD14_TTNN_TTNN_SIMULATOR_H

#include <stdbool.h>

#include "backends/ttnn/ttnn_options.h"
#include "machine/machine.h"

/** Whether the device takes commands from a queue, as metal traces need. */
bool ttnn_dispatches_fast(const machine *on);

/** With a simulator the waits that nobody chose become hours. */
void ttnn_simulator_allow(const machine *on, ttnn_options *options);

/**
 * The device process's environment where it is not the machine's: a simulator has slow dispatch only.
 * @param out_list  NULL: the machine's; else the caller's to mem_free(), its texts borrowed
 * @return SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status ttnn_simulator_environment(const machine *on,
                                                      const char ***out_list,
                                                      sd14_error *error);

#endif /* SD14_TTNN_TTNN_SIMULATOR_H */
