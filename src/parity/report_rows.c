/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/report_rows.h"

#include <math.h>

enum {
    STATISTICS = 3,
    FIRST_RATE = STATISTICS * (REPORT_STAGES + 1),
    FIRST_DEVICE = FIRST_RATE + 5
};

const char report_notes[] =
    "In brackets: relative to the first run. Steps are all but the first of each picture. "
    "Percentiles lie on the "
    "line between the nearest two samples, as numpy.percentile has it; throughput is by the mean.";

const char *report_stage_name(report_stage stage)
{
    static const char *const names[REPORT_STAGES] = {
        [REPORT_TOTAL] = "whole picture",       [REPORT_TEXT] = "text",
        [REPORT_PREPARE] = "preparing weights", [REPORT_DENOISE] = "UNet, all steps",
        [REPORT_DECODE] = "VAE decoding",
    };
    return names[stage];
}

report_row report_row_at(size_t index)
{
    static const char *const statistics[STATISTICS] = {"min", "median", "p95"};
    static const report_row others[] = {
        {"Throughput", "images", "", "images/min", "images/min", 1},
        {"Throughput", "steps", "", "steps/s", "steps/s", 1},
        {"Memory", "peak of the process", "", "bytes", "MiB", 1.0 / 1048576},
        {"Memory", "prepared weights", "", "bytes", "MiB", 1.0 / 1048576},
        {"Memory", "plan: activations and scratch", "", "bytes", "MiB", 1.0 / 1048576},
        {"Device", "first use: compiling", "", "seconds", "s", 1},
        {"Device", "host overhead of a step", "", "seconds", "ms", 1000},
        {"Device", "DRAM of a chip", "", "bytes", "MiB", 1.0 / 1048576},
        {"Device", "L1 of a core", "", "bytes", "KiB", 1.0 / 1024},
        {"Device", "L1 of a core, tables", "", "bytes", "KiB", 1.0 / 1024},
    };
    if (index >= FIRST_RATE) return others[index - FIRST_RATE];
    const size_t what = index / STATISTICS;
    return (report_row){
        .section = "Latency",
        .name = what == REPORT_STAGES ? "UNet step" : report_stage_name((report_stage)what),
        .statistic = statistics[index % STATISTICS],
        .unit = "seconds",
        .shown_unit = "s",
        .shown_scale = 1,
    };
}

static double known(double value)
{
    return value > 0 ? value : (double)NAN;
}

double report_row_value(const report_run *run, size_t index)
{
    if (index >= FIRST_RATE) {
        const double values[] = {run->images_per_minute, run->steps_per_second,
                                 run->peak_bytes,        run->weights_bytes,
                                 run->plan_bytes,        run->compile_seconds,
                                 run->overhead_seconds,  run->dram_bytes,
                                 run->l1_bytes,          run->l1_small_bytes};
        const double value = values[index - FIRST_RATE];
        return index >= FIRST_DEVICE && run->has_device ? value : known(value);
    }
    const size_t what = index / STATISTICS;
    const spread *of = what == REPORT_STAGES ? &run->step_seconds : &run->stage_seconds[what];
    const double values[STATISTICS] = {of->min, of->median, of->p95};
    return of->count > 0 ? values[index % STATISTICS] : (double)NAN;
}

bool report_row_shown(const report_run *runs, size_t n_runs, size_t index)
{
    bool any = index < FIRST_DEVICE;
    for (size_t run = 0; run < n_runs; run++) any |= runs[run].has_device;
    return any;
}

double report_ratio(double value, double first)
{
    return first > 0 ? value / first : (double)NAN;
}

void report_add_number(double value, text *to)
{
    if (isnan(value)) {
        text_add(to, "\xE2\x80\x93"); /* an en dash */
        return;
    }
    int decimals = value == 0.0 ? 0 : 6;
    for (double size = value; decimals > 0 && size >= 0.01; size /= 10) decimals--;
    text_add(to, "%.*f", decimals, value);
}

void report_add_cell(const report_run *runs, size_t run, size_t index, text *to)
{
    const double value = report_row_value(&runs[run], index);
    report_add_number(value * report_row_at(index).shown_scale, to);
    if (run == 0) return;
    const double ratio = report_ratio(value, report_row_value(&runs[0], index));
    if (!isnan(ratio)) text_add(to, " (%.*f\xC3\x97)", ratio < 10 ? 2 : 0, ratio);
}

void report_add_differences(const report_run *runs, size_t n_runs, text *to)
{
    bool any = false;
    for (int setting = 0; setting < REPORT_SETTINGS; setting++) {
        if (!report_setting_differs(runs, n_runs, (report_setting)setting)) continue;
        text_add(to, "%s%s", any ? ", " : "", report_setting_name((report_setting)setting));
        any = true;
    }
}
