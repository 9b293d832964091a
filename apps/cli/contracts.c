/* SPDX-License-Identifier: Apache-2.0 */

/* sd14 contracts: what the parts take and give, printed, and checked against what is there. */
#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "json_output.h"
#include "settings.h"

typedef struct contracts_settings {
    model_settings model;
    console_settings console;
    const char *folder;
    const char *run;
    bool check;
} contracts_settings;

static const option contracts_rows[] = {
    {.name = "check",
     .kind = OPTION_FLAG,
     .group = "What to do",
     .help = "hold the model's graphs and the backend, run small, against the\n"
             "contracts instead of printing these",
     OPTION_AT(contracts_settings, check)},
    {.name = "run",
     .kind = OPTION_TEXT,
     .argument = "DIR",
     .help = "check every tensor and picture of a recorded run",
     OPTION_AT(contracts_settings, run)},
    {.name = "contracts",
     .kind = OPTION_TEXT,
     .argument = "DIR",
     .help = "folder of contracts to use",
     .shown = "those in the program",
     OPTION_AT(contracts_settings, folder)},
    {.name = NULL},
};

const option_command contracts_command = {
    .name = "contracts",
    .summary = "print and check what the parts of a model take and give",
    .usage = "contracts [options]",
    .examples = "  sd14 contracts\n"
                "      names, shapes, types, ranges and meaning\n"
                "  sd14 contracts --check -m stable-diffusion-v1-4 --backend cpu\n"
                "  sd14 contracts --run golden -m stable-diffusion-v1-4\n",
    .notes = "A violation is named by contract, tensor and field; the exit code is then 6.\n",
    .options = contracts_rows,
    .shared = {{model_options, offsetof(contracts_settings, model)},
               {console_options, offsetof(contracts_settings, console)}},
};

/* ---- printing --------------------------------------------------------------------------------------- */

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

/* "[batch,height/8,width/8,4]": text without quotes. */
static void print_shape(const json_t *shape, int width)
{
    char line[160] = "[";
    size_t used = 1;
    for (size_t i = 0; i < json_array_size(shape) && used < sizeof(line); i++) {
        const json_t *length = json_array_get(shape, i);
        const char *comma = i == 0 ? "" : ",";
        const int added = json_is_string(length)
                              ? snprintf(line + used, sizeof(line) - used, "%s%s", comma,
                                         json_string_value(length))
                              : snprintf(line + used, sizeof(line) - used, "%s%lld", comma,
                                         (long long)json_integer_value(length));
        used += added < 0 ? 0 : (size_t)added;
    }
    (void)printf("%s]%*s", line, used + 1 < (size_t)width ? width - (int)used - 1 : 1, "");
}

static void print_range(const json_t *range)
{
    const json_t *below = json_object_get(range, "below");
    (void)printf("%g to ", json_number_value(json_object_get(range, "min")));
    if (json_is_string(below)) {
        (void)printf("below %s", json_string_value(below));
    } else if (below != NULL) {
        (void)printf("below %g", json_number_value(below));
    } else {
        (void)printf("%g", json_number_value(json_object_get(range, "max")));
    }
    (void)printf(" (%s)\n", text_of(range, "reason"));
}

static void print_tensor(const char *side, const json_t *tensor)
{
    const json_t *diffusers = json_object_get(tensor, "diffusers");
    (void)printf("  %-3s %-22s %-8s ", side, text_of(tensor, "name"), text_of(tensor, "dtype"));
    print_shape(json_object_get(tensor, "shape"), 48);
    (void)printf("%s%s\n", text_of(tensor, "layout"),
                 json_is_true(json_object_get(tensor, "optional")) ? ", optional" : "");
    (void)printf("      %s\n      range: ", text_of(tensor, "meaning"));
    print_range(json_object_get(tensor, "range"));
    if (json_is_object(diffusers)) {
        const char *layout = text_of(diffusers, "layout");
        (void)printf("      diffusers: %s, %s %s\n", text_of(diffusers, "name"),
                     text_of(diffusers, "dtype"), layout[0] == '\0' ? "scalar" : layout);
    }
}

static void print_contract(const json_t *contract)
{
    const char *symbol;
    json_t *meaning;
    size_t i;
    json_t *tensor;
    (void)printf("%s: %s.%s\n  %s\n", text_of(contract, "name"), text_of(contract, "class"),
                 text_of(contract, "call"), text_of(contract, "description"));
    json_array_foreach(json_object_get(contract, "inputs"), i, tensor) print_tensor("in", tensor);
    json_array_foreach(json_object_get(contract, "outputs"), i, tensor) print_tensor("out", tensor);
    json_object_foreach(json_object_get(contract, "symbols"), symbol, meaning)
    {
        (void)printf("  %-26s %s\n", symbol, json_string_value(meaning));
    }
    (void)putchar('\n');
}

static void print_contracts(json_t *root)
{
    size_t i;
    json_t *contract;
    json_array_foreach(json_object_get(root, "contracts"), i, contract) print_contract(contract);
}

static void print_report(json_t *root)
{
    size_t i;
    json_t *violation;
    const char *against;
    json_t *count;
    json_array_foreach(json_object_get(root, "violations"), i, violation)
    {
        const char *where = text_of(violation, "where");
        (void)printf("%s: %s: %s: expected %s, found %s (%s%s%s)\n", text_of(violation, "contract"),
                     text_of(violation, "tensor"), text_of(violation, "field"),
                     text_of(violation, "expected"), text_of(violation, "found"),
                     text_of(violation, "against"), where[0] == '\0' ? "" : " ", where);
    }
    json_object_foreach(json_object_get(root, "checked"), against, count)
    {
        (void)printf("%s: %lld tensors checked\n", against, (long long)json_integer_value(count));
    }
}

/* ---- the command ------------------------------------------------------------------------------------ */

static exit_code show(const contracts_settings *settings, cli *cli)
{
    char *text = NULL;
    sd14_error error;
    const sd14_status status = sd14_contracts_json(settings->folder, &text, &error);
    if (status != SD14_OK) {
        console_error(&cli->console, "%s", error.text);
        return exit_code_of(status);
    }
    const exit_code code = json_output_text(cli, settings->console.json, text, print_contracts);
    sd14_text_destroy(text);
    return code;
}

static exit_code check(const contracts_settings *settings, cli *cli)
{
    const sd14_contracts_params params = {
        .folder = settings->folder,
        .graphs = settings->check,
        .backend = settings->check,
        .run = settings->run,
    };
    sd14_model *model = NULL;
    exit_code code = model_settings_load(&settings->model, &cli->console, &model);
    if (code != EXIT_CODE_OK) return code;
    char *report = NULL;
    sd14_error error;
    const sd14_status status = sd14_contracts_check(model, &params, &report, &error);
    if (report != NULL) code = json_output_text(cli, settings->console.json, report, print_report);
    if (status != SD14_OK) {
        console_error(&cli->console, "%s", error.text);
        code = exit_code_of(status);
    }
    sd14_text_destroy(report);
    sd14_model_destroy(model);
    return code;
}

exit_code command_contracts(cli *cli, int argc, char **argv)
{
    contracts_settings settings = {.model = model_settings_default,
                                   .console = console_settings_default};
    exit_code code;
    if (!settings_read(cli, &contracts_command, argc, argv, &settings, &settings.console, &code))
        return code;
    if (settings.check || settings.run != NULL) return check(&settings, cli);
    return show(&settings, cli);
}
