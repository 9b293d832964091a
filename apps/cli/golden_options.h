/* SPDX-License-Identifier: Apache-2.0 */

/** The options of sd14 golden. */
#ifndef SD14_CLI_GOLDEN_OPTIONS_H
#define SD14_CLI_GOLDEN_OPTIONS_H

#include <stdbool.h>

#include "commands.h"
#include "settings.h"

typedef struct golden_settings {
    model_settings model;
    console_settings console;
    const char *suite;      /**< NULL: not given */
    const char *folder;     /**< NULL: not given */
    const char *noise_from; /**< NULL: the seeds' noise */
    bool verify;
} golden_settings;

golden_settings golden_settings_default(void);

#endif /* SD14_CLI_GOLDEN_OPTIONS_H */
