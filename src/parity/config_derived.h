/* SPDX-License-Identifier: Apache-2.0 */

/** What follows from a configuration: sizes of heads and latents, counts, the schedule's numbers, memory. */
#ifndef SD14_PARITY_CONFIG_DERIVED_H
#define SD14_PARITY_CONFIG_DERIVED_H

#include "models/model.h"
#include "parity/config_entry.h"

/** What the dump is for. */
typedef struct config_dump_params {
    size_t width, height; /**< pixels, multiples of model_pixel_multiple() */
    int steps;            /**< a count that schedule_timesteps() takes */
} config_dump_params;

/** Adds what is derived for a component of config_defaults.h.
 * @return SD14_OK; SD14_ERROR_INVALID_ARGUMENT (steps); SD14_ERROR_OUT_OF_MEMORY. */
SD14_NODISCARD sd14_status config_derived(const char *component,
                                          const model *of,
                                          const config_dump_params *params,
                                          config_entries *out_entries,
                                          sd14_error *error);

/** Adds per network what its weights and activations take in float32, guidance included. */
SD14_NODISCARD sd14_status config_memory(const model *of,
                                         const config_dump_params *params,
                                         config_entries *out_entries,
                                         sd14_error *error);

#endif /* SD14_PARITY_CONFIG_DERIVED_H */
