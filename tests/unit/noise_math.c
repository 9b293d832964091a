/* SPDX-License-Identifier: Apache-2.0 */
#include "sampling/noise_math.h"

#include <math.h>

#include "data/recorded_noise_math.inc"
#include "support/digest.h"

enum { UNIFORMS = 1 << 24, BLOCK = 4096 };

static float log_of_uniform(float u)
{
    return noise_log_f32(1.0F - u);
}

static float sin_of_uniform(float u)
{
    return noise_sin_f32((float)(0x1.921fb54442d18p+2 * (double)u));
}

static float cos_of_uniform(float u)
{
    return noise_cos_f32((float)(0x1.921fb54442d18p+2 * (double)u));
}

/* Every value that a draw can ask for, against glibc's recorded results. */
static void check_all(float (*function)(float), const char *expected, const char *what)
{
    EVP_MD_CTX *digest = digest_begin();
    for (int first = 0; first < UNIFORMS; first += BLOCK) {
        float block[BLOCK];
        for (int i = 0; i < BLOCK; i++) block[i] = function((float)(first + i) * 0x1p-24F);
        digest_add(digest, block, sizeof(block));
    }
    digest_check(digest, expected, what);
}

static void every_log_is_glibcs(void **state)
{
    (void)state;
    check_all(log_of_uniform, recorded_log_sha256, "log(1 - u)");
}

static void every_sin_is_glibcs(void **state)
{
    (void)state;
    check_all(sin_of_uniform, recorded_sin_sha256, "sin(2 pi u)");
}

static void every_cos_is_glibcs(void **state)
{
    (void)state;
    check_all(cos_of_uniform, recorded_cos_sha256, "cos(2 pi u)");
}

static void check_near(double found, double expected, const char *what, double x)
{
    /* 3 ulp: 2 of ours and 1 of the C library's. */
    if (!(fabs(found - expected) <= 3 * 0x1p-52 * fabs(expected))) {
        fail_msg("%s(%a) is %a, the C library has %a", what, x, found, expected);
    }
}

static void float64_is_near_the_c_library(void **state)
{
    (void)state;
    const double two_pi = 0x1.921fb54442d18p+2;
    for (int i = 0; i < 100000; i++) {
        const double u = (double)i / 100000.0;
        const double tiny = (double)(i + 1) * 0x1p-53;
        check_near(noise_log_f64(1.0 - u), log(1.0 - u), "log", 1.0 - u);
        check_near(noise_log_f64(1.0 - tiny), log(1.0 - tiny), "log", 1.0 - tiny);
        check_near(noise_log_f64(tiny), log(tiny), "log", tiny);
        check_near(noise_sin_f64(two_pi * u), sin(two_pi * u), "sin", two_pi * u);
        check_near(noise_cos_f64(two_pi * u), cos(two_pi * u), "cos", two_pi * u);
        check_near(noise_sin_f64(tiny), sin(tiny), "sin", tiny);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_log_is_glibcs),
        cmocka_unit_test(every_sin_is_glibcs),
        cmocka_unit_test(every_cos_is_glibcs),
        cmocka_unit_test(float64_is_near_the_c_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
