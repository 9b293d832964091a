/* SPDX-License-Identifier: Apache-2.0 */

/** Operands that are model folders, for the commands that look for models. */
#ifndef SD14_CLI_FOLDERS_H
#define SD14_CLI_FOLDERS_H

#include <sd14/probe.h>

#include "settings.h"

enum { FOLDERS_MAX = 16 };

#define FOLDERS_HINT "at most 16 folders"

/** The operands as they were read. */
typedef struct folder_operands {
    const char *given[FOLDERS_MAX]; /**< NULL from the first that was not given */
} folder_operands;

/** Fills the search with them and with the built-in model, whose path is written into `builtin`. */
void folders_params(const folder_operands *operands,
                    char builtin[MODEL_PATH_BYTES],
                    sd14_probe_params *out_params);

#endif /* SD14_CLI_FOLDERS_H */
