/* SPDX-License-Identifier: Apache-2.0 */

/* sd14 config: every value of a model's configuration, and where it is from. */
#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "json_output.h"
#include "settings.h"

typedef struct config_settings {
    model_settings model;
    console_settings console;
    int32_t steps;
    int32_t size[2];
} config_settings;

static const option config_rows[] = {
    {MODEL_OPTION, .group = "What to print", .help = "the model, as an option",
     .shown = "the built-in small model", OPTION_AT(config_settings, model.path)},
    {STEPS_OPTION(1), .help = "denoising steps to list the timesteps of, 1 to 1000",
     .shown = "the model's; Stable Diffusion 1.4: 50", OPTION_AT(config_settings, steps)},
    SIZE_OPTIONS(config_settings),
    {.name = NULL},
};

const option_command config_command = {
    .name = "config",
    .summary = "print every value of a model's configuration and where it is from",
    .usage = "config [options] [MODEL]",
    .examples = "  sd14 config\n"
                "      the built-in model, as a table\n"
                "  sd14 config stable-diffusion-v1-4 --json > config.json\n",
    .notes =
        "Sources: file (the model's), default (diffusers' or transformers', the file is silent),\n"
        "pipeline (diffusers' pipeline puts it in place of those), derived (computed).\n",
    .options = config_rows,
    .shared = {{console_options, offsetof(config_settings, console)}},
    .operand = "model",
    .operand_offset = offsetof(config_settings, model.path),
    .operand_max = 1,
    .operand_hint = "give one model",
};

/* Rows of {"key": {"value", "source"}}; an object without a source holds more rows. */
static void print_entries(const char *prefix, json_t *entries)
{
    const char *key;
    json_t *entry;
    json_object_foreach(entries, key, entry)
    {
        const json_t *source = json_object_get(entry, "source");
        char name[128];
        (void)snprintf(name, sizeof(name), "%s%s%s", prefix, prefix[0] == '\0' ? "" : ".", key);
        if (source == NULL) {
            print_entries(name, entry);
            continue;
        }
        /* Nine digits tell floats apart; --json has the exact numbers. */
        char *value = json_dumps(json_object_get(entry, "value"),
                                 JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(9));
        (void)printf("  %-38s %-8s  %s\n", name, json_string_value(source),
                     value == NULL ? "" : value);
        free(value);
    }
}

static void print_text(json_t *dump)
{
    json_t *settings = json_object_get(dump, "settings");
    const char *name;
    json_t *component;
    json_object_foreach(json_object_get(dump, "components"), name, component)
    {
        (void)printf("%s: %s\n", name, json_string_value(json_object_get(component, "class")));
        print_entries("", json_object_get(component, "config"));
        print_entries("", json_object_get(component, "derived"));
    }
    (void)printf("memory: float32, %lldx%lld\n",
                 (long long)json_integer_value(json_object_get(settings, "width")),
                 (long long)json_integer_value(json_object_get(settings, "height")));
    print_entries("", json_object_get(dump, "memory"));
    (void)printf("sha256: %s\n", json_string_value(json_object_get(dump, "sha256")));
}

exit_code command_config(cli *cli, int argc, char **argv)
{
    config_settings settings = {.model = model_settings_default,
                                .console = console_settings_default};
    exit_code code;
    if (!settings_read(cli, &config_command, argc, argv, &settings, &settings.console, &code))
        return code;
    sd14_model *model = NULL;
    code = model_settings_load(&settings.model, &cli->console, &model);
    if (code != EXIT_CODE_OK) return code;

    const sd14_config_params params = {
        .width = settings.size[0], .height = settings.size[1], .steps = settings.steps};
    char *text = NULL;
    sd14_error error;
    const sd14_status status = sd14_config_json(model, &params, &text, &error);
    if (status == SD14_OK) {
        code = json_output_text(cli, settings.console.json, text, print_text);
    } else {
        console_error(&cli->console, "%s", error.text);
        code = exit_code_of(status);
    }
    sd14_text_destroy(text);
    sd14_model_destroy(model);
    return code;
}
