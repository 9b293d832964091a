/* SPDX-License-Identifier: Apache-2.0 */

/*
 * gemm_f32: every kernel bit for bit as the plain C one, which is close to a float64 sum.
 *
 * Rows of A begin at odd addresses and each lies in a block of its own under the address sanitizer,
 * rows of C are followed by guard floats, and the unused columns of B hold the zeros that the
 * contract promises.
 */
#include <math.h>
#include <string.h>

#include "backends/cpu/kernels/kernels.h"
#include "base/memory.h"
#include "kernels/check.h"

enum { GUARD = 3, VARIANTS = 16 };

typedef struct gemm_case {
    size_t rows, columns, taps, k;
    bool resume, bias, residual, in_place; /* in_place: the residual is c itself */
    bool special;                          /* infinities, NaNs and zeros of both signs in A */
} gemm_case;

typedef struct gemm_data {
    float *a, *b, *bias, *residual;
    float *start;    /* what c holds before: guards included */
    float *expected; /* c after the reference */
    float *actual;   /* c after the kernel */
    const float **pointers;
    size_t c_stride, c_count;
} gemm_data;

static float special_value(size_t i, float otherwise)
{
    switch (i % 23) {
    case 3:
        return INFINITY;
    case 7:
        return -0.0F;
    case 11:
        return 0.0F;
    case 13:
        return NAN;
    case 17:
        return -INFINITY;
    case 19:
        return 0x1p-140F;
    default:
        return otherwise;
    }
}

static float *floats(size_t count, uint32_t *seed)
{
    float *x = mem_aligned_array(count, sizeof(float));
    check_memory(x);
    for (size_t i = 0; i < count; i++) x[i] = check_random(seed);
    return x;
}

static gemm_data make_data(const gemm_case *c, uint32_t seed)
{
    const size_t depth = c->taps * c->k, pieces = c->taps * c->rows;
    gemm_data d = {.c_stride = c->columns + GUARD, .c_count = c->rows * (c->columns + GUARD) + 1};
    d.a = floats(pieces * c->k + 1, &seed);
    d.b = floats(depth * GEMM_PANEL, &seed);
    d.bias = floats(c->columns + 1, &seed);
    d.residual = floats(d.c_count, &seed);
    d.start = floats(d.c_count, &seed);
    d.expected = floats(d.c_count, &seed);
    d.actual = floats(d.c_count, &seed);
    d.pointers = mem_array(pieces, sizeof(const float *));
    check_memory(d.pointers);

    for (size_t i = 0; i < pieces; i++) d.pointers[i] = d.a + 1 + i * c->k;
    for (size_t i = 0; i < depth; i++) {
        for (size_t n = c->columns; n < GEMM_PANEL; n++) d.b[i * GEMM_PANEL + n] = 0;
    }
    for (size_t i = 0; c->special && i < pieces * c->k; i += 5) {
        d.a[1 + i] = special_value(i, d.a[1 + i]);
    }
    memcpy(d.expected, d.start, d.c_count * sizeof(float));
    memcpy(d.actual, d.start, d.c_count * sizeof(float));
    return d;
}

static void free_data(gemm_data *d)
{
    mem_free(d->a);
    mem_free(d->b);
    mem_free(d->bias);
    mem_free(d->residual);
    mem_free(d->start);
    mem_free(d->expected);
    mem_free(d->actual);
    mem_free(d->pointers);
}

/* c begins one float after an aligned address. */
static void run(gemm_f32_fn *kernel, const gemm_case *c, const gemm_data *d, float *memory)
{
    const gemm_f32_args args = {.c = memory + 1,
                                .c_stride = d->c_stride,
                                .a = d->pointers,
                                .rows = c->rows,
                                .taps = c->taps,
                                .k = c->k,
                                .b = d->b,
                                .columns = c->columns,
                                .resume = c->resume,
                                .bias = c->bias ? d->bias + 1 : NULL,
                                .residual = c->in_place   ? memory + 1
                                            : c->residual ? d->residual + 1
                                                          : NULL,
                                .residual_stride = d->c_stride};
    kernel(&args);
}

/* The same bits; or both NaN, whose payload depends on the order of an instruction's operands. */
static bool same(float a, float b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

static void check_bits(const gemm_case *c, const gemm_data *d, const char *name)
{
    if (memcmp(d->expected, d->actual, d->c_count * sizeof(float)) == 0) return;
    for (size_t i = 0; i < d->c_count; i++) {
        if (same(d->expected[i], d->actual[i])) continue;
        check_fail("%s: rows %zu columns %zu taps %zu k %zu resume %d bias %d residual %d: "
                   "c[%zu][%zu] is %a, expected %a",
                   name, c->rows, c->columns, c->taps, c->k, c->resume, c->bias,
                   c->residual + c->in_place, (i - 1) / d->c_stride, (i - 1) % d->c_stride,
                   (double)d->actual[i], (double)d->expected[i]);
        return;
    }
}

/* One output element in float64, and a bound for a float32 chain's distance from it. */
static double
exact_element(const gemm_case *c, const gemm_data *d, size_t row, size_t column, double *out_bound)
{
    const size_t at = 1 + row * d->c_stride + column;
    double sum = c->resume ? (double)d->start[at] : 0;
    double magnitude = fabs(sum);
    for (size_t t = 0; t < c->taps; t++) {
        for (size_t i = 0; i < c->k; i++) {
            const double product = (double)d->pointers[t * c->rows + row][i] *
                                   (double)d->b[(t * c->k + i) * GEMM_PANEL + column];
            sum += product;
            magnitude += fabs(product);
        }
    }
    if (c->bias) sum += (double)d->bias[1 + column];
    if (c->in_place || c->residual) {
        sum += (double)(c->in_place ? d->start : d->residual)[at];
    }
    *out_bound = 0x1p-24 * (double)(c->taps * c->k + 2) * (magnitude + 2);
    return sum;
}

static void check_exact(const gemm_case *c, const gemm_data *d)
{
    for (size_t row = 0; row < c->rows; row++) {
        for (size_t column = 0; column < c->columns; column++) {
            double bound;
            const double exact = exact_element(c, d, row, column, &bound);
            const float got = d->expected[1 + row * d->c_stride + column];
            if (fabs((double)got - exact) <= bound) continue;
            check_fail("gemm_f32_ref: rows %zu columns %zu taps %zu k %zu: c[%zu][%zu] is %.9g, "
                       "in float64 %.9g",
                       c->rows, c->columns, c->taps, c->k, row, column, (double)got, exact);
            return;
        }
    }
}

static void check_case(gemm_f32_fn *kernel, const char *name, const gemm_case *c, uint32_t seed)
{
    gemm_data d = make_data(c, seed);
    run(gemm_f32_ref, c, &d, d.expected);
    run(kernel, c, &d, d.actual);
    check_bits(c, &d, name);
    if (kernel == gemm_f32_ref && !c->special) check_exact(c, &d);
    free_data(&d);
}

void check_gemm_f32(gemm_f32_fn *kernel, const char *name)
{
    static const size_t columns[] = {1, 3, 4, 7, 8, 9, 15, 16, 17, 23, 24, 25, 31, 32};
    static const size_t ks[] = {1, 2, 3, 5, 8, 16, 33};
    uint32_t count = 0;
    for (size_t rows = 1; rows <= 17; rows++) {
        for (size_t n = 0; n < sizeof columns / sizeof *columns; n++) {
            for (size_t i = 0; i < sizeof ks / sizeof *ks; i++, count++) {
                /* 16 and 1666 cases share no factor but 2: every pair of settings meets. */
                const uint32_t bits = count % VARIANTS;
                const gemm_case c = {.rows = rows,
                                     .columns = columns[n],
                                     .taps = count % 3 == 0 ? 9 : 1,
                                     .k = ks[i],
                                     .resume = (bits & 1) != 0,
                                     .bias = (bits & 2) != 0,
                                     .residual = (bits & 4) != 0,
                                     .in_place = (bits & 12) == 12,
                                     .special = (bits & 12) == 8};
                check_case(kernel, name, &c, count);
            }
        }
    }
}
