/* SPDX-License-Identifier: Apache-2.0 */

/* Measurements that were read are finite, and their settings single lines. */
#include <math.h>

#include "fuzz.h"
#include "parity/report_run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    report_run run;
    sd14_error error;
    const sd14_status status = report_run_read(fuzz_file(data, size), &run, &error);
    if (status != SD14_OK) {
        fuzz_refused(status, SD14_ERROR_FILE, &error);
        report_run_release(&run);
        return 0;
    }
    for (report_setting setting = 0; setting < REPORT_SETTINGS; setting++) {
        FUZZ_CHECK(strpbrk(text_get(&run.settings[setting]), "\r\n") == NULL);
    }
    for (report_stage stage = 0; stage < REPORT_STAGES; stage++) {
        for (size_t i = 0; i < run.n_pictures; i++) FUZZ_CHECK(isfinite(run.stages[stage][i]));
    }
    FUZZ_CHECK(run.n_later_steps <= run.n_steps);
    FUZZ_CHECK(isfinite(run.images_per_minute) && isfinite(run.steps_per_second));
    report_run_release(&run);
    return 0;
}
