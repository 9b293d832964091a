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

static exit_code no_memory(console *con)
{
    console_error(con, "not enough memory for the prompt");
    return EXIT_CODE_MEMORY;
}

/* Cuts the text into its lines. */
static exit_code split(const char *file, console *con, prompt_list *list)
{
    const size_t length = strlen(list->text);
    list->lines =
        calloc(length / 2 + 1, sizeof(*list->lines)); /* a line and its end are two bytes */
    if (list->lines == NULL) return no_memory(con);
    char *rest = list->text;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        const size_t end = strlen(line);
        if (end > 0 && line[end - 1] == '\r') line[end - 1] = '\0';
        if (line[strspn(line, " \t")] != '\0') list->lines[list->count++] = line;
    }
    if (list->count > 0) return EXIT_CODE_OK;
    console_error(con, "%s: has no prompt; write one on each line",
                  strcmp(file, "-") == 0 ? "standard input" : file);
    return EXIT_CODE_USAGE;
}

static exit_code take_one(char *text, console *con, prompt_list *list)
{
    list->text = text;
    list->lines = calloc(1, sizeof(*list->lines));
    if (text == NULL || list->lines == NULL) return no_memory(con);
    list->lines[0] = text;
    list->count = 1;
    return EXIT_CODE_OK;
}

static exit_code read_prompts(const generate_settings *settings, console *con, prompt_list *list)
{
    const char *given = settings->operand != NULL ? settings->operand : settings->prompt_option;
    if (settings->prompts_file != NULL) {
        const exit_code code =
            text_file_read(settings->prompts_file, "file of prompts", con, &list->text);
        return code == EXIT_CODE_OK ? split(settings->prompts_file, con, list) : code;
    }
    if (settings->prompt_file == NULL) return take_one(strdup(given), con, list);
    char *text = NULL;
    const exit_code code = text_file_read(settings->prompt_file, "prompt", con, &text);
    return code == EXIT_CODE_OK ? take_one(text, con, list) : code;
}

exit_code prompt_read(const generate_settings *settings, console *con, prompt_list *out_prompts)
{
    const int ways = (settings->operand != NULL) + (settings->prompt_option != NULL) +
                     (settings->prompt_file != NULL) + (settings->prompts_file != NULL);
    if (ways == 0) {
        console_error(con, "no prompt; try: sd14 generate \"a red apple\"");
        return EXIT_CODE_USAGE;
    }
    if (ways > 1) {
        console_error(con, "more than one prompt; give it as \"prompt\", with -p or with "
                           "--prompt-file, or many with --prompts");
        return EXIT_CODE_USAGE;
    }
    const exit_code code = read_prompts(settings, con, out_prompts);
    if (code != EXIT_CODE_OK) return code;
    const bool negative_wrong =
        settings->negative_prompt != NULL && !prompt_is_utf8(settings->negative_prompt);
    bool wrong = negative_wrong;
    for (int32_t i = 0; i < out_prompts->count; i++)
        wrong = wrong || !prompt_is_utf8(out_prompts->lines[i]);
    if (!wrong) return EXIT_CODE_OK;
    console_error(con, "the %s is not valid UTF-8; convert it, for example with iconv",
                  negative_wrong ? "negative prompt" : "prompt");
    return EXIT_CODE_USAGE;
}

void prompt_list_release(prompt_list *list)
{
    free(list->lines);
    free(list->text);
    *list = (prompt_list){0};
}
