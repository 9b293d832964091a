/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>

#include "parity/json_values.h"
#include "parity/report.h"
#include "parity/report_rows.h"

static json_t *numbers_json(const report_run *runs, size_t run)
{
    json_t *array = json_array();
    for (size_t index = 0; index < REPORT_ROWS; index++) {
        const report_row row = report_row_at(index);
        const double value = report_row_value(&runs[run], index);
        const double ratio = report_ratio(value, report_row_value(&runs[0], index));
        json_t *one = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "section", row.section, "name",
                                row.name, "statistic", row.statistic, "unit", row.unit, "value",
                                json_finite(value), "ratio_to_first", json_finite(ratio));
        (void)json_array_append_new(array,
                                    one); /* NULLs are found at the end: the count is short */
    }
    if (json_array_size(array) == REPORT_ROWS) return array;
    json_decref(array);
    return NULL;
}

static json_t *settings_json(const report_run *run)
{
    json_t *object = json_object();
    for (int setting = 0; setting < REPORT_SETTINGS; setting++) {
        (void)json_object_set_new(object, report_setting_name((report_setting)setting),
                                  json_string(text_get(&run->settings[setting])));
    }
    if (json_object_size(object) == REPORT_SETTINGS) return object;
    json_decref(object);
    return NULL;
}

static json_t *differences_json(const report_run *runs, size_t n_runs)
{
    json_t *array = json_array();
    for (int setting = 0; setting < REPORT_SETTINGS; setting++) {
        if (!report_setting_differs(runs, n_runs, (report_setting)setting)) continue;
        if (json_array_append_new(array,
                                  json_string(report_setting_name((report_setting)setting))) == 0)
            continue;
        json_decref(array);
        return NULL;
    }
    return array;
}

static int add_bytes(const char *bytes, size_t size, void *to)
{
    text_add_bytes(to, bytes, size);
    return text_failed(to) ? -1 : 0;
}

void report_json(const report_run *runs, size_t n_runs, text *to)
{
    json_t *list = json_array();
    for (size_t run = 0; run < n_runs; run++) {
        json_t *one = json_pack("{s:s, s:o, s:o}", "name", text_get(&runs[run].name), "settings",
                                settings_json(&runs[run]), "numbers", numbers_json(runs, run));
        to->failed |= json_array_append_new(list, one) != 0;
    }
    json_t *report =
        json_pack("{s:o, s:o}", "different_settings", differences_json(runs, n_runs), "runs", list);
    to->failed |=
        json_dump_callback(report, add_bytes, to, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) != 0;
    json_decref(report);
    text_add(to, "\n");
}
