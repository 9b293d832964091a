/* SPDX-License-Identifier: Apache-2.0 */

/* sd14 report: measurements side by side. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "settings.h"

typedef struct report_settings {
    console_settings console;
    const char *paths[SD14_REPORT_RUNS_MAX];
    const char *format;
    const char *output;
} report_settings;

/* In the order of sd14_report_format. */
static const char *const formats[] = {"markdown", "csv", "html", "json", NULL};

static const option report_rows[] = {
    {.name = "format",
     .kind = OPTION_CHOICE,
     .choices = formats,
     .argument = "NAME",
     .group = "The report",
     .help = "markdown, csv, json or html (one page with plots)",
     .shown = "markdown",
     OPTION_AT(report_settings, format)},
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_TEXT,
     .argument = "FILE",
     .help = "where to write it; - is standard output",
     .shown = "-",
     OPTION_AT(report_settings, output)},
    {.name = NULL},
};

const option_command report_command = {
    .name = "report",
    .summary = "put measurements of runs side by side",
    .usage = "report [options] RUN...",
    .examples = "  sd14 bench --warmup 1 -r 5 --json > one.json\n"
                "  sd14 bench --warmup 1 -r 5 -t 1 --json > other.json\n"
                "  sd14 report one.json other.json\n"
                "  sd14 report one.json other.json --format html -o report.html\n",
    .notes =
        "A run is a file that sd14 bench --json or sd14 generate --json printed, or the folder\n"
        "of a golden run. Up to 32; ratios are relative to the first. Settings that differ\n"
        "between them are named.\n",
    .options = report_rows,
    .shared = {{console_options, offsetof(report_settings, console)}},
    .operand = "run",
    .operand_offset = offsetof(report_settings, paths),
    .operand_max = SD14_REPORT_RUNS_MAX,
    .operand_hint = "sd14 report one.json other.json",
};

static sd14_report_format format_of(const char *name)
{
    size_t at = 0;
    while (strcmp(formats[at], name) != 0) at++; /* the parser let in nothing else */
    return (sd14_report_format)at;
}

static bool check_settings(const report_settings *s, console *con)
{
    if (s->output[0] == '\0') {
        console_error(con, "-o needs a file name");
        return false;
    }
    if (s->console.json && s->format != NULL && strcmp(s->format, "json") != 0) {
        console_error(con, "--json and --format %s contradict each other; leave one out",
                      s->format);
        return false;
    }
    return true;
}

exit_code command_report(cli *cli, int argc, char **argv)
{
    report_settings settings = {.console = console_settings_default, .output = "-"};
    exit_code code;
    if (!settings_read(cli, &report_command, argc, argv, &settings, &settings.console, &code))
        return code;
    size_t count = 0;
    while (count < SD14_REPORT_RUNS_MAX && settings.paths[count] != NULL) count++;
    if (count == 0) {
        console_error(&cli->console, "no run given; sd14 report one.json other.json");
        return EXIT_CODE_USAGE;
    }
    if (!check_settings(&settings, &cli->console)) return EXIT_CODE_USAGE;
    sd14_error error;
    char *text = NULL;
    const char *format = settings.console.json     ? "json"
                         : settings.format != NULL ? settings.format
                                                   : "markdown";
    sd14_status status = sd14_report(settings.paths, count, format_of(format), &text, &error);
    if (status == SD14_OK) {
        if (strcmp(settings.output, "-") == 0) {
            cli_print(cli, text);
        } else {
            status = sd14_text_write(text, settings.output, &error);
        }
    }
    sd14_text_destroy(text);
    if (status != SD14_OK) console_error(&cli->console, "%s", error.text);
    return exit_code_of(status);
}
