/* SPDX-License-Identifier: Apache-2.0 */

/** Measurements of runs side by side. */
#ifndef SD14_PARITY_REPORT_H
#define SD14_PARITY_REPORT_H

#include "parity/report_run.h"

typedef enum report_format { REPORT_MARKDOWN, REPORT_CSV, REPORT_HTML, REPORT_JSON } report_format;

/** @param out_text  Appended to. @return SD14_OK; SD14_ERROR_FILE; SD14_ERROR_OUT_OF_MEMORY. */
SD14_NODISCARD sd14_status report_make(const char *const *paths,
                                       size_t n_paths,
                                       report_format format,
                                       text *out_text,
                                       sd14_error *error);

/* ---- the formats: text_failed() shows that memory ran out --------------------------------------- */

void report_markdown(const report_run *runs, size_t n_runs, text *to);
void report_csv(const report_run *runs, size_t n_runs, text *to);
void report_html(const report_run *runs, size_t n_runs, text *to);
void report_json(const report_run *runs, size_t n_runs, text *to);

/** Of report_html(): figures with an SVG each. */
void report_plot_stages(const report_run *runs, size_t n_runs, text *to);
void report_plot_steps(const report_run *runs, size_t n_runs, text *to);

#endif /* SD14_PARITY_REPORT_H */
