/* SPDX-License-Identifier: Apache-2.0 */

/** A Python exception as one sentence. */
#ifndef SD14_DEVICE_PYTHON_ERROR_H
#define SD14_DEVICE_PYTHON_ERROR_H

#include "python_api.h"

/**
 * Takes the exception that is set and writes what it says behind `what`, without backtraces.
 * @return `status`; SD14_ERROR_OUT_OF_MEMORY for a MemoryError.
 */
sd14_status python_error_take(const python_api *python,
                              sd14_status status,
                              const char *what,
                              sd14_error *error);

/** One line of ttnn's many: without its backtrace, its "info:" and the folders it was built in. In place. */
void python_error_clean(char *words);

#endif /* SD14_DEVICE_PYTHON_ERROR_H */
