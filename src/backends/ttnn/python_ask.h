/* SPDX-License-Identifier: Apache-2.0 */

/** Runs an interpreter on python_ask.py, which tells where it and its packages are. */
#ifndef SD14_TTNN_PYTHON_ASK_H
#define SD14_TTNN_PYTHON_ASK_H

#include <jansson.h>

#include "base/status.h"
#include "machine/machine.h"

/**
 * @param out_facts  the caller's to json_decref(): an object of the names in python_ask.py.
 * @return SD14_ERROR_DEVICE: it cannot be run, fails, says nothing of the kind, or takes too long.
 */
SD14_NODISCARD sd14_status python_ask(const machine *on,
                                      const char *program,
                                      json_t **out_facts,
                                      sd14_error *error);

#endif /* SD14_TTNN_PYTHON_ASK_H */
