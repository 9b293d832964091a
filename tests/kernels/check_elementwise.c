/* SPDX-License-Identifier: Apache-2.0 */

/* add, add_row, scale: one rounding, so float32 arithmetic here is the exact answer. */
#include <string.h>

#include "kernels/check.h"

enum { ROWS = 3 };

static void add_specials(float *x, size_t n, size_t step)
{
    for (size_t i = 0; i < n; i += step) x[i] = check_special(i / step);
}

void check_add_f32(add_f32_fn *kernel, const char *name)
{
    uint32_t seed = 3;
    for (size_t k = 0; k < CHECK_SIZES; k++) {
        const size_t n = check_size(k), bytes = n * sizeof(float);
        float *a = check_room_random(0, n, 100.0F, &seed);
        float *b = check_room_random(1, n, 100.0F, &seed);
        float *expected = check_room(2, bytes);
        float *y = check_room(3, bytes);
        add_specials(a, n, 5);
        add_specials(b, n, 7);
        for (size_t i = 0; i < n; i++) expected[i] = a[i] + b[i];
        kernel(y, a, b, n);
        check_same(y, expected, n, name);
        check_before_room(3, bytes, name);

        memcpy(y, a, bytes);
        kernel(y, y, b, n);
        check_same(y, expected, n, name);
        kernel(b, a, b, n);
        check_same(b, expected, n, name);
    }
}

void check_add_row_f32(add_row_f32_fn *kernel, const char *name)
{
    uint32_t seed = 4;
    for (size_t k = 0; k < CHECK_SIZES; k++) {
        const size_t n = check_size(k), bytes = ROWS * n * sizeof(float);
        float *x = check_room_random(0, ROWS * n, 100.0F, &seed);
        float *row = check_room_random(1, n, 100.0F, &seed);
        float *expected = check_room(2, bytes);
        float *y = check_room(3, bytes);
        add_specials(x, ROWS * n, 5);
        add_specials(row, n, 7);
        for (size_t i = 0; i < ROWS * n; i++) expected[i] = x[i] + row[i % n];
        kernel(y, x, row, ROWS, n);
        check_same(y, expected, ROWS * n, name);
        check_before_room(3, bytes, name);
        kernel(x, x, row, ROWS, n);
        check_same(x, expected, ROWS * n, name);
    }
}

void check_scale_f32(scale_f32_fn *kernel, const char *name)
{
    uint32_t seed = 5;
    for (size_t k = 0; k < CHECK_SIZES; k++) {
        const size_t n = check_size(k), bytes = n * sizeof(float);
        const float factor = check_random(&seed);
        float *x = check_room_random(0, n, 100.0F, &seed);
        float *expected = check_room(1, bytes);
        float *y = check_room(2, bytes);
        add_specials(x, n, 5);
        for (size_t i = 0; i < n; i++) expected[i] = x[i] * factor;
        kernel(y, x, factor, n);
        check_same(y, expected, n, name);
        check_before_room(2, bytes, name);
        kernel(x, x, factor, n);
        check_same(x, expected, n, name);
    }
}
