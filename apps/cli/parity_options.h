/* SPDX-License-Identifier: Apache-2.0 */

/** The options of sd14 parity. */
#ifndef SD14_CLI_PARITY_OPTIONS_H
#define SD14_CLI_PARITY_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "commands.h"
#include "settings.h"

typedef struct parity_settings {
    model_settings model;
    console_settings console;
    const char *against_model; /**< these five: NULL: as side A */
    const char *against_backend;
    const char *against_precision;
    const char *against_isa;
    const char *against_emulate;
    bool against_exact;
    const char *recording; /**< NULL: side B is run */
    const char *prompt;    /**< NULL: the recording's */
    const char *negative_prompt;
    const char *nodes; /**< NULL: all */
    option_seed seed;  /**< parity_seed_given() */
    int32_t steps;     /**< 0, and below 0 for guidance: the recording's or the model's */
    float guidance;
    int32_t size[2];
    int32_t step;
    float threshold; /**< below 0: the library's */
    bool isolate;
} parity_settings;

parity_settings parity_settings_default(void);

/** Whether -s was given. */
bool parity_seed_given(const parity_settings *settings);

#endif /* SD14_CLI_PARITY_OPTIONS_H */
