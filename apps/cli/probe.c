/* SPDX-License-Identifier: Apache-2.0 */

/* sd14 probe: what this machine has, and whether a backend could run on it. */
#include <stddef.h>
#include <stdio.h>

#include "commands.h"
#include "folders.h"
#include "settings.h"

typedef struct probe_settings {
    console_settings console;
    folder_operands folders;
    const char *backend;
} probe_settings;

static const char *const probe_backends[] = {"cpu", "ttnn", NULL};

static const option probe_rows[] = {
    {.name = "backend",
     .kind = OPTION_CHOICE,
     .choices = probe_backends,
     .argument = "NAME",
     .group = "What to ask",
     .help = "whether this one could run: cpu, ttnn",
     .shown = "cpu",
     OPTION_AT(probe_settings, backend)},
    {.name = NULL},
};

const option_command probe_command = {
    .name = "probe",
    .summary = "say what this machine has, and what is missing",
    .usage = "probe [options] [model folder ...]",
    .examples =
        "  sd14 probe\n"
        "      processor, memory, disk, libraries, models found, Tenstorrent cards\n"
        "  sd14 probe --backend ttnn\n"
        "      opens a Tenstorrent card; what it lacks here, and exit code 5, if it does not\n"
        "  sd14 probe --json path/to/stable-diffusion-v1-4 > machine.json\n",
    .notes =
        "Every problem has a line \"->\": what to do about it. The exit code is 0 if the backend\n"
        "could run, else 5. A Hugging Face token is looked for and never shown.\n",
    .options = probe_rows,
    .shared = {{console_options, offsetof(probe_settings, console)}},
    .operand = "model folder",
    .operand_offset = offsetof(probe_settings, folders),
    .operand_max = FOLDERS_MAX,
    .operand_hint = FOLDERS_HINT,
};

exit_code command_probe(cli *cli, int argc, char **argv)
{
    probe_settings settings = {.console = console_settings_default, .backend = "cpu"};
    exit_code code;
    if (!settings_read(cli, &probe_command, argc, argv, &settings, &settings.console, &code))
        return code;

    char builtin[MODEL_PATH_BYTES];
    sd14_probe_params params;
    folders_params(&settings.folders, builtin, &params);
    params.backend = settings.backend;

    sd14_error error;
    sd14_probe_report report = {0};
    const sd14_status status = sd14_probe(&params, &report, &error);
    if (status != SD14_OK) {
        console_error(&cli->console, "%s", error.text);
        return exit_code_of(status);
    }
    cli_print(cli, settings.console.json ? report.json : report.text);
    cli_flush(cli);
    if (report.missing != NULL) console_error(&cli->console, "%s", report.missing);
    code = report.missing != NULL ? EXIT_CODE_DEVICE : EXIT_CODE_OK;
    sd14_probe_report_release(&report);
    return code;
}
