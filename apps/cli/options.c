/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "numbers.h"

enum { NAME_BYTES = 64, NAMES_BYTES = 1024, LIST_BYTES = 128 };

/* One parse: what every step of it needs. */
typedef struct parser {
    console *con;
    const option_command *command;
    char *settings;
    int argc;
    char **argv;
    int next; /* index of the first argument not read */
    size_t n_operands;
} parser;

/* A row found, and where its value goes. */
typedef struct target {
    const option *row; /* NULL: not found */
    char *value;
} target;

static target find_in(const option *rows, char *settings, const char *name, size_t length)
{
    for (const option *row = rows; row != NULL && row->name != NULL; row++) {
        const bool letter = length == 1 && row->letter != 0 && row->letter == name[0];
        const bool named = strlen(row->name) == length && strncmp(row->name, name, length) == 0;
        if (letter || (named && length > 1) || words_have(row->aliases, name, length)) {
            return (target){row, settings + row->offset};
        }
    }
    return (target){NULL, NULL};
}

/* `name` is a long name without "--", or one letter. Nobody remembers '_' or '-': both are right. */
static target find_option(const parser *p, const char *name, size_t length)
{
    char plain[NAME_BYTES];
    if (length == 0 || length >= sizeof(plain)) return (target){NULL, NULL};
    memcpy(plain, name, length);
    for (size_t i = 0; i < length; i++) {
        if (plain[i] == '_') plain[i] = '-';
    }

    const option_command *command = p->command;
    const target own = find_in(command->options, p->settings, plain, length);
    if (own.row != NULL) return own;
    for (size_t i = 0; i < OPTION_SHARED_MAX; i++) {
        const option_table *shared = &command->shared[i];
        const target found = find_in(shared->rows, p->settings + shared->offset, plain, length);
        if (found.row != NULL) return found;
    }
    return (target){NULL, NULL};
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

static void list_choices(const char *const *choices, char list[LIST_BYTES])
{
    size_t used = 0;
    list[0] = '\0';
    for (size_t i = 0; choices[i] != NULL && used < LIST_BYTES; i++) {
        const int wrote =
            snprintf(list + used, LIST_BYTES - used, "%s%s", i == 0 ? "" : ", ", choices[i]);
        if (wrote < 0) return;
        used += (size_t)wrote;
    }
}

static const char *find_choice(const char *const *choices, const char *text)
{
    for (; choices != NULL && *choices != NULL; choices++) {
        if (strcasecmp(*choices, text) == 0) return *choices;
    }
    return NULL;
}

static bool set_choice(console *con, target to, const char *typed, const char *text)
{
    const char *choice = find_choice(to.row->choices, text);
    if (choice != NULL) {
        memcpy(to.value, &choice, sizeof(choice));
        return true;
    }
    char list[LIST_BYTES];
    list_choices(to.row->choices, list);
    const bool one = to.row->choices[1] == NULL;
    if (find_choice(to.row->planned, text) != NULL) {
        console_error(con, "%s %s: not available yet; use %s", typed, text, list);
    } else {
        console_error(con, "%s \"%s\": %s %s", typed, text,
                      one ? "not available; only" : "must be one of", list);
    }
    return false;
}

static bool set_seed(char *value, const char *text)
{
    option_seed seed = {false, 0};
    seed.random = strcmp(text, "-1") == 0 || strcasecmp(text, "random") == 0;
    if (!seed.random && !number_u64(text, &seed.value)) return false;
    memcpy(value, &seed, sizeof(seed));
    return true;
}

/* The settings are plain structs and the offsets come from offsetof: memcpy keeps that legal C. */
static bool set_number(console *con, target to, const char *typed, const char *text)
{
    const option *row = to.row;
    const int32_t min = (int32_t)row->min, max = (int32_t)row->max;
    int32_t size[2];
    float number;

    switch (row->kind) {
    case OPTION_INT:
        if (number_i32(text, min, max, &size[0])) {
            memcpy(to.value, &size[0], sizeof(size[0]));
            return true;
        }
        console_error(con, "%s \"%s\": must be a whole number from %d to %d", typed, text, min,
                      max);
        return false;
    case OPTION_NUMBER:
        if (number_float(text, row->min, row->max, &number)) {
            memcpy(to.value, &number, sizeof(number));
            return true;
        }
        console_error(con, "%s \"%s\": must be a number from %g to %g", typed, text, row->min,
                      row->max);
        return false;
    case OPTION_SIZE:
        if (number_size(text, min, max, size)) {
            memcpy(to.value, size, sizeof(size));
            return true;
        }
        console_error(con, "%s \"%s\": must be WIDTHxHEIGHT, each from %d to %d, such as 512x512",
                      typed, text, min, max);
        return false;
    default:
        if (set_seed(to.value, text)) return true;
        console_error(con,
                      "%s \"%s\": must be a whole number from 0 to 18446744073709551615, "
                      "or -1 or random",
                      typed, text);
        return false;
    }
}

static bool set_value(console *con, target to, const char *typed, const char *text)
{
    switch (to.row->kind) {
    case OPTION_TEXT:
        memcpy(to.value, &text, sizeof(text));
        return true;
    case OPTION_CHOICE:
        return set_choice(con, to, typed, text);
    default:
        return set_number(con, to, typed, text);
    }
}

/* Options without a value. */
static void set_flag(target to)
{
    const bool given = true;
    int count = 0;
    if (to.row->kind == OPTION_FLAG) {
        memcpy(to.value, &given, sizeof(given));
    } else {
        memcpy(&count, to.value, sizeof(count));
        count++;
        memcpy(to.value, &count, sizeof(count));
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
    const target to = length > 1 ? find_option(p, name, length) : (target){NULL, NULL};
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
        set_flag(to);
        return OPTIONS_OK;
    }
    if (value == NULL) value = take_value(p, to.row, typed);
    if (value == NULL || !set_value(p->con, to, typed, value)) return OPTIONS_WRONG;
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
            set_flag(to);
            continue;
        }
        const char *value = letter[1] != '\0' ? letter + 1 : take_value(p, to.row, typed);
        if (value == NULL || !set_value(p->con, to, typed, value)) return OPTIONS_WRONG;
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
    memcpy(p->settings + command->operand_offset + p->n_operands * sizeof(text), &text,
           sizeof(text));
    p->n_operands++;
    return OPTIONS_OK;
}

option_result
options_parse(console *con, const option_command *command, int argc, char **argv, void *settings)
{
    parser p = {con, command, settings, argc, argv, 0, 0};
    bool options_over = false;
    while (p.next < argc) {
        const char *argument = argv[p.next++];
        option_result result = OPTIONS_OK;
        if (options_over || argument[0] != '-' || argument[1] == '\0') {
            result = read_operand(&p, argument);
        } else if (strcmp(argument, "--") == 0) {
            options_over = true;
        } else if (argument[1] == '-') {
            result = read_long(&p, argument);
        } else {
            result = read_letters(&p, argument);
        }
        if (result != OPTIONS_OK) return result;
    }
    return OPTIONS_OK;
}
