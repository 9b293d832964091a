/* SPDX-License-Identifier: Apache-2.0 */

/* sd14 parity: two computations of one picture, node by node. */
#include <stdio.h>
#include <string.h>

#include "interrupt.h"
#include "numbers.h"
#include "parity_options.h"
#include "prompt.h"

/* What can be judged before a model is opened. */
static exit_code check_settings(const parity_settings *s, console *con)
{
    const bool live = s->against_model != NULL || s->against_backend != NULL ||
                      s->against_precision != NULL || s->against_isa != NULL ||
                      s->against_emulate != NULL || s->against_exact;
    if (live == (s->recording != NULL)) {
        console_error(con, live ? "--recording and --against-... are two references; leave one out"
                                : "nothing to compare with; give --against-isa ref, another "
                                  "--against-... or --recording");
        return EXIT_CODE_USAGE;
    }
    if (s->isolate && s->recording != NULL) {
        console_error(con, "--isolate needs a reference that runs; a recording does not hold every "
                           "node's inputs");
        return EXIT_CODE_USAGE;
    }
    if (s->prompt == NULL && s->recording == NULL) {
        console_error(con, "no prompt given; sd14 parity --against-isa ref \"a red apple\"");
        return EXIT_CODE_USAGE;
    }
    if (strcmp(s->model.on_device_failure, "stop") != 0) {
        console_error(con,
                      "--on-device-failure %s: another backend would be compared; leave it out",
                      s->model.on_device_failure);
        return EXIT_CODE_USAGE;
    }
    if (parity_seed_given(s) && s->seed.random) {
        console_error(con, "--seed random: choose one, so that what is found can be found again");
        return EXIT_CODE_USAGE;
    }
    const char *const texts[] = {s->prompt, s->negative_prompt};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (texts[i] == NULL || prompt_is_utf8(texts[i])) continue;
        console_error(con, "the prompt is not valid UTF-8");
        return EXIT_CODE_USAGE;
    }
    return EXIT_CODE_OK;
}

static exit_code load_reference(const parity_settings *s, console *con, sd14_model **out_model)
{
    model_settings theirs = s->model;
    if (s->recording != NULL) return EXIT_CODE_OK;
    if (s->against_model != NULL) theirs.path = s->against_model;
    if (s->against_backend != NULL && strcmp(s->against_backend, theirs.backend) != 0) {
        theirs.backend = s->against_backend;
        model_settings_forget_device(&theirs);
    }
    if (s->against_precision != NULL) theirs.precision = s->against_precision;
    if (s->against_isa != NULL) theirs.isa = s->against_isa;
    if (s->against_emulate != NULL) theirs.emulate = s->against_emulate;
    theirs.exact = theirs.exact || s->against_exact;
    return model_settings_load(&theirs, con, out_model);
}

static void say(void *user, const char *what)
{
    char line[128];
    console *con = user;
    (void)snprintf(line, sizeof(line), "%s ...", what);
    if (!con->quiet) console_draw(con, line);
}

static exit_code compare(cli *cli, const parity_settings *s, sd14_parity_params *params)
{
    params->recording = s->recording;
    params->prompt = s->prompt;
    params->negative_prompt = s->negative_prompt;
    params->width = s->size[0];
    params->height = s->size[1];
    params->steps = s->steps;
    params->guidance = s->guidance;
    params->has_seed = parity_seed_given(s);
    params->seed = params->has_seed ? s->seed.value : 0;
    params->step = s->step;
    params->nodes = s->nodes;
    params->isolate = s->isolate;
    params->threshold = number_float_shown(s->threshold); /* 1e-5 as typed, not as a float has it */
    params->progress = say;
    params->progress_user = &cli->console;

    sd14_parity_report *report = NULL;
    sd14_error error;
    const sd14_status status = sd14_parity_run(params, &report, &error);
    console_clear(&cli->console);
    if (status != SD14_OK) {
        console_error(&cli->console, "%s", error.text);
        return exit_code_of(status);
    }
    const bool json = s->console.json;
    cli_print(cli, json ? sd14_parity_report_json(report) : sd14_parity_report_text(report));
    const bool same = sd14_parity_report_first(report) == NULL;
    sd14_parity_report_destroy(report);
    return same ? EXIT_CODE_OK : EXIT_CODE_VERIFICATION;
}

exit_code command_parity(cli *cli, int argc, char **argv)
{
    parity_settings settings = parity_settings_default();
    exit_code code;
    if (!settings_read(cli, &parity_command, argc, argv, &settings, &settings.console, &code))
        return code;
    console *con = &cli->console;
    sd14_parity_params params;
    sd14_parity_params_default(&params);
    code = check_settings(&settings, con);
    if (code == EXIT_CODE_OK) {
        interrupt_catch();
        interrupt_at_once(con->redraws ? "\r\033[Ksd14: interrupted\n" : "sd14: interrupted\n");
        code = model_settings_load(&settings.model, con, &params.model);
    }
    if (code == EXIT_CODE_OK) code = load_reference(&settings, con, &params.reference);
    if (code == EXIT_CODE_OK) code = compare(cli, &settings, &params);
    interrupt_at_once(NULL);
    sd14_model_destroy(params.reference);
    sd14_model_destroy(params.model);
    return code;
}
