/* SPDX-License-Identifier: Apache-2.0 */
#include "prompt.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "text_file.h"

bool prompt_is_utf8(const char *text)
{
    json_t *string = json_string(text); /* checks: no overlong forms, no surrogates */
    const bool valid = string != NULL;
    json_decref(string);
    return valid;
}

exit_code prompt_read(const generate_settings *settings, console *con, char **out_prompt)
{
    const char *given = settings->operand != NULL ? settings->operand : settings->prompt_option;
    const int ways = (settings->operand != NULL) + (settings->prompt_option != NULL) +
                     (settings->prompt_file != NULL);
    if (ways == 0) {
        console_error(con, "no prompt; try: sd14 generate \"a red apple\"");
        return EXIT_CODE_USAGE;
    }
    if (ways > 1) {
        console_error(con, "more than one prompt; give it as \"prompt\", with -p or with "
                           "--prompt-file");
        return EXIT_CODE_USAGE;
    }
    char *prompt = NULL;
    if (settings->prompt_file != NULL) {
        const exit_code code = text_file_read(settings->prompt_file, "prompt", con, &prompt);
        if (code != EXIT_CODE_OK) return code;
    } else {
        prompt = strdup(given);
        if (prompt == NULL) {
            console_error(con, "not enough memory for the prompt");
            return EXIT_CODE_MEMORY;
        }
    }
    const bool negative_wrong =
        settings->negative_prompt != NULL && !prompt_is_utf8(settings->negative_prompt);
    if (negative_wrong || !prompt_is_utf8(prompt)) {
        console_error(con, "the %s is not valid UTF-8; convert it, for example with iconv",
                      negative_wrong ? "negative prompt" : "prompt");
        free(prompt);
        return EXIT_CODE_USAGE;
    }
    *out_prompt = prompt;
    return EXIT_CODE_OK;
}
