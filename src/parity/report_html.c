/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "parity/html.h"
#include "parity/report.h"
#include "parity/report_rows.h"

static void add_heads(const report_run *runs, size_t n_runs, const char *class, text *to)
{
    for (size_t i = 0; i < n_runs; i++) {
        text_add(to, "<th%s>", class);
        html_escape(to, text_get(&runs[i].name));
        text_add(to, "</th>");
    }
    text_add(to, "</tr>\n");
}

static void add_settings(const report_run *runs, size_t n_runs, text *to)
{
    text_add(to, "<h2>Runs</h2>\n<table>\n<tr><th></th>");
    add_heads(runs, n_runs, "", to);
    for (int setting = 0; setting < REPORT_SETTINGS; setting++) {
        const bool differs = report_setting_differs(runs, n_runs, (report_setting)setting);
        text_add(to, "<tr><th>%s</th>", report_setting_name((report_setting)setting));
        for (size_t i = 0; i < n_runs; i++) {
            text_add(to, differs ? "<td class=\"bad\">" : "<td>");
            html_escape(to, text_get(&runs[i].settings[setting]));
            text_add(to, "</td>");
        }
        text_add(to, "</tr>\n");
    }
    text_add(to, "</table>\n");
    text differences = {0};
    report_add_differences(runs, n_runs, &differences);
    if (differences.length > 0) {
        text_add(
            to,
            "<p class=\"note\"><b>Different settings: %s.</b> The ratios compare unlike work or "
            "conditions.</p>\n",
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
            text_add(to, "%s<h2>%s</h2>\n<table>\n<tr><th></th><th></th><th></th>",
                     index > 0 ? "</table>\n" : "", row.section);
            add_heads(runs, n_runs, " class=\"number\"", to);
            section = row.section;
        }
        text_add(to, "<tr><th>%s</th><td>%s</td><td>%s</td>", row.name, row.statistic,
                 row.shown_unit);
        for (size_t run = 0; run < n_runs; run++) {
            text_add(to, "<td class=\"number\">");
            report_add_cell(runs, run, index, to);
            text_add(to, "</td>");
        }
        text_add(to, "</tr>\n");
    }
    text_add(to, "</table>\n");
}

void report_html(const report_run *runs, size_t n_runs, text *to)
{
    html_begin(to, "Measurements");
    add_settings(runs, n_runs, to);
    report_plot_stages(runs, n_runs, to);
    report_plot_steps(runs, n_runs, to);
    add_rows(runs, n_runs, to);
    text_add(to, "<p>%s</p>\n", report_notes);
    html_end(to);
}
