/* SPDX-License-Identifier: Apache-2.0 */
#include "prompt.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES_MAX = 65536 }; /* 75 tokens count; a file this long is not a prompt */

bool prompt_is_utf8(const char *text)
{
    json_t *string = json_string(text); /* checks: no overlong forms, no surrogates */
    const bool valid = string != NULL;
    json_decref(string);
    return valid;
}

/* A whole file is one prompt; the newline that editors put at its end is not part of it. */
static exit_code read_file(const char *path, console *con, char **out_prompt)
{
    const bool standard = strcmp(path, "-") == 0;
    const char *name = standard ? "standard input" : path;
    FILE *file = standard ? stdin : fopen(path, "rb");
    char *bytes = calloc(FILE_BYTES_MAX + 2, 1);
    exit_code code = EXIT_CODE_FILE;
    size_t length = 0;

    if (bytes == NULL) {
        console_error(con, "not enough memory for the prompt");
        code = EXIT_CODE_MEMORY;
        goto done;
    }
    if (file != NULL) length = fread(bytes, 1, FILE_BYTES_MAX + 1, file);
    if (file == NULL || ferror(file) != 0) {
        console_error(con, "%s: cannot read the prompt: %s", name, strerror(errno));
        goto done;
    }
    if (length > FILE_BYTES_MAX) {
        console_error(con, "%s: longer than %d bytes; is this a prompt?", name, FILE_BYTES_MAX);
        goto done;
    }
    if (memchr(bytes, '\0', length) != NULL) {
        console_error(con, "%s: holds zero bytes; is this a text file?", name);
        goto done;
    }
    if (length > 0 && bytes[length - 1] == '\n') bytes[--length] = '\0';
    if (length > 0 && bytes[length - 1] == '\r') bytes[--length] = '\0';
    *out_prompt = bytes;
    bytes = NULL;
    code = EXIT_CODE_OK;
done:
    if (file != NULL && !standard) (void)fclose(file);
    free(bytes);
    return code;
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
        const exit_code code = read_file(settings->prompt_file, con, &prompt);
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
