/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SD14_CLI_PROMPT_H
#define SD14_CLI_PROMPT_H

#include "cli.h"
#include "generate_options.h"

/** Prompts: UTF-8, checked. */
typedef struct prompt_list {
    char *text;         /**< holds all of them */
    const char **lines; /**< [count] */
    int32_t count;
} prompt_list;

/**
 * The prompts the settings ask for: operand, -p, --prompt-file or --prompts, exactly one of them. Of --prompts each
 * line that is not empty is one.
 *
 * @param out_prompts  The caller's: prompt_list_release(), also after a failure.
 */
exit_code prompt_read(const generate_settings *settings, console *con, prompt_list *out_prompts);

void prompt_list_release(prompt_list *list);

/** Whether a text is valid UTF-8, the kind that PNG texts and JSON can hold. */
bool prompt_is_utf8(const char *text);

#endif /* SD14_CLI_PROMPT_H */
