/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/memory.h"
#include "parity/report.h"

/* Names that two runs share say nothing: both get their whole paths. */
static sd14_status
tell_apart(report_run *runs, const char *const *paths, size_t n_runs, sd14_error *error)
{
    for (size_t i = 0; i < n_runs; i++) {
        for (size_t k = 0; k < n_runs; k++) {
            if (k != i && strcmp(text_get(&runs[k].name), text_get(&runs[i].name)) == 0)
                runs[i].shares_name = true;
        }
    }
    for (size_t i = 0; i < n_runs; i++) {
        if (!runs[i].shares_name) continue;
        text_release(&runs[i].name);
        text_add(&runs[i].name, "%s", paths[i]);
        if (text_failed(&runs[i].name)) FAIL_NO_MEMORY(error, "a run's name");
        text_to_line(runs[i].name.bytes);
    }
    return SD14_OK;
}

typedef void report_writer(const report_run *runs, size_t n_runs, text *to);

sd14_status report_make(const char *const *paths,
                        size_t n_paths,
                        report_format format,
                        text *out_text,
                        sd14_error *error)
{
    static report_writer *const writers[] = {[REPORT_MARKDOWN] = report_markdown,
                                             [REPORT_CSV] = report_csv,
                                             [REPORT_HTML] = report_html,
                                             [REPORT_JSON] = report_json};
    sd14_status status = SD14_OK;
    report_run *runs = mem_array(n_paths, sizeof(*runs));
    if (runs == NULL) FAIL_NO_MEMORY(error, "a report");
    for (size_t i = 0; i < n_paths; i++) TRY_DONE(report_run_read(paths[i], &runs[i], error));
    TRY_DONE(tell_apart(runs, paths, n_paths, error));
    writers[format](runs, n_paths, out_text);
    if (text_failed(out_text)) FAIL_DONE(error, OUT_OF_MEMORY, "not enough memory for a report");
done:
    for (size_t i = 0; i < n_paths; i++) report_run_release(&runs[i]);
    mem_free(runs);
    return status;
}
