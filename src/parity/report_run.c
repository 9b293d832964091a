/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/report_run.h"

#include <string.h>

#include "base/memory.h"

const char *report_setting_name(report_setting setting)
{
    static const char *const names[REPORT_SETTINGS] = {
        [REPORT_PROGRAM] = "program",   [REPORT_WRITER] = "measured by",
        [REPORT_MODEL] = "model",       [REPORT_SIZE] = "size",
        [REPORT_STEPS] = "steps",       [REPORT_GUIDANCE] = "guidance scale",
        [REPORT_BACKEND] = "backend",   [REPORT_PRECISION] = "precision",
        [REPORT_ISA] = "isa",           [REPORT_THREADS] = "threads",
        [REPORT_PICTURES] = "pictures",
    };
    return names[setting];
}

bool report_setting_differs(const report_run *runs, size_t n_runs, report_setting setting)
{
    if (setting < REPORT_WRITER || setting > REPORT_THREADS) return false;
    for (size_t i = 1; i < n_runs; i++) {
        if (strcmp(text_get(&runs[i].settings[setting]), text_get(&runs[0].settings[setting])) != 0)
            return true;
    }
    return false;
}

sd14_status
report_run_set(report_run *run, report_setting setting, const char *value, sd14_error *error)
{
    text *to = &run->settings[setting];
    text line = {0};
    text_add(&line, "%s", value);
    if (text_failed(&line)) FAIL_NO_MEMORY(error, "a run's settings");
    if (line.bytes != NULL) text_to_line(line.bytes);
    if (to->bytes != NULL && strcmp(text_get(to), text_get(&line)) != 0) {
        text_release(&line);
        text_add(&line, "various");
    }
    text_release(to);
    *to = line;
    if (text_failed(to)) FAIL_NO_MEMORY(error, "a run's settings");
    return SD14_OK;
}

sd14_status report_run_reserve(report_run *run, size_t n_pictures, sd14_error *error)
{
    for (int stage = 0; stage < REPORT_STAGES; stage++) {
        run->stages[stage] = mem_array(n_pictures, sizeof(double));
        if (run->stages[stage] == NULL) FAIL_NO_MEMORY(error, "a run's timings");
    }
    return SD14_OK;
}

/* Appends; the array doubles when a power of two is reached. */
static bool append(double **array, size_t *count, double value)
{
    if ((*count & (*count - 1)) == 0) {
        double *grown = mem_resize(*array, *count == 0 ? 1 : 2 * *count, sizeof(double));
        if (grown == NULL) return false;
        *array = grown;
    }
    (*array)[(*count)++] = value;
    return true;
}

sd14_status report_run_add_step(report_run *run, bool first, double seconds, sd14_error *error)
{
    if (!append(&run->steps, &run->n_steps, seconds) ||
        (!first && !append(&run->later_steps, &run->n_later_steps, seconds)))
        FAIL_NO_MEMORY(error, "a run's steps");
    return SD14_OK;
}

void report_run_release(report_run *run)
{
    text_release(&run->name);
    for (int i = 0; i < REPORT_SETTINGS; i++) text_release(&run->settings[i]);
    for (int i = 0; i < REPORT_STAGES; i++) mem_free(run->stages[i]);
    mem_free(run->steps);
    mem_free(run->later_steps);
    *run = (report_run){0};
}
