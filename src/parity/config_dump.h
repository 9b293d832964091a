/* SPDX-License-Identifier: Apache-2.0 */

/** The whole configuration of a model as one canonical JSON text. docs/json.md has its form. */
#ifndef SD14_PARITY_CONFIG_DUMP_H
#define SD14_PARITY_CONFIG_DUMP_H

#include "base/text.h"
#include "parity/config_derived.h"

/**
 * Appends the text to `out`: json_canonical(), with "sha256", the hash of the text without that key. Neither
 * the folder's place nor this machine is in it.
 * @return SD14_OK; SD14_ERROR_INVALID_ARGUMENT (steps); SD14_ERROR_MODEL (a file went away);
 *         SD14_ERROR_OUT_OF_MEMORY.
 * Source: the config objects of diffusers 0.42.1 and transformers 5.23.0
 * Parity: tools/reference/config_diffusers.py, tests/contract/config_dump.c
 */
SD14_NODISCARD sd14_status config_dump(const model *of,
                                       const config_dump_params *params,
                                       text *out,
                                       sd14_error *error);

#endif /* SD14_PARITY_CONFIG_DUMP_H */
