/* SPDX-License-Identifier: Apache-2.0 */

/** Where the device process's program, sd14-ttnn-device, is. */
#ifndef SD14_TTNN_DEVICE_PROGRAM_H
#define SD14_TTNN_DEVICE_PROGRAM_H

#include "base/status.h"
#include "machine/machine.h"

/**
 * $SD14_TTNN_DEVICE; else libexec/sd14 beside the folder of this library or program, or its build folder; else
 * the place that it was built for.
 * @return SD14_ERROR_DEVICE, with the places looked at; SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status device_program_find(const machine *on,
                                               char out_program[PATH_MAX],
                                               sd14_error *error);

#endif /* SD14_TTNN_DEVICE_PROGRAM_H */
