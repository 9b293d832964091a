/* SPDX-License-Identifier: Apache-2.0 */

/* Distances on arrays small enough to work out by hand; pcc and relative L2 as numpy gives them. */
#include "tensor/distance.h"

#include <math.h>
#include <stdint.h>

#include "support/cmocka.h"

static void assert_near(double found, double wanted, double limit)
{
    if (!(fabs(found - wanted) <= limit)) fail_msg("%.17g, not %.17g", found, wanted);
}

static void test_by_hand(void **state)
{
    (void)state;
    const float a[] = {1, 2, 3, 5}, b[] = {1, 2, 4, 4};
    const tensor_distance d = tensor_measure(a, b, 4);
    assert_true(d.finite);
    assert_near(d.max_abs, 1.0, 0.0);
    assert_int_equal(d.max_index, 2);
    assert_near(d.mean_abs, 0.5, 0.0);
    assert_near(d.relative_l2, sqrt(2.0 / 37.0), 1e-15);
    assert_near(d.cosine, 37.0 / sqrt(39.0 * 37.0), 1e-15);
    /* numpy.corrcoef([1, 2, 3, 5], [1, 2, 4, 4])[0, 1] */
    assert_near(d.pcc, 0.8783100656536799, 1e-15);
}

static void test_a_large_mean_does_not_hide_a_difference(void **state)
{
    (void)state;
    const float a[] = {10000.0F, 10001.0F, 10002.0F}, b[] = {10002.0F, 10001.0F, 10000.0F};
    assert_near(tensor_measure(a, b, 3).pcc, -1.0, 1e-12);
}

/* Rounding alone would give 1.0000000000000002. */
static void test_nothing_correlates_more_than_wholly(void **state)
{
    (void)state;
    float a[64];
    for (int seed = 1; seed < 200; seed++) {
        uint32_t bits = (uint32_t)seed;
        for (int i = 0; i < 64; i++) {
            bits = bits * 1664525U + 1013904223U;
            a[i] = (float)(bits >> 8) / 16777216.0F;
        }
        const tensor_distance d = tensor_measure(a, a, 64);
        assert_true(d.pcc <= 1.0 && d.cosine <= 1.0);
    }
}

static void test_constants(void **state)
{
    (void)state;
    const float zero[] = {0, 0}, one[] = {1, 1};
    tensor_distance d = tensor_measure(zero, zero, 2);
    assert_true(d.pcc == 1.0 && d.cosine == 1.0 && d.relative_l2 == 0.0);
    d = tensor_measure(one, zero, 2);
    assert_true(d.pcc == 0.0 && d.cosine == 0.0 && isinf(d.relative_l2));
    d = tensor_measure(zero, one, 2);
    assert_true(d.pcc == 0.0 && d.cosine == 0.0 && d.relative_l2 == 1.0);
    d = tensor_measure(zero, one, 0);
    assert_true(d.count == 0 && d.pcc == 1.0 && d.finite);
}

static void test_not_finite_is_named(void **state)
{
    (void)state;
    const float good[] = {1, 2, 3}, nan_at_1[] = {1, NAN, INFINITY}, inf_at_2[] = {1, 2, -INFINITY};
    tensor_distance d = tensor_measure(nan_at_1, good, 3);
    assert_true(!d.finite && d.in_a && d.bad_index == 1 && isnan(d.bad_value));
    assert_true(isnan(d.pcc) && isnan(d.max_abs) && isnan(d.relative_l2));
    d = tensor_measure(good, inf_at_2, 3);
    assert_true(!d.finite && !d.in_a && d.bad_index == 2 && d.bad_value < 0 && isinf(d.bad_value));
}

static void test_psnr(void **state)
{
    (void)state;
    const unsigned char a[] = {0, 100, 255}, b[] = {0, 110, 255};
    assert_true(isinf(picture_psnr(a, a, 3)));
    assert_near(picture_psnr(a, b, 3), 10.0 * log10(255.0 * 255.0 * 3.0 / 100.0), 1e-12);
    assert_int_equal(picture_max_level(a, a, 3), 0);
    assert_int_equal(picture_max_level(a, b, 3), 10);
    assert_int_equal(picture_max_level(b, a, 3), 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_a_large_mean_does_not_hide_a_difference),
        cmocka_unit_test(test_nothing_correlates_more_than_wholly),
        cmocka_unit_test(test_constants),
        cmocka_unit_test(test_not_finite_is_named),
        cmocka_unit_test(test_psnr),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
