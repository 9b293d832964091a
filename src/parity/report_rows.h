/* SPDX-License-Identifier: Apache-2.0 */

/** The numbers of a report, the same in every format. */
#ifndef SD14_PARITY_REPORT_ROWS_H
#define SD14_PARITY_REPORT_ROWS_H

#include "parity/report_run.h"

typedef struct report_row {
    const char *section;    /**< "Latency" */
    const char *name;       /**< "VAE decoding" */
    const char *statistic;  /**< "median"; "" for a number by itself */
    const char *unit;       /**< of report_row_value(): "seconds", "bytes" */
    const char *shown_unit; /**< in tables: "s", "MiB" */
    double shown_scale;     /**< from one to the other */
} report_row;

enum { REPORT_ROWS = 3 * (REPORT_STAGES + 1) + 2 + 3 + 5 };

/** @param index  0 to REPORT_ROWS - 1; the rows of a section stand together. */
report_row report_row_at(size_t index);

/** Whether a table for people has that row: of devices only where a run has one. */
bool report_row_shown(const report_run *runs, size_t n_runs, size_t index);

/** NaN where the run does not say. */
double report_row_value(const report_run *run, size_t index);

/** `value` relative to `first`; NaN where that means nothing. */
double report_ratio(double value, double first);

/** "whole picture", "text", ... */
const char *report_stage_name(report_stage stage);

/** A number with four digits that count, six after the point at most: "0.01234", "1.234", "123.4"; "–" for
 * NaN. */
void report_add_number(double value, text *to);

/** A row's number in its shown unit and, but for the first run, the ratio: "1.300 (1.05×)". */
void report_add_cell(const report_run *runs, size_t run, size_t index, text *to);

/** The settings in which the runs differ, joined: "steps, threads". */
void report_add_differences(const report_run *runs, size_t n_runs, text *to);

/** What a reader has to know of the numbers: one sentence after the other. */
extern const char report_notes[];

#endif /* SD14_PARITY_REPORT_ROWS_H */
