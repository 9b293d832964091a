/* SPDX-License-Identifier: Apache-2.0 */

/** Help made from the same tables as the parser. Goes to standard output. */
#ifndef SD14_CLI_HELP_H
#define SD14_CLI_HELP_H

#include "options.h"

/** Usage, examples, options by group with defaults, notes. */
void help_print_command(const option_command *command);

/** The whole program: commands, exit codes, environment. */
void help_print_program(void);

#endif /* SD14_CLI_HELP_H */
