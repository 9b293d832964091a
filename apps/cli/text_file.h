/* SPDX-License-Identifier: Apache-2.0 */

/** Small files that people write: prompts, configurations. */
#ifndef SD14_CLI_TEXT_FILE_H
#define SD14_CLI_TEXT_FILE_H

#include "cli.h"

/**
 * Reads a whole file, up to 64 KiB without zero bytes; the newline that editors put at its end is not part of
 * it. The console said why not.
 *
 * @param path      "-": standard input.
 * @param what      What it holds, for errors: "prompt".
 * @param out_text  The caller's to free().
 */
exit_code text_file_read(const char *path, const char *what, console *con, char **out_text);

#endif /* SD14_CLI_TEXT_FILE_H */
