/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/thumbnail.h"

#include <string.h>

#include "support/cmocka.h"

enum { WIDTH = 10, HEIGHT = 4 };

static uint8_t a[WIDTH * HEIGHT * 3], b[WIDTH * HEIGHT * 3];
static const png_picture picture_a = {.width = WIDTH, .height = HEIGHT, .pixels = a};
static const png_picture picture_b = {.width = WIDTH, .height = HEIGHT, .pixels = b};

static void one_pixel_that_differs_is_seen(void **state)
{
    (void)state;
    thumbnail small;
    memset(a, 7, sizeof(a));
    memset(b, 7, sizeof(b));
    b[(2 * WIDTH + 9) * 3 + 1] = 10; /* the last column, the third row, green */
    assert_int_equal(thumbnail_difference(&picture_a, &picture_b, 20, 5, &small, NULL), SD14_OK);
    assert_int_equal(small.picture.width, 5);
    assert_int_equal(small.picture.height, 2);
    for (size_t i = 0; i < 5 * 2 * 3; i++) {
        assert_int_equal(small.pixels[i], i == (1 * 5 + 4) * 3 + 1 ? 60 : 0);
    }
    thumbnail_release(&small);
    assert_int_equal(thumbnail_difference(&picture_a, &picture_b, 200, 5, &small, NULL), SD14_OK);
    assert_int_equal(small.pixels[(1 * 5 + 4) * 3 + 1], 255);
    thumbnail_release(&small);
}

static void means(void **state)
{
    (void)state;
    thumbnail small;
    memset(a, 0, sizeof(a));
    a[0] = 255; /* red of the first pixel: a quarter of the first box */
    assert_int_equal(thumbnail_mean(&picture_a, 5, &small, NULL), SD14_OK);
    assert_int_equal(small.pixels[0], 64);
    assert_int_equal(small.pixels[3], 0);
    thumbnail_release(&small);

    assert_int_equal(thumbnail_mean(&picture_a, 100, &small, NULL), SD14_OK); /* never larger */
    assert_int_equal(small.picture.width, WIDTH);
    assert_memory_equal(small.pixels, a, sizeof(a));
    thumbnail_release(&small);

    assert_int_equal(thumbnail_mean(&picture_a, 1, &small, NULL), SD14_OK); /* 1 x 0.4 */
    assert_int_equal(small.picture.height, 1);
    assert_int_equal(small.pixels[0], 6);
    thumbnail_release(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_pixel_that_differs_is_seen),
                                       cmocka_unit_test(means)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
