/* SPDX-License-Identifier: Apache-2.0 */

/** Names of the pictures, and whether they can be written: asked before minutes of drawing. */
#ifndef SD14_CLI_OUTPUT_H
#define SD14_CLI_OUTPUT_H

#include <limits.h>
#include <stdint.h>

#include "pictures.h"

/**
 * The name of picture `index` (from 0).
 *
 *     "a-%02d.png"  -> a-01.png, a-02.png     (%d and %0Nd; %% is a %)
 *     "a-%s.png"    -> a-42.png, a-7.png      (its seed; a number too where prompts have seeds in common)
 *     "a.png"       -> a.png; a-1.png, a-2.png when there are more
 *     NULL          -> the first of output.png, output-1.png, ... that does not exist
 *
 * @return false: too long.
 */
bool output_name(const char *pattern, const pictures *of, int32_t index, char out[PATH_MAX]);

/** Checks that all pictures can be written; the console says why not. */
exit_code output_check(const char *pattern, const pictures *of, bool json, console *con);

#endif /* SD14_CLI_OUTPUT_H */
