/* SPDX-License-Identifier: Apache-2.0 */

/* Every limit has its reason, and every measured value can be held against it. */
#include <math.h>

#include "fuzz.h"
#include "parity/thresholds.h"

static void check_row(const threshold_row *row)
{
    static const double values[] = {0.0, 1.0, -1.0, 1e-300, 1e300, (double)INFINITY};
    char buffer[MEASURE_TEXT_BYTES];
    for (measure m = 0; m < MEASURE_COUNT; m++) {
        const threshold *check = &row->checks[m];
        if (check->reason == NULL) continue;
        FUZZ_CHECK(check->reason[0] != '\0' && isfinite(check->limit));
        FUZZ_CHECK(measure_of_pictures(m) == (strcmp(row->tensor, "picture") == 0));
        FUZZ_CHECK(measure_text(m, check->limit, buffer)[0] != '\0');
        FUZZ_CHECK(measure_excess(m, check->limit, check->limit) <= 1.0);
        FUZZ_CHECK(measure_excess(m, (double)NAN, check->limit) > 1.0);
        for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
            const bool within =
                measure_is_error(m) ? values[i] <= check->limit : values[i] >= check->limit;
            FUZZ_CHECK((measure_excess(m, values[i], check->limit) <= 1.0) == within);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    thresholds limits;
    sd14_error error;
    const sd14_status status = thresholds_load(fuzz_file(data, size), &limits, &error);
    if (status != SD14_OK) {
        fuzz_refused(status, SD14_ERROR_FILE, &error);
        return 0;
    }
    FUZZ_CHECK(limits.row_count >= 1);
    for (size_t i = 0; i < limits.row_count; i++) {
        check_row(&limits.rows[i]);
        FUZZ_CHECK(thresholds_find(&limits, limits.rows[i].tensor) == &limits.rows[i]);
    }
    (void)thresholds_find(&limits, "latents_050");
    thresholds_release(&limits);
    return 0;
}
