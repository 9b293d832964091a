/* SPDX-License-Identifier: Apache-2.0 */

/* Equal, not near: numpy.min, numpy.median, numpy.percentile(.., 95) and numpy.max of the same samples. */
#include "base/spread.h"

#include "support/cmocka.h"

typedef struct recorded_spread {
    double *samples;
    spread expected;
} recorded_spread;

#include "data/recorded_spread.inc"

static void assert_same(double found, double expected)
{
    if (found != expected) fail_msg("%.17g, numpy says %.17g", found, expected);
}

static void as_numpy(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof recorded_spreads / sizeof *recorded_spreads; i++) {
        const recorded_spread *r = &recorded_spreads[i];
        const spread found = spread_of(r->samples, r->expected.count);
        assert_same(found.min, r->expected.min);
        assert_same(found.median, r->expected.median);
        assert_same(found.p95, r->expected.p95);
        assert_same(found.max, r->expected.max);
        assert_int_equal(found.count, r->expected.count);
    }
}

static void of_nothing(void **state)
{
    (void)state;
    const spread none = spread_of(NULL, 0);
    assert_int_equal(none.count, 0);
    assert_same(none.median, 0);
    assert_same(none.p95, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_numpy), cmocka_unit_test(of_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
