/* SPDX-License-Identifier: Apache-2.0 */

/** A component's configuration as diffusers has it after loading. */
#ifndef SD14_PARITY_CONFIG_VALUES_H
#define SD14_PARITY_CONFIG_VALUES_H

#include "parity/config_defaults.h"
#include "parity/config_entry.h"

/**
 * Reads the class's files in the model's folder again, whole this time, and lays them over its defaults.
 * @param out_values  config_entries_init()ed.
 * @return SD14_OK; SD14_ERROR_MODEL; SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status config_values(const char *folder,
                                         const config_class *of,
                                         config_entries *out_values,
                                         sd14_error *error);

#endif /* SD14_PARITY_CONFIG_VALUES_H */
