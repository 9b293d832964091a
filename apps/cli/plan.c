/* SPDX-License-Identifier: Apache-2.0 */

/* sd14 plan: what a drawing takes, before anything is loaded or opened. */
#include <stddef.h>

#include "commands.h"
#include "json_output.h"
#include "plan_output.h"
#include "settings.h"

typedef struct plan_settings {
    model_settings model;
    console_settings console;
    int32_t steps;
    int32_t size[2];
    float guidance, eta;
} plan_settings;

static const option plan_rows[] = {
    {STEPS_OPTION(1), .group = "What to plan", .help = "denoising steps, 1 to 1000",
     .shown = "the model's; Stable Diffusion 1.4: 50", OPTION_AT(plan_settings, steps)},
    SIZE_OPTIONS(plan_settings),
    {GUIDANCE_OPTION, .help = "1 or less: a step runs the UNet on one latent, not on a pair",
     OPTION_AT(plan_settings, guidance)},
    {.name = "eta",
     .kind = OPTION_NUMBER,
     .min = 0,
     .max = 1,
     .argument = "X",
     .help = "above 0 a step takes noise of its own",
     .shown = "0",
     OPTION_AT(plan_settings, eta)},
    {.name = NULL},
};

const option_command plan_command = {
    .name = "plan",
    .summary = "say what a picture would take, before anything is loaded or opened",
    .usage = "plan [options] [MODEL]",
    .examples =
        "  sd14 plan stable-diffusion-v1-4 --size 768x768\n"
        "      memory on the processor\n"
        "  sd14 plan --backend ttnn stable-diffusion-v1-4\n"
        "      memory and a forecast of time on Tenstorrent's N150 and N300; needs no card,\n"
        "      no Python and no weights\n"
        "  sd14 plan --config configs/ttnn-n150-fast.json -v\n"
        "      with the calls that take longest\n",
    .notes =
        "The forecast is a lower bound: docs/tenstorrent.md has its assumptions and sources. The\n"
        "exit code is 5 if the picture does not fit the card that --tt-chips stands for: 1 the\n"
        "N150, 2 the N300.\n",
    .options = plan_rows,
    .shared = {{model_options, offsetof(plan_settings, model)},
               {console_options, offsetof(plan_settings, console)}},
    .operand = "model",
    .operand_offset = offsetof(plan_settings, model.path),
    .operand_max = 1,
    .operand_hint = "give one model",
};

static exit_code print(cli *cli, const plan_settings *settings, const sd14_plan *plan)
{
    exit_code code = EXIT_CODE_OK;
    if (settings->console.json) {
        code = json_output(cli, plan_json(plan));
    } else {
        plan_print(plan, settings->console.verbosity > 0);
    }
    if (code != EXIT_CODE_OK || plan->problem == NULL) return code;
    cli_flush(cli);
    console_error(&cli->console, "%s", plan->problem);
    return EXIT_CODE_DEVICE;
}

exit_code command_plan(cli *cli, int argc, char **argv)
{
    plan_settings settings = {
        .model = model_settings_default, .console = console_settings_default, .guidance = -1.0F};
    model_texts texts;
    sd14_model_params model;
    exit_code code;
    if (!settings_read(cli, &plan_command, argc, argv, &settings, &settings.console, &code))
        return code;
    code = model_settings_params(&settings.model, &cli->console, &texts, &model);
    if (code != EXIT_CODE_OK) return code;

    sd14_plan_params params;
    sd14_plan_params_default(&params);
    params.width = settings.size[0];
    params.height = settings.size[1];
    params.steps = settings.steps;
    params.guidance = settings.guidance;
    params.eta = settings.eta;

    sd14_plan *plan = NULL;
    sd14_error error;
    const sd14_status status = sd14_plan_make(&model, &params, &plan, &error);
    if (status != SD14_OK) {
        console_error(&cli->console, "%s", error.text);
        return exit_code_of(status);
    }
    code = print(cli, &settings, plan);
    sd14_plan_destroy(plan);
    return code;
}
