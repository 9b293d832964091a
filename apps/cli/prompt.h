/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SD14_CLI_PROMPT_H
#define SD14_CLI_PROMPT_H

#include "cli.h"
#include "generate_options.h"

/**
 * The prompt the settings ask for: operand, -p or --prompt-file, exactly one of them.
 *
 * @param out_prompt  UTF-8, checked. The caller's to free().
 */
exit_code prompt_read(const generate_settings *settings, console *con, char **out_prompt);

/** Whether a text is valid UTF-8, the kind that PNG texts and JSON can hold. */
bool prompt_is_utf8(const char *text);

#endif /* SD14_CLI_PROMPT_H */
