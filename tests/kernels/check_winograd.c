/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Winograd's transforms: every kernel bit for bit as the plain C one; the three plain ones of a kind together against a
 * 3x3 convolution in float64, which knows nothing of points.
 */
#include <math.h>
#include <string.h>

#include "kernels/check.h"

enum { TAPS = 9, CHANNELS_MAX = 321, STRIDE = CHANNELS_MAX + 3, SIZES = 36 };
enum {
    PIXELS = UPSAMPLE_OUT * UPSAMPLE_OUT,
    TILE = WINOGRAD_POSITIONS,
    PRODUCTS = UPSAMPLE_PRODUCTS
};

/* Up to three terms a line, two lines deep, each term below 2.5 in size: values stay below 40 for inputs below 1. */
static const double limit = 4e-6;

static float expected[PRODUCTS * STRIDE], actual[PRODUCTS * STRIDE];

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

/* A kind of transforms, plain C. */
typedef struct form {
    winograd_input_f32_fn *input;
    winograd_weight_f32_fn *weight;
    winograd_output_f32_fn *output;
    size_t tile, out, products;
    size_t scale; /* output r begins at row r / scale of the inputs */
    const char *name;
} form;

static const form plain = {winograd_input_f32_ref,
                           winograd_weight_f32_ref,
                           winograd_output_f32_ref,
                           WINOGRAD_TILE,
                           WINOGRAD_OUT,
                           WINOGRAD_POSITIONS,
                           1,
                           "winograd_ref: together"};
static const form upsampling = {upsample_input_f32_ref,
                                upsample_weight_f32_ref,
                                upsample_output_f32_ref,
                                UPSAMPLE_TILE,
                                UPSAMPLE_OUT,
                                UPSAMPLE_PRODUCTS,
                                2,
                                "upsample_ref: together"};

/* Product p multiplies this position of V. */
static size_t position(const form *of, size_t p)
{
    static const size_t line[] = {0, 1, 2, 3, 0, 2, 3};
    return of == &plain ? p : 4 * line[p / 7] + line[p % 7];
}

static void check_algebra(const form *of)
{
    uint32_t seed = 7;
    float d[TILE], g[TAPS], v[TILE], u[PRODUCTS], m[PRODUCTS], y[PIXELS];
    const float *pixels[TILE];
    for (size_t i = 0; i < TILE; i++) pixels[i] = &d[i];
    for (size_t round = 0; round < 100; round++) {
        double exact[PIXELS] = {0};
        for (size_t i = 0; i < TILE; i++) d[i] = check_random(&seed);
        for (size_t i = 0; i < TAPS; i++) g[i] = check_random(&seed);
        of->input(v, 1, pixels, 1);
        of->weight(u, 1, g, 1, 1);
        for (size_t i = 0; i < of->products; i++) m[i] = v[position(of, i)] * u[i];
        const winograd_output_f32_args args = {.m = m,
                                               .m_stride = 1,
                                               .y = y,
                                               .pixel_stride = 1,
                                               .row_stride = of->out,
                                               .end_row = of->out,
                                               .end_column = of->out,
                                               .channels = 1};
        of->output(&args);
        for (size_t i = 0; i < of->out * of->out * TAPS; i++) {
            const size_t at = i / TAPS, tap = i % TAPS;
            const size_t row = (at / of->out + tap / 3) / of->scale;
            const size_t column = (at % of->out + tap % 3) / of->scale;
            exact[at] += (double)d[row * of->tile + column] * (double)g[tap];
        }
        check_close(y, exact, of->out * of->out, limit, of->name);
    }
}

static void check_input(winograd_input_f32_fn *kernel, const form *of, const char *name)
{
    uint32_t seed = 5;
    const size_t inputs = of->tile * of->tile;
    for (size_t k = 0; k < SIZES; k++) {
        const size_t n = size_of(k);
        float *x = check_room_random(0, inputs * n, 2.0F, &seed);
        add_specials(x, k % 3 == 0 ? inputs * n : 0);
        const float *pixels[TILE];
        for (size_t i = 0; i < inputs; i++) pixels[inputs - 1 - i] = x + i * n;
        set_both();
        of->input(expected, STRIDE, pixels, n);
        kernel(actual, STRIDE, pixels, n);
        check_same(actual, expected, PRODUCTS * STRIDE, name);
    }
}

static void check_weight(winograd_weight_f32_fn *kernel, const form *of, const char *name)
{
    uint32_t seed = 6;
    for (size_t k = 0; k < SIZES; k++) {
        const size_t n = size_of(k);
        float *g = check_room_random(0, TAPS * n, 2.0F, &seed);
        add_specials(g, k % 3 == 0 ? TAPS * n : 0);
        set_both();
        of->weight(expected, STRIDE, g, n, n);
        kernel(actual, STRIDE, g, n, n);
        check_same(actual, expected, PRODUCTS * STRIDE, name);
    }
}

static void check_output(winograd_output_f32_fn *kernel, const form *of, const char *name)
{
    uint32_t seed = 8;
    static float residual[PIXELS * STRIDE];
    for (size_t i = 0; i < PIXELS * STRIDE; i++) residual[i] = check_random(&seed);
    for (size_t k = 0; k < 2 * SIZES; k++) {
        const size_t n = size_of(k % SIZES);
        float *m = check_room_random(0, of->products * n, 2.0F, &seed);
        add_specials(m, k % 3 == 0 ? of->products * n : 0);
        winograd_output_f32_args args = {.m = m,
                                         .m_stride = n,
                                         .pixel_stride = STRIDE,
                                         .row_stride = of->out * STRIDE,
                                         .channels = n,
                                         .first_row = k % 2,
                                         .end_row = 1 + k % of->out,
                                         .first_column = k % 3 == 1,
                                         .end_column = 2 + k / 3 % (of->out - 1),
                                         .bias = k % 2 == 0 ? check_room_random(1, n, 1.0F, &seed)
                                                            : NULL,
                                         .residual = k % 5 < 2 ? residual : NULL};
        set_both();
        const bool in_place = k % 5 == 2;
        args.y = expected;
        if (in_place) args.residual = expected;
        of->output(&args);
        args.y = actual;
        if (in_place) args.residual = actual;
        kernel(&args);
        check_same(actual, expected, PRODUCTS * STRIDE, name);
    }
}

void check_winograd_input_f32(winograd_input_f32_fn *kernel, const char *name)
{
    if (kernel == winograd_input_f32_ref) check_algebra(&plain);
    check_input(kernel, &plain, name);
}

void check_winograd_weight_f32(winograd_weight_f32_fn *kernel, const char *name)
{
    check_weight(kernel, &plain, name);
}

void check_winograd_output_f32(winograd_output_f32_fn *kernel, const char *name)
{
    check_output(kernel, &plain, name);
}

void check_upsample_input_f32(upsample_input_f32_fn *kernel, const char *name)
{
    if (kernel == upsample_input_f32_ref) check_algebra(&upsampling);
    check_input(kernel, &upsampling, name);
}

void check_upsample_weight_f32(upsample_weight_f32_fn *kernel, const char *name)
{
    check_weight(kernel, &upsampling, name);
}

void check_upsample_output_f32(upsample_output_f32_fn *kernel, const char *name)
{
    check_output(kernel, &upsampling, name);
}
