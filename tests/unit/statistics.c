/* SPDX-License-Identifier: Apache-2.0 */

/* min, max, mean and std as numpy gives them in float64, and what becomes of values that are not finite. */
#include "tensor/statistics.h"

#include <math.h>

#include "support/cmocka.h"

static void finite_values(void **state)
{
    (void)state;
    /* numpy 2.4: x.min(), x.max(), x.mean(), x.std() */
    const float x[] = {1.5F, -2.0F, 0.25F, 1000.0F, -3.75F};
    const tensor_statistics s = tensor_statistics_of(x, 5);
    assert_int_equal(s.count, 5);
    assert_int_equal(s.nan + s.infinite, 0);
    assert_true(s.min == -3.75 && s.max == 1000.0);
    assert_true(fabs(s.mean - 199.2) < 1e-12);
    assert_true(fabs(s.std - 400.4040896394541) < 1e-10);
}

/* E[x²] - E[x]² would be 0, or worse, below 0. */
static void a_large_mean(void **state)
{
    (void)state;
    const float x[] = {16777214.0F, 16777216.0F};
    const tensor_statistics s = tensor_statistics_of(x, 2);
    assert_true(s.mean == 16777215.0 && s.std == 1.0);
}

static void values_that_are_not_finite(void **state)
{
    (void)state;
    const float x[] = {NAN, 1.0F, INFINITY, 3.0F, -INFINITY};
    const tensor_statistics s = tensor_statistics_of(x, 5);
    assert_int_equal(s.nan, 1);
    assert_int_equal(s.infinite, 2);
    assert_true(s.min == 1.0 && s.max == 3.0 && s.mean == 2.0 && s.std == 1.0);
    const tensor_statistics none = tensor_statistics_of(x, 1);
    assert_true(isnan(none.min) && isnan(none.max) && isnan(none.mean) && isnan(none.std));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(finite_values),
                                       cmocka_unit_test(a_large_mean),
                                       cmocka_unit_test(values_that_are_not_finite)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
