/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "parity/report.h"
#include "parity/report_rows.h"

/* A backslash before punctuation is that punctuation, whatever it means elsewhere (CommonMark). */
static void add_words(const char *words, text *to)
{
    for (; *words != '\0'; words++) {
        if (strchr("\\`*_{}[]<>#|~&!$", *words) != NULL) text_add(to, "\\");
        text_add_bytes(to, words, 1);
    }
}

static void add_head(const report_run *runs, size_t n_runs, int columns_before, text *to)
{
    for (int i = 0; i < columns_before; i++) text_add(to, "| ");
    for (size_t i = 0; i < n_runs; i++) {
        text_add(to, "| ");
        add_words(text_get(&runs[i].name), to);
        text_add(to, " ");
    }
    text_add(to, "|\n");
    for (int i = 0; i < columns_before; i++) text_add(to, "|---");
    for (size_t i = 0; i < n_runs; i++) text_add(to, columns_before > 1 ? "|--:" : "|---");
    text_add(to, "|\n");
}

static void add_settings(const report_run *runs, size_t n_runs, text *to)
{
    text_add(to, "## Runs\n\n");
    add_head(runs, n_runs, 1, to);
    for (int setting = 0; setting < REPORT_SETTINGS; setting++) {
        const bool differs = report_setting_differs(runs, n_runs, (report_setting)setting);
        text_add(to, "| %s ", report_setting_name((report_setting)setting));
        for (size_t i = 0; i < n_runs; i++) {
            text_add(to, differs ? "| **" : "| ");
            add_words(text_get(&runs[i].settings[setting]), to);
            text_add(to, differs ? "** " : " ");
        }
        text_add(to, "|\n");
    }
    text differences = {0};
    report_add_differences(runs, n_runs, &differences);
    if (differences.length > 0) {
        text_add(to,
                 "\n> **Different settings: %s.** The ratios compare unlike work or conditions.\n",
                 text_get(&differences));
    }
    to->failed |= text_failed(&differences);
    text_release(&differences);
}

static void add_rows(const report_run *runs, size_t n_runs, text *to)
{
    const char *section = "";
    for (size_t index = 0; index < REPORT_ROWS; index++) {
        if (!report_row_shown(runs, n_runs, index)) continue;
        const report_row row = report_row_at(index);
        if (strcmp(row.section, section) != 0) {
            section = row.section;
            text_add(to, "\n## %s\n\n", section);
            add_head(runs, n_runs, 3, to);
        }
        text_add(to, "| %s | %s | %s ", row.name, row.statistic, row.shown_unit);
        for (size_t run = 0; run < n_runs; run++) {
            text_add(to, "| ");
            report_add_cell(runs, run, index, to);
            text_add(to, " ");
        }
        text_add(to, "|\n");
    }
}

void report_markdown(const report_run *runs, size_t n_runs, text *to)
{
    text_add(to, "# Measurements\n\n");
    add_settings(runs, n_runs, to);
    add_rows(runs, n_runs, to);
    text_add(to, "\n%s\n", report_notes);
}
