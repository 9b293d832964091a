/* SPDX-License-Identifier: Apache-2.0 */

/** The measurements of one run, whatever they were written by. */
#ifndef SD14_PARITY_REPORT_RUN_H
#define SD14_PARITY_REPORT_RUN_H

#include <stdbool.h>

#include "base/spread.h"
#include "base/status.h"
#include "base/text.h"

typedef enum report_stage {
    REPORT_TOTAL,
    REPORT_TEXT,
    REPORT_PREPARE,
    REPORT_DENOISE,
    REPORT_DECODE,
    REPORT_STAGES
} report_stage;

/** What a run was. From REPORT_WRITER to REPORT_THREADS: numbers of runs that differ here are of different
 * work, or of other conditions. */
typedef enum report_setting {
    REPORT_PROGRAM,
    REPORT_WRITER,
    REPORT_MODEL,
    REPORT_SIZE,
    REPORT_STEPS,
    REPORT_GUIDANCE,
    REPORT_BACKEND,
    REPORT_PRECISION,
    REPORT_ISA,
    REPORT_THREADS,
    REPORT_PICTURES,
    REPORT_SETTINGS
} report_setting;

typedef struct report_run {
    text name;                      /**< last part of its path, or all of it where two are alike */
    bool shares_name;               /**< with another run of the report */
    text settings[REPORT_SETTINGS]; /**< one line each; "various" where its pictures differ */
    size_t n_pictures;
    double *stages[REPORT_STAGES]; /**< seconds, [n_pictures], sorted once summed up */
    double *steps; /**< seconds of all steps of all pictures, in the order they ran */
    size_t n_steps;
    double *later_steps; /**< the same without the first of each picture; sorted once summed up */
    size_t n_later_steps;
    double peak_bytes, weights_bytes, plan_bytes; /**< 0: not known */
    double compile_seconds, overhead_seconds, dram_bytes, l1_bytes,
        l1_small_bytes; /**< a device's */
    bool has_device;

    spread stage_seconds[REPORT_STAGES];
    spread step_seconds;      /**< of later_steps */
    double images_per_minute; /**< by the mean; 0 without pictures */
    double steps_per_second;  /**< by the mean of later_steps; 0 without */
} report_run;

/**
 * Reads a file of `sd14 bench --json` or `sd14 generate --json`, or the folder of a golden run.
 * @return SD14_OK; SD14_ERROR_FILE naming file and place; SD14_ERROR_OUT_OF_MEMORY. The run is to be released
 *         either way.
 */
SD14_NODISCARD sd14_status report_run_read(const char *path,
                                           report_run *out_run,
                                           sd14_error *error);

/** An all-zero or released run is fine. */
void report_run_release(report_run *run);

/** "model", "size", ... */
const char *report_setting_name(report_setting setting);

/** Whether the runs differ in a setting that makes their numbers hard to compare. */
bool report_setting_differs(const report_run *runs, size_t n_runs, report_setting setting);

/* ---- what the readers fill in ------------------------------------------------------------------ */

/** Sets a setting, as one line; to "various" when another value was set before. */
SD14_NODISCARD sd14_status report_run_set(report_run *run,
                                          report_setting setting,
                                          const char *value,
                                          sd14_error *error);

/** Makes room for a run's pictures. */
SD14_NODISCARD sd14_status report_run_reserve(report_run *run,
                                              size_t n_pictures,
                                              sd14_error *error);

/** Adds a step of the picture whose timings come next. */
SD14_NODISCARD sd14_status report_run_add_step(report_run *run,
                                               bool first,
                                               double seconds,
                                               sd14_error *error);

#endif /* SD14_PARITY_REPORT_RUN_H */
