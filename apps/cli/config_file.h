/* SPDX-License-Identifier: Apache-2.0 */

/**
 * Options from a JSON file: docs/configs.md. Its keys are long names of options with '_' for '-', its
 * values go through the same rows (options.h) as those on the command line.
 *
 *     {"model": "../models/emoji", "steps": 20, "guidance_scale": 4.0}
 */
#ifndef SD14_CLI_CONFIG_FILE_H
#define SD14_CLI_CONFIG_FILE_H

#include <jansson.h>

#include "cli.h"
#include "options.h"

/**
 * Sets what the file says and the command has an option for. All of the file is checked, also what the
 * command has no option for. The console said what is wrong.
 *
 * @param out_config  Owns the texts that `settings` point to afterwards; the caller's to json_decref(),
 *                    even after a failure. NULL before.
 * @return EXIT_CODE_FILE (no such file, or not one JSON object), EXIT_CODE_USAGE (a key or a value),
 *         EXIT_CODE_MEMORY.
 */
exit_code config_file_apply(console *con,
                            const option_command *command,
                            const char *path,
                            void *settings,
                            json_t **out_config);

#endif /* SD14_CLI_CONFIG_FILE_H */
