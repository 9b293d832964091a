/* SPDX-License-Identifier: Apache-2.0 */

/** Names of the pictures, and whether they can be written: asked before minutes of drawing. */
#ifndef SD14_CLI_OUTPUT_H
#define SD14_CLI_OUTPUT_H

#include <limits.h>
#include <stdint.h>

#include "cli.h"

/**
 * The name of picture `index` (from 0) of `count`.
 *
 *     "a-%02d.png"  -> a-01.png, a-02.png     (%d and %0Nd; %% is a %)
 *     "a.png"       -> a.png; a-1.png, a-2.png when count > 1
 *     NULL          -> the first of output.png, output-1.png, ... that does not exist
 *
 * @return false: too long.
 */
bool output_name(const char *pattern, int32_t index, int32_t count, char out[PATH_MAX]);

/** Checks that all `count` pictures can be written; the console says why not. */
exit_code output_check(const char *pattern, int32_t count, bool json, console *con);

#endif /* SD14_CLI_OUTPUT_H */
