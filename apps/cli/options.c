/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <stdio.h>
#include <string.h>

enum { NAME_BYTES = 64, NAMES_BYTES = 1024 };

/* One parse: what every step of it needs. */
typedef struct parser {
    console *con;
    const option_command *command;
    char *settings;
    int argc;
    char **argv;
    int next; /* index of the first argument not read */
    size_t n_operands;
    const char **config; /* not NULL: look for the configuration, and set nothing */
} parser;

/* A row found, and where its value goes. */
typedef struct target {
    const option *row; /* NULL: not found */
    size_t offset;     /* in the settings */
} target;

static const option *find_in(const option *rows, const char *name, size_t length)
{
    for (const option *row = rows; row != NULL && row->name != NULL; row++) {
        const bool letter = length == 1 && row->letter != 0 && row->letter == name[0];
        const bool named = strlen(row->name) == length && strncmp(row->name, name, length) == 0;
        if (letter || (named && length > 1) || words_have(row->aliases, name, length)) return row;
    }
    return NULL;
}

const option *
options_find(const option_command *command, const char *name, size_t length, size_t *out_offset)
{
    char plain[NAME_BYTES];
    if (length == 0 || length >= sizeof(plain)) return NULL;
    memcpy(plain, name, length);
    for (size_t i = 0; i < length; i++) {
        if (plain[i] == '_') plain[i] = '-';
    }

    const option *row = find_in(command->options, plain, length);
    size_t table = 0;
    for (size_t i = 0; row == NULL && i < OPTION_SHARED_MAX; i++) {
        row = find_in(command->shared[i].rows, plain, length);
        table = command->shared[i].offset;
    }
    if (row != NULL) *out_offset = table + row->offset;
    return row;
}

static target find_option(const parser *p, const char *name, size_t length)
{
    target found = {NULL, 0};
    found.row = options_find(p->command, name, length, &found.offset);
    return found;
}

static void add_names(const option *rows, char *names, size_t *length)
{
    for (const option *row = rows; row != NULL && row->name != NULL; row++) {
        const char *aliases = row->aliases != NULL ? row->aliases : "";
        const int wrote =
            snprintf(names + *length, NAMES_BYTES - *length, "%s %s ", row->name, aliases);
        if (wrote < 0 || (size_t)wrote >= NAMES_BYTES - *length) return;
        *length += (size_t)wrote;
    }
}

static option_result unknown_option(const parser *p, const char *typed, size_t length)
{
    char names[NAMES_BYTES] = "", wrong[NAME_BYTES], likely[NAME_BYTES];
    size_t used = 0;
    add_names(p->command->options, names, &used);
    for (size_t i = 0; i < OPTION_SHARED_MAX; i++) {
        add_names(p->command->shared[i].rows, names, &used);
    }
    const char *bare = typed + strspn(typed, "-");
    (void)snprintf(wrong, sizeof(wrong), "%.*s", (int)(length - (size_t)(bare - typed)), bare);

    if (words_suggest(names, wrong, likely, sizeof(likely))) {
        console_error(p->con, "unknown option %.*s; did you mean --%s?", (int)length, typed,
                      likely);
    } else {
        console_error(p->con, "unknown option %.*s; see sd14 help %s", (int)length, typed,
                      p->command->name);
    }
    return OPTIONS_WRONG;
}

static bool set_value(const parser *p, target to, const char *typed, const char *text)
{
    const bool config = to.row->kind == OPTION_CONFIG;
    if (config && p->config != NULL) *p->config = text;
    if (config || p->config != NULL) return true;
    return option_set(p->con, to.row, p->settings + to.offset, typed, text);
}

/* Options without a value. */
static void set_flag(const parser *p, target to)
{
    if (p->config != NULL) return;
    char *value = p->settings + to.offset;
    const bool given = true;
    int count = 0;
    if (to.row->kind == OPTION_FLAG) {
        memcpy(value, &given, sizeof(given));
    } else {
        memcpy(&count, value, sizeof(count));
        count++;
        memcpy(value, &count, sizeof(count));
    }
}

/* The next argument is the option's value, whatever it is: -s -1. Only another option of ours is not:
 * `-o --steps 5` forgot a name, and a file called "--steps" is not what anyone wants. */
static const char *take_value(parser *p, const option *row, const char *typed)
{
    const char *text = p->next < p->argc ? p->argv[p->next] : NULL;
    if (text == NULL) {
        console_error(p->con, "option %s needs a value: %s %s", typed, typed, row->argument);
        return NULL;
    }
    if (strncmp(text, "--", 2) == 0) {
        const size_t length = strcspn(text + 2, "=");
        if (find_option(p, text + 2, length).row != NULL) {
            console_error(p->con,
                          "option %s needs a value and %s follows; if that is the value: "
                          "--%s=%s",
                          typed, text, row->name, text);
            return NULL;
        }
    }
    p->next++;
    return text;
}

static option_result read_long(parser *p, const char *argument)
{
    const char *name = argument + 2;
    const size_t length = strcspn(name, "=");
    const target to = length > 1 ? find_option(p, name, length) : (target){NULL, 0};
    if (to.row == NULL) return unknown_option(p, argument, length + 2);
    if (to.row->kind == OPTION_HELP) return OPTIONS_HELP;

    const char *value = name[length] == '=' ? name + length + 1 : NULL;
    char typed[NAME_BYTES + 2];
    (void)snprintf(typed, sizeof(typed), "--%.*s", (int)length, name);
    if (to.row->argument == NULL) {
        if (value != NULL) {
            console_error(p->con, "option %s takes no value", typed);
            return OPTIONS_WRONG;
        }
        set_flag(p, to);
        return OPTIONS_OK;
    }
    if (value == NULL) value = take_value(p, to.row, typed);
    if (value == NULL || !set_value(p, to, typed, value)) return OPTIONS_WRONG;
    return OPTIONS_OK;
}

/* "-qvs5": flags, then at most one option with a value, in the same word or the next. */
static option_result read_letters(parser *p, const char *argument)
{
    /* -seed is not -s with the value "eed". */
    const size_t length = strcspn(argument, "=");
    if (length > 3 && find_option(p, argument + 1, length - 1).row != NULL) {
        return unknown_option(p, argument, length);
    }
    for (const char *letter = argument + 1; *letter != '\0'; letter++) {
        const char typed[3] = {'-', *letter, '\0'};
        const target to = find_option(p, letter, 1);
        if (to.row == NULL) {
            if (letter != argument + 1) return unknown_option(p, typed, 2);
            return unknown_option(p, argument, length);
        }
        if (to.row->kind == OPTION_HELP) return OPTIONS_HELP;
        if (to.row->argument == NULL) {
            set_flag(p, to);
            continue;
        }
        const char *value = letter[1] != '\0' ? letter + 1 : take_value(p, to.row, typed);
        if (value == NULL || !set_value(p, to, typed, value)) return OPTIONS_WRONG;
        return OPTIONS_OK;
    }
    return OPTIONS_OK;
}

static option_result read_operand(parser *p, const char *text)
{
    const option_command *command = p->command;
    if (command->operand == NULL) {
        console_error(p->con, "unexpected \"%s\"; sd14 %s takes options only", text, command->name);
        return OPTIONS_WRONG;
    }
    if (p->n_operands == command->operand_max) {
        console_error(p->con, "unexpected \"%s\"; %s", text, command->operand_hint);
        return OPTIONS_WRONG;
    }
    if (p->config == NULL)
        memcpy(p->settings + command->operand_offset + p->n_operands * sizeof(text), &text,
               sizeof(text));
    p->n_operands++;
    return OPTIONS_OK;
}

static option_result read_all(parser *p)
{
    bool options_over = false;
    while (p->next < p->argc) {
        const char *argument = p->argv[p->next++];
        option_result result = OPTIONS_OK;
        if (options_over || argument[0] != '-' || argument[1] == '\0') {
            result = read_operand(p, argument);
        } else if (strcmp(argument, "--") == 0) {
            options_over = true;
        } else if (argument[1] == '-') {
            result = read_long(p, argument);
        } else {
            result = read_letters(p, argument);
        }
        if (result != OPTIONS_OK) return result;
    }
    return OPTIONS_OK;
}

option_result
options_parse(console *con, const option_command *command, int argc, char **argv, void *settings)
{
    parser p = {con, command, settings, argc, argv, 0, 0, NULL};
    return read_all(&p);
}

option_result options_find_config(
    console *con, const option_command *command, int argc, char **argv, const char **out_path)
{
    parser p = {con, command, NULL, argc, argv, 0, 0, out_path};
    *out_path = NULL;
    return read_all(&p);
}
