/* SPDX-License-Identifier: Apache-2.0 */

/** The one JSON object that --json prints. */
#ifndef SD14_CLI_JSON_OUTPUT_H
#define SD14_CLI_JSON_OUTPUT_H

#include <jansson.h>

#include "cli.h"

/** Prints it to standard output and gives it back; NULL, which stands for no memory, is said. */
exit_code json_output(cli *cli, json_t *result);

/** Prints JSON that the library wrote: as it is, or (not `json`) as the table that `print` makes of it. */
exit_code json_output_text(cli *cli, bool json, const char *text, void (*print)(json_t *root));

#endif /* SD14_CLI_JSON_OUTPUT_H */
