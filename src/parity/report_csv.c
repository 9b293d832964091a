/* SPDX-License-Identifier: Apache-2.0 */

/* RFC 4180, but lines end as they do on Unix. */
#include <math.h>
#include <string.h>

#include "parity/report.h"
#include "parity/report_rows.h"

static void add_field(const char *words, text *to)
{
    if (strpbrk(words, ",\"\r\n") == NULL) {
        text_add(to, "%s,", words);
        return;
    }
    text_add(to, "\"");
    for (; *words != '\0'; words++) {
        if (*words == '"') text_add(to, "\"");
        text_add_bytes(to, words, 1);
    }
    text_add(to, "\",");
}

/* Empty: not known. */
static void add_value(double value, text *to)
{
    if (!isnan(value)) text_add(to, "%.9g", value);
}

static void add_run(const report_run *runs, size_t run, text *to)
{
    const report_run *of = &runs[run];
    for (int setting = 0; setting < REPORT_SETTINGS; setting++) {
        add_field(text_get(&of->name), to);
        text_add(to, "Runs,%s,,,", report_setting_name((report_setting)setting));
        add_field(text_get(&of->settings[setting]), to);
        text_add(to, "\n");
    }
    for (size_t index = 0; index < REPORT_ROWS; index++) {
        const report_row row = report_row_at(index);
        const double value = report_row_value(of, index);
        add_field(text_get(&of->name), to);
        add_field(row.section, to);
        add_field(row.name, to);
        text_add(to, "%s,%s,", row.statistic, row.unit);
        add_value(value, to);
        text_add(to, ",");
        add_value(report_ratio(value, report_row_value(&runs[0], index)), to);
        text_add(to, "\n");
    }
}

void report_csv(const report_run *runs, size_t n_runs, text *to)
{
    text_add(to, "run,section,name,statistic,unit,value,ratio_to_first\n");
    for (size_t run = 0; run < n_runs; run++) add_run(runs, run, to);
}
