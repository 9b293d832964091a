/* SPDX-License-Identifier: Apache-2.0 */
#include "config_file.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "text_file.h"

/* The keys, for every command. configs/schemas/inference.schema.json has the same;
 * tests/cli/test_config.py compares them. */
static const char option_keys[] = "model backend precision exact emulate isa threads max_ram "
                                  "cache_max batch_size steps guidance_scale "
                                  "cache guidance_interval "
                                  "width height eta negative_prompt seed sampler device_options "
                                  "on_device_failure";
/* Those that make another picture: where no command has asked for one, they are not passed over. */
static const char shortcut_keys[] = "cache guidance_interval";
static const char other_keys[] = "$schema description";

enum { PLACE_BYTES = PATH_MAX + 32, LIKELY_BYTES = 48, VALUE_BYTES = 64 };

/* One file being read. */
typedef struct config_file {
    console *con;
    const option_command *command;
    const char *path;
    char *settings;
    json_t *root;
} config_file;

static exit_code no_memory(const config_file *file)
{
    console_error(file->con, "%s: not enough memory for the configuration", file->path);
    return EXIT_CODE_MEMORY;
}

static exit_code load(config_file *file)
{
    char *text = NULL;
    if (strcmp(file->path, "-") == 0) {
        console_error(file->con, "--config -: give a file; standard input is for the prompt");
        return EXIT_CODE_USAGE;
    }
    const exit_code code = text_file_read(file->path, "configuration", file->con, &text);
    if (code != EXIT_CODE_OK) return code;

    json_error_t problem;
    file->root = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &problem);
    const bool marked = strncmp(text, "\xEF\xBB\xBF", 3) == 0;
    free(text);
    if (marked) {
        console_error(file->con, "%s: starts with a byte order mark; save it as UTF-8 without one",
                      file->path);
        return EXIT_CODE_FILE;
    }
    if (file->root == NULL) {
        if (json_error_code(&problem) == json_error_out_of_memory) return no_memory(file);
        console_error(file->con, "%s:%d:%d: not valid JSON: %s", file->path, problem.line,
                      problem.column, problem.text);
        return EXIT_CODE_FILE;
    }
    if (!json_is_object(file->root)) {
        console_error(file->con, "%s: must be a JSON object: {\"steps\": 20}", file->path);
        return EXIT_CODE_FILE;
    }
    return EXIT_CODE_OK;
}

/* A key that is an option's other name (cfg_scale) is the key of that option, however little alike. */
static bool same_option(const char *wrong, char likely[LIKELY_BYTES])
{
    size_t offset;
    const option *row = options_find(&generate_command, wrong, strlen(wrong), &offset);
    for (const char *key = option_keys; row != NULL && *key != '\0';) {
        const size_t length = strcspn(key, " ");
        if (options_find(&generate_command, key, length, &offset) == row) {
            (void)snprintf(likely, LIKELY_BYTES, "%.*s", (int)length, key);
            return true;
        }
        key += length;
        key += strspn(key, " ");
    }
    return false;
}

static exit_code unknown_key(const config_file *file, const char *key)
{
    char keys[sizeof(option_keys) + sizeof(other_keys)], likely[LIKELY_BYTES];
    (void)snprintf(keys, sizeof(keys), "%s %s", option_keys, other_keys);
    if (same_option(key, likely) || words_suggest(keys, key, likely, sizeof(likely))) {
        console_error(file->con, "%s: unknown key \"%s\"; did you mean \"%s\"?", file->path, key,
                      likely);
    } else {
        console_error(file->con, "%s: unknown key \"%s\"; there are: %s", file->path, key, keys);
    }
    return EXIT_CODE_USAGE;
}

/* A number as it would be typed: as short as reads back the same. */
static void number_text(const json_t *value, char out[VALUE_BYTES])
{
    if (json_is_integer(value)) {
        (void)snprintf(out, VALUE_BYTES, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return;
    }
    const double number = json_real_value(value);
    (void)snprintf(out, VALUE_BYTES, "%.15g", number);
    if (strtod(out, NULL) < number || strtod(out, NULL) > number) {
        (void)snprintf(out, VALUE_BYTES, "%.17g", number);
    }
    /* 20.0 is no whole number, here as on the command line. */
    if (strpbrk(out, ".e") == NULL) memcpy(out + strlen(out), ".0", 3);
}

/* The value as its option's text; NULL: of a wrong type, the console said so. */
static const char *value_text(const config_file *file,
                              const option *row,
                              const char *place,
                              const json_t *value,
                              char number[VALUE_BYTES])
{
    const bool texts =
        row->kind == OPTION_TEXT || row->kind == OPTION_CHOICE || row->kind == OPTION_INTERVAL;
    const bool either =
        row->kind == OPTION_SEED || row->kind == OPTION_SEEDS || row->kind == OPTION_BYTES;
    if (json_is_string(value) && (texts || either)) return json_string_value(value);
    if (json_is_number(value) && !texts) {
        number_text(value, number);
        return number;
    }
    console_error(file->con, "%s: must be a %s", place,
                  texts ? "text in quotes" : "number without quotes");
    return NULL;
}

/* The model is found from the file's folder: a configuration can be used from anywhere. */
static exit_code resolve_model(const config_file *file)
{
    const json_t *model = json_object_get(file->root, "model");
    const char *given = json_string_value(model), *slash = strrchr(file->path, '/');
    if (given == NULL || given[0] == '/' || given[0] == '\0' || slash == NULL) return EXIT_CODE_OK;
    const int folder = (int)(slash - file->path);
    char *path = NULL;
    if (asprintf(&path, "%.*s/%s", folder, file->path, given) < 0) return no_memory(file);
    json_t *found = json_string_nocheck(path); /* a folder's name need not be UTF-8 */
    free(path);
    return json_object_set_new(file->root, "model", found) == 0 ? EXIT_CODE_OK : no_memory(file);
}

/* The command's row for a key, or, so that the value is checked, another command's; in that case the value
 * goes to `unused`. */
static const option *
find_row(const config_file *file, const char *key, void *unused, void **out_value)
{
    size_t offset;
    const option *row = options_find(file->command, key, strlen(key), &offset);
    *out_value = row != NULL ? file->settings + offset : unused;
    for (size_t i = 0; row == NULL && i < command_count; i++) {
        row = options_find(commands[i].options, key, strlen(key), &offset);
    }
    return row;
}

static exit_code set_flag(const config_file *file, const char *place, const json_t *value, void *to)
{
    const bool on = json_is_true(value);
    if (!json_is_boolean(value)) {
        console_error(file->con, "%s: must be true or false", place);
        return EXIT_CODE_USAGE;
    }
    memcpy(to, &on, sizeof(on));
    return EXIT_CODE_OK;
}

static exit_code set_option(const config_file *file, const char *key, json_t *value)
{
    char place[PLACE_BYTES], number[VALUE_BYTES];
    option_value unused;
    void *to;
    (void)snprintf(place, sizeof(place), "%s: %s", file->path, key);
    const option *row = find_row(file, key, &unused, &to);
    if (row == NULL) return unknown_key(file, key);
    if (to == &unused && words_have(shortcut_keys, key, strlen(key))) {
        console_error(file->con,
                      "%s: %s takes no shortcuts, it runs every step whole; leave it out", place,
                      file->command->name);
        return EXIT_CODE_USAGE;
    }
    if (row->kind == OPTION_FLAG) return set_flag(file, place, value, to);
    const char *text = value_text(file, row, place, value, number);
    if (text == NULL || !option_set(file->con, row, to, place, text)) return EXIT_CODE_USAGE;
    return EXIT_CODE_OK;
}

/* Keys that are no options. */
static exit_code check_other(const config_file *file, const char *key, json_t *value)
{
    if (json_is_string(value)) return EXIT_CODE_OK;
    console_error(file->con, "%s: %s: must be a text in quotes", file->path, key);
    return EXIT_CODE_USAGE;
}

/* An object there, a text for its option. An empty one says nothing. */
static exit_code write_device_options(const config_file *file)
{
    const json_t *object = json_object_get(file->root, "device_options");
    if (object == NULL) return EXIT_CODE_OK;
    if (!json_is_object(object)) {
        console_error(file->con, "%s: device_options: must be an object", file->path);
        return EXIT_CODE_USAGE;
    }
    if (json_object_size(object) == 0) {
        (void)json_object_del(file->root, "device_options");
        return EXIT_CODE_OK;
    }
    char *text = json_dumps(object, JSON_COMPACT);
    const bool fine =
        text != NULL && json_object_set_new(file->root, "device_options", json_string(text)) == 0;
    free(text);
    return fine ? EXIT_CODE_OK : no_memory(file);
}

exit_code config_file_apply(console *con,
                            const option_command *command,
                            const char *path,
                            void *settings,
                            json_t **out_config)
{
    config_file file = {con, command, path, settings, NULL};
    exit_code code = load(&file);
    *out_config = file.root;
    if (code == EXIT_CODE_OK) code = resolve_model(&file);
    if (code == EXIT_CODE_OK) code = write_device_options(&file);
    if (code != EXIT_CODE_OK) return code;

    const char *key;
    json_t *value;
    json_object_foreach(file.root, key, value)
    {
        const size_t length = strlen(key);
        if (words_have(option_keys, key, length)) {
            code = set_option(&file, key, value);
        } else if (words_have(other_keys, key, length)) {
            code = check_other(&file, key, value);
        } else {
            code = unknown_key(&file, key);
        }
        if (code != EXIT_CODE_OK) return code;
    }
    return EXIT_CODE_OK;
}
