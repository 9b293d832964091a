/* SPDX-License-Identifier: Apache-2.0 */

/* sd14 list: the models on this machine, and what they know. */
#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "folders.h"
#include "json_output.h"
#include "recipe.h"
#include "settings.h"

typedef struct list_settings {
    console_settings console;
    folder_operands folders;
} list_settings;

static const option list_rows[] = {{.name = NULL}};

const option_command list_command = {
    .name = "list",
    .summary = "list the models found and what they know",
    .usage = "list [options] [model folder ...]",
    .examples = "  sd14 list\n"
                "      the built-in model with its prompts, SD14_MODEL, Hugging Face's cache\n"
                "  sd14 list --json path/to/stable-diffusion-v1-4\n",
    .notes = "A word that a model does not know is no error: it draws what is nearest to it.\n"
             "The exit code is 3 if a folder that was given is not a model.\n",
    .options = list_rows,
    .shared = {{console_options, offsetof(list_settings, console)}},
    .operand = "model folder",
    .operand_offset = offsetof(list_settings, folders),
    .operand_max = FOLDERS_MAX,
    .operand_hint = FOLDERS_HINT,
};

/* One model found: what it is, or why it is none. */
typedef struct listed {
    const sd14_found_model *found;
    sd14_model *model; /* NULL: it does not load */
    sd14_model_info info;
    sd14_error problem;
} listed;

/* Bytes that a terminal shows as one character are one column: UTF-8's others continue it. */
static size_t columns_of(const char *text)
{
    size_t columns = 0;
    for (; *text != '\0'; text++) columns += ((unsigned char)*text & 0xC0) != 0x80;
    return columns;
}

static void print_prompts(const sd14_model_info *info)
{
    enum { GAP = 2, INDENT = 4, PIPE_COLUMNS = 80 };
    int terminal = PIPE_COLUMNS, lines = 0;
    if (isatty(STDOUT_FILENO) != 0) console_size(&terminal, &lines);
    size_t widest = 1;
    for (size_t i = 0; i < info->n_prompts; i++) {
        const size_t columns = columns_of(info->prompts[i]);
        if (columns > widest) widest = columns;
    }
    const size_t room = terminal > INDENT ? (size_t)(terminal - INDENT) : 1;
    const size_t per_row = (room + GAP) / (widest + GAP) > 0 ? (room + GAP) / (widest + GAP) : 1;
    const size_t rows = (info->n_prompts + per_row - 1) / per_row;
    for (size_t row = 0; row < rows; row++) {
        (void)printf("%*s", INDENT, "");
        for (size_t i = row; i < info->n_prompts; i += rows) { /* down the columns, as ls does */
            const bool last = i + rows >= info->n_prompts;
            const size_t pad = last ? 0 : widest + GAP - columns_of(info->prompts[i]);
            (void)printf("%s%*s", info->prompts[i], (int)pad, "");
        }
        (void)putchar('\n');
    }
}

static void print_model(const listed *at)
{
    (void)printf("%s (%s%s%.12s)\n  %s\n", at->found->name, at->found->source,
                 at->found->revision != NULL ? ", " : "",
                 at->found->revision != NULL ? at->found->revision : "", at->found->path);
    if (at->model == NULL) {
        (void)printf("  cannot be used: %s\n", at->problem.text);
        return;
    }
    if (at->info.description[0] != '\0') (void)printf("  %s\n", at->info.description);
    (void)printf("  %dx%d, %d steps, guidance %g\n", at->info.width, at->info.height,
                 at->info.steps, (double)at->info.guidance);
    if (at->info.n_prompts > 0) {
        (void)printf("  knows these %zu; of other words it draws what is nearest:\n",
                     at->info.n_prompts);
        print_prompts(&at->info);
    }
}

static json_t *prompts_json(const sd14_model_info *info)
{
    json_t *prompts = json_array();
    for (size_t i = 0; i < info->n_prompts; i++) {
        if (json_array_append_new(prompts, json_string(info->prompts[i])) != 0) {
            json_decref(prompts);
            return NULL;
        }
    }
    return prompts;
}

static json_t *model_json(const listed *at)
{
    const sd14_found_model *found = at->found;
    json_t *model = json_pack("{s:o, s:o, s:s, s:s?, s:b, s:o}", "name", recipe_path(found->name),
                              "path", recipe_path(found->path), "source", found->source, "revision",
                              found->revision, "loads", at->model != NULL, "problem",
                              at->model != NULL ? json_null() : recipe_path(at->problem.text));
    if (model == NULL || at->model == NULL) return model;
    json_t *known =
        json_pack("{s:s, s:i, s:i, s:i, s:f, s:o}", "description", at->info.description, "width",
                  (int)at->info.width, "height", (int)at->info.height, "steps", (int)at->info.steps,
                  "guidance_scale", (double)at->info.guidance, "prompts", prompts_json(&at->info));
    const bool added = known != NULL && json_object_update(model, known) == 0;
    json_decref(known);
    if (added) return model;
    json_decref(model);
    return NULL;
}

static exit_code load(listed *at, console *con)
{
    sd14_model_params params;
    sd14_model_params_default(&params);
    params.path = at->found->path;
    params.threads = 1; /* nothing is drawn */
    const sd14_status status = sd14_model_load(&params, &at->model, &at->problem);
    if (status == SD14_OK) {
        sd14_model_get_info(at->model, &at->info);
        return EXIT_CODE_OK;
    }
    at->model = NULL;
    if (status == SD14_ERROR_OUT_OF_MEMORY) {
        console_error(con, "%s", at->problem.text);
        return EXIT_CODE_MEMORY;
    }
    if (strcmp(at->found->source, "given") != 0) return EXIT_CODE_OK;
    console_error(con, "%s", at->problem.text);
    return exit_code_of(status);
}

/* Prints every model, or gathers them into `list`. The worst code wins. */
static exit_code show_all(cli *cli, const sd14_found_models *found, json_t *list)
{
    exit_code worst = EXIT_CODE_OK;
    for (size_t i = 0; i < found->count; i++) {
        listed at = {.found = &found->models[i]};
        const exit_code code = load(&at, &cli->console);
        if (code > worst) worst = code;
        if (list == NULL) {
            if (i > 0) (void)putchar('\n');
            print_model(&at);
        } else if (json_array_append_new(list, model_json(&at)) != 0) {
            console_error(&cli->console, "not enough memory for the result");
            worst = EXIT_CODE_MEMORY;
        }
        sd14_model_destroy(at.model);
        if (worst == EXIT_CODE_MEMORY) break;
    }
    return worst;
}

static exit_code print_json(cli *cli, const sd14_found_models *found)
{
    json_t *list = json_array();
    json_t *result = json_pack("{s:s, s:O}", "version", sd14_version(), "models", list);
    exit_code code = EXIT_CODE_MEMORY;
    if (result == NULL) {
        console_error(&cli->console, "not enough memory for the result");
    } else {
        code = show_all(cli, found, list);
        if (code != EXIT_CODE_MEMORY) {
            const exit_code printed = json_output(cli, json_incref(result));
            if (printed != EXIT_CODE_OK) code = printed;
        }
    }
    json_decref(result);
    json_decref(list);
    return code;
}

exit_code command_list(cli *cli, int argc, char **argv)
{
    list_settings settings = {.console = console_settings_default};
    exit_code code;
    if (!settings_read(cli, &list_command, argc, argv, &settings, &settings.console, &code))
        return code;

    char builtin[MODEL_PATH_BYTES];
    sd14_probe_params params;
    sd14_found_models found = {0};
    sd14_error error;
    folders_params(&settings.folders, builtin, &params);
    const sd14_status status = sd14_find_models(&params, &found, &error);
    if (status != SD14_OK) {
        console_error(&cli->console, "%s", error.text);
        return exit_code_of(status);
    }
    code = settings.console.json ? print_json(cli, &found) : show_all(cli, &found, NULL);
    if (found.count == 0) {
        console_warning(&cli->console, "no model found; give a folder: sd14 list DIR");
    }
    sd14_found_models_release(&found);
    return code;
}
