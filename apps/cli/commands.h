/* SPDX-License-Identifier: Apache-2.0 */

/** The commands, in the order in which the help lists them. A new one is a line below. */
#ifndef SD14_CLI_COMMANDS_H
#define SD14_CLI_COMMANDS_H

#include "cli.h"
#include "options.h"

typedef struct command {
    const option_command *options;
    exit_code (*run)(cli *cli, int argc, char **argv);
} command;

/** COMMAND(name): <name>_command says what it accepts, command_<name>() runs it; argv[0] is the first
 * argument after the command's name. */
#define COMMANDS(COMMAND)                                                                          \
    COMMAND(generate)                                                                              \
    COMMAND(bench)                                                                                 \
    COMMAND(golden)                                                                                \
    COMMAND(config)                                                                                \
    COMMAND(compare)                                                                               \
    COMMAND(parity)                                                                                \
    COMMAND(report)                                                                                \
    COMMAND(list)                                                                                  \
    COMMAND(plan)                                                                                  \
    COMMAND(probe)                                                                                 \
    COMMAND(contracts)

#define DECLARE(name)                                                                              \
    extern const option_command name##_command;                                                    \
    exit_code command_##name(cli *cli, int argc, char **argv);
COMMANDS(DECLARE)
#undef DECLARE

extern const command commands[];
extern const size_t command_count;

#endif /* SD14_CLI_COMMANDS_H */
