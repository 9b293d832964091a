/* SPDX-License-Identifier: Apache-2.0 */

/* sd14 compare: a recorded run against its reference. */
#include <stddef.h>
#include <string.h>

#include "commands.h"
#include "settings.h"

typedef struct compare_settings {
    console_settings console;
    const char *paths[2]; /* what is judged, the reference */
    const char *thresholds;
    const char *html;
    bool no_verify;
} compare_settings;

static const option compare_rows[] = {
    {.name = "thresholds",
     .kind = OPTION_TEXT,
     .argument = "FILE",
     .group = "How to judge",
     .help = "limits with their reasons, in JSON",
     .shown = "built in: configs/thresholds/f32.json",
     OPTION_AT(compare_settings, thresholds)},
    {.name = "no-verify",
     .kind = OPTION_FLAG,
     .help = "do not hash the files of both runs first",
     OPTION_AT(compare_settings, no_verify)},
    {.name = "html",
     .kind = OPTION_TEXT,
     .argument = "FILE",
     .group = "Output",
     .help = "write a report with all pictures and plots, one file",
     OPTION_AT(compare_settings, html)},
    {.name = NULL},
};

const option_command compare_command = {
    .name = "compare",
    .summary = "compare a recorded run with its reference",
    .usage = "compare [options] A B",
    .examples = "  sd14 compare runs/mine runs/diffusers --html report.html\n"
                "      two folders written by sd14 golden or tools/reference/golden_diffusers.py;\n"
                "      B is the reference\n"
                "  sd14 compare mine/latents_100.npy reference/latents_100.npy\n"
                "      two files: .npy, .safetensors (tensor by tensor) or .png\n",
    .notes =
        "Exit code 6: something is beyond its limit, missing, damaged, or was drawn from other\n"
        "settings. Every reason is printed. With -v every tensor of every item is printed too.\n",
    .options = compare_rows,
    .shared = {{console_options, offsetof(compare_settings, console)}},
    .operand = "run or file",
    .operand_offset = offsetof(compare_settings, paths),
    .operand_max = 2,
    .operand_hint = "two are compared: sd14 compare A B",
};

/* Prints it, or (to a path) writes it into a file. */
static exit_code
write_report(const sd14_comparison *of, sd14_comparison_format format, const char *path, cli *cli)
{
    char *text = NULL;
    sd14_error error;
    sd14_status status = sd14_comparison_write(of, format, &text, &error);
    if (status == SD14_OK && path == NULL) {
        cli_print(cli, text);
    } else if (status == SD14_OK) {
        status = sd14_text_write(text, path, &error);
    }
    sd14_text_destroy(text);
    if (status != SD14_OK) console_error(&cli->console, "%s", error.text);
    return exit_code_of(status);
}

static exit_code
write_reports(const sd14_comparison *of, const compare_settings *settings, cli *cli)
{
    if (settings->html != NULL) {
        const exit_code code = write_report(of, SD14_COMPARISON_HTML, settings->html, cli);
        if (code != EXIT_CODE_OK) return code;
        console_note(&cli->console, "report: %s", settings->html);
    }
    const sd14_comparison_format format = settings->console.json ? SD14_COMPARISON_JSON
                                          : settings->console.verbosity > 0
                                              ? SD14_COMPARISON_DETAILS
                                              : SD14_COMPARISON_SUMMARY;
    const exit_code code = write_report(of, format, NULL, cli);
    if (code != EXIT_CODE_OK) return code;
    return sd14_comparison_passed(of) ? EXIT_CODE_OK : EXIT_CODE_VERIFICATION;
}

static bool check_settings(const compare_settings *s, console *con)
{
    if (s->paths[1] == NULL) {
        console_error(con, "%s; two are compared: sd14 compare A B",
                      s->paths[0] == NULL ? "nothing to compare" : "the reference is missing");
    } else if (s->html != NULL && (s->html[0] == '\0' || strcmp(s->html, "-") == 0)) {
        console_error(con, "--html needs a file name; standard output has the verdict");
    } else {
        return true;
    }
    return false;
}

exit_code command_compare(cli *cli, int argc, char **argv)
{
    compare_settings settings = {.console = console_settings_default};
    exit_code code;
    if (!settings_read(cli, &compare_command, argc, argv, &settings, &settings.console, &code))
        return code;
    if (!check_settings(&settings, &cli->console)) return EXIT_CODE_USAGE;

    sd14_compare_params params;
    sd14_compare_params_default(&params);
    params.a = settings.paths[0];
    params.b = settings.paths[1];
    params.thresholds = settings.thresholds;
    params.verify = !settings.no_verify;
    sd14_comparison *made = NULL;
    sd14_error error;
    const sd14_status status = sd14_compare(&params, &made, &error);
    if (status != SD14_OK) {
        console_error(&cli->console, "%s", error.text);
        return exit_code_of(status);
    }
    code = write_reports(made, &settings, cli);
    sd14_comparison_destroy(made);
    return code;
}
