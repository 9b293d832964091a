/* SPDX-License-Identifier: Apache-2.0 */

/** What the commands share: exit codes and the state of one run of the program. */
#ifndef SD14_CLI_CLI_H
#define SD14_CLI_CLI_H

#include <jansson.h>
#include <stdbool.h>

#include <sd14/sd14.h>

#include "console.h"

/** What the program tells the shell. Part of its interface: help and the manual list them. */
typedef enum exit_code {
    EXIT_CODE_OK = 0,
    EXIT_CODE_FAILED = 1,
    EXIT_CODE_USAGE = 2,
    EXIT_CODE_FILE = 3, /**< a model, or another file */
    EXIT_CODE_MEMORY = 4,
    EXIT_CODE_DEVICE = 5,
    EXIT_CODE_VERIFICATION = 6,
    EXIT_CODE_INTERRUPTED = 130 /**< 128 + SIGINT, as shells have it */
} exit_code;

/** The exit code of a library call's outcome. */
exit_code exit_code_of(sd14_status status);

/** One run of the program. */
typedef struct cli {
    console console;
    json_t *config;   /**< the --config file, which holds texts that settings point to; or NULL */
    double started;   /**< seconds() when main() began */
    int output_error; /**< errno of the first write to standard output that failed; 0: none */
} cli;

/** Prints a text to standard output; a failure is remembered for the exit code. */
void cli_print(cli *cli, const char *text);

/** Sends what was printed to standard output on its way, and remembers a failure for the exit code. */
void cli_flush(cli *cli);

/** Seconds of a clock that never goes back; its zero means nothing. */
double seconds(void);

/** The largest amount of memory this process has had in RAM, in bytes. */
unsigned long long peak_rss_bytes(void);

#endif /* SD14_CLI_CLI_H */
