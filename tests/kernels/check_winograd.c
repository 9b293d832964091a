/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Winograd's transforms: every kernel bit for bit as the plain C one; the three plain ones together against a 3x3
 * convolution in float64, which knows nothing of points.
 */
#include <math.h>
#include <string.h>

#include "kernels/check.h"

enum { TAPS = 9, CHANNELS_MAX = 321, STRIDE = CHANNELS_MAX + 3, SIZES = 36 };
enum { PIXELS = WINOGRAD_OUT * WINOGRAD_OUT, TILE = WINOGRAD_POSITIONS };

/* Up to three terms a line, two lines deep, each term below 2.5 in size: values stay below 40 for inputs below 1. */
static const double limit = 4e-6;

static float expected[TILE * STRIDE], actual[TILE * STRIDE];

static size_t size_of(size_t k)
{
    const size_t size = check_size(k);
    return size < CHANNELS_MAX ? size : CHANNELS_MAX;
}

static void add_specials(float *x, size_t n)
{
    for (size_t i = 0; i < n; i += 11) x[i] = check_special(i / 11);
}

static void set_both(void)
{
    memset(expected, 0x5A, sizeof(expected));
    memset(actual, 0x5A, sizeof(actual));
}

/* y[r][c] = sum of d[r + i][c + j]·g[i][j], through the plain transforms of one channel. */
static void check_algebra(void)
{
    uint32_t seed = 7;
    float d[TILE], g[TAPS], v[TILE], u[TILE], m[TILE], y[PIXELS];
    const float *pixels[TILE];
    for (size_t i = 0; i < TILE; i++) pixels[i] = &d[i];
    for (size_t round = 0; round < 100; round++) {
        double exact[PIXELS] = {0};
        for (size_t i = 0; i < TILE; i++) d[i] = check_random(&seed);
        for (size_t i = 0; i < TAPS; i++) g[i] = check_random(&seed);
        winograd_input_f32_ref(v, 1, pixels, 1);
        winograd_weight_f32_ref(u, 1, g, 1, 1);
        for (size_t i = 0; i < TILE; i++) m[i] = v[i] * u[i];
        const winograd_output_f32_args args = {.m = m,
                                               .m_stride = 1,
                                               .y = y,
                                               .pixel_stride = 1,
                                               .row_stride = WINOGRAD_OUT,
                                               .rows = WINOGRAD_OUT,
                                               .columns = WINOGRAD_OUT,
                                               .channels = 1};
        winograd_output_f32_ref(&args);
        for (size_t i = 0; i < PIXELS * TAPS; i++) {
            const size_t at = i / TAPS, tap = i % TAPS;
            const size_t row = at / WINOGRAD_OUT + tap / 3, column = at % WINOGRAD_OUT + tap % 3;
            exact[at] += (double)d[row * WINOGRAD_TILE + column] * (double)g[tap];
        }
        check_close(y, exact, PIXELS, limit, "winograd_ref: the transforms together");
    }
}

void check_winograd_input_f32(winograd_input_f32_fn *kernel, const char *name)
{
    uint32_t seed = 5;
    if (kernel == winograd_input_f32_ref) check_algebra();
    for (size_t k = 0; k < SIZES; k++) {
        const size_t n = size_of(k);
        float *x = check_room_random(0, TILE * n, 2.0F, &seed);
        add_specials(x, k % 3 == 0 ? TILE * n : 0);
        const float *pixels[TILE];
        for (size_t i = 0; i < TILE; i++) pixels[TILE - 1 - i] = x + i * n;
        set_both();
        winograd_input_f32_ref(expected, STRIDE, pixels, n);
        kernel(actual, STRIDE, pixels, n);
        check_same(actual, expected, TILE * STRIDE, name);
    }
}

void check_winograd_weight_f32(winograd_weight_f32_fn *kernel, const char *name)
{
    uint32_t seed = 6;
    for (size_t k = 0; k < SIZES; k++) {
        const size_t n = size_of(k);
        float *g = check_room_random(0, TAPS * n, 2.0F, &seed);
        add_specials(g, k % 3 == 0 ? TAPS * n : 0);
        set_both();
        winograd_weight_f32_ref(expected, STRIDE, g, n, n);
        kernel(actual, STRIDE, g, n, n);
        check_same(actual, expected, TILE * STRIDE, name);
    }
}

void check_winograd_output_f32(winograd_output_f32_fn *kernel, const char *name)
{
    uint32_t seed = 8;
    static float residual[PIXELS * STRIDE];
    for (size_t i = 0; i < PIXELS * STRIDE; i++) residual[i] = check_random(&seed);
    for (size_t k = 0; k < 2 * SIZES; k++) {
        const size_t n = size_of(k % SIZES);
        float *m = check_room_random(0, TILE * n, 2.0F, &seed);
        add_specials(m, k % 3 == 0 ? TILE * n : 0);
        winograd_output_f32_args args = {.m = m,
                                         .m_stride = n,
                                         .pixel_stride = STRIDE,
                                         .row_stride = WINOGRAD_OUT * STRIDE,
                                         .channels = n,
                                         .rows = 1 + k % WINOGRAD_OUT,
                                         .columns = 1 + k / 3 % WINOGRAD_OUT,
                                         .bias = k % 2 == 0 ? check_room_random(1, n, 1.0F, &seed)
                                                            : NULL,
                                         .residual = k % 5 < 2 ? residual : NULL};
        set_both();
        const bool in_place = k % 5 == 2;
        args.y = expected;
        if (in_place) args.residual = expected;
        winograd_output_f32_ref(&args);
        args.y = actual;
        if (in_place) args.residual = actual;
        kernel(&args);
        check_same(actual, expected, PIXELS * STRIDE, name);
    }
}
