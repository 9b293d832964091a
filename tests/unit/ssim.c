/* SPDX-License-Identifier: Apache-2.0 */

/* Structural similarity against scikit-image 0.26 on the same pictures. */
#include "tensor/ssim.h"

#include <math.h>
#include <stdint.h>

#include "support/cmocka.h"

enum { SIDE_MAX = 40 };

static unsigned char a[SIDE_MAX * SIDE_MAX * 3], b[SIDE_MAX * SIDE_MAX * 3];

static unsigned char clamp(int value)
{
    return (unsigned char)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* A gradient with a pattern, and the same with noise of up to `noise` levels: written in Python in the same
 * way for the recorded values. */
static void make_pictures(int width, int height, int noise)
{
    uint64_t state = 7;
    int i = 0;
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            for (int c = 0; c < 3; c++, i++) {
                state = state * 6364136223846793005U + 1442695040888963407U;
                const int value = (x * 5 + y * 3 * (c + 1) + x * y / 7) % 256;
                const int random = (int)((state >> 40) % (uint64_t)(2 * noise + 1));
                a[i] = (unsigned char)value;
                b[i] = clamp(value + random - noise);
            }
        }
    }
}

static void equals_scikit_image(void **state)
{
    (void)state;
    /* structural_similarity(a, b, gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
     * data_range=255, channel_axis=2), which sums in double too, in another order. */
    static const struct {
        int width, height, noise;
        double ssim;
    } recorded[] = {
        {24, 17, 20, 0.7931099930468307},
        {11, 11, 60, 0.22604438707501648},
        {40, 32, 1, 0.9992216081496101},
    };
    for (size_t i = 0; i < sizeof(recorded) / sizeof(recorded[0]); i++) {
        const size_t width = (size_t)recorded[i].width, height = (size_t)recorded[i].height;
        double found = 0.0;
        make_pictures(recorded[i].width, recorded[i].height, recorded[i].noise);
        assert_int_equal(picture_ssim(a, b, width, height, &found, NULL), SD14_OK);
        if (!(fabs(found - recorded[i].ssim) <= 1e-12))
            fail_msg("%.17g, not %.17g", found, recorded[i].ssim);
    }
}

static void equal_pictures_and_small_ones(void **state)
{
    (void)state;
    double found = 0.0;
    make_pictures(24, 17, 0);
    assert_int_equal(picture_ssim(a, b, 24, 17, &found, NULL), SD14_OK);
    assert_true(fabs(found - 1.0) <= 1e-12);
    assert_int_equal(picture_ssim(a, b, 10, 17, &found, NULL), SD14_OK);
    assert_true(isnan(found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_scikit_image),
        cmocka_unit_test(equal_pictures_and_small_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
