/* SPDX-License-Identifier: Apache-2.0 */
#include <sd14/report.h>

#include "base/status.h"
#include "parity/report.h"

sd14_status sd14_report(const char *const *paths,
                        size_t n_paths,
                        sd14_report_format format,
                        char **out_text,
                        sd14_error *error)
{
    if (paths == NULL || out_text == NULL || n_paths < 1 || n_paths > SD14_REPORT_RUNS_MAX) {
        FAIL(error, INVALID_ARGUMENT, "%zu runs; a report takes 1 to %d", n_paths,
             SD14_REPORT_RUNS_MAX);
    }
    if (format < SD14_REPORT_MARKDOWN || format > SD14_REPORT_JSON)
        FAIL(error, INVALID_ARGUMENT, "no such format of a report");
    for (size_t i = 0; i < n_paths; i++) {
        if (paths[i] == NULL || paths[i][0] == '\0')
            FAIL(error, INVALID_ARGUMENT, "run %zu has no name", i + 1);
    }
    text made = {0};
    const sd14_status status = report_make(paths, n_paths, (report_format)format, &made, error);
    if (status != SD14_OK) {
        text_release(&made);
        return status;
    }
    *out_text = made.bytes; /* its memory is sd14_text_destroy()'s */
    return SD14_OK;
}
