/* SPDX-License-Identifier: Apache-2.0 */

/*
 * gemm_i16: every kernel bit for bit as the plain C one, which is close to a float64 sum. Rows of A end where
 * memory does; half of the cases hold the largest integers that a row may.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "backends/cpu/kernels/kernels.h"
#include "base/memory.h"
#include "kernels/check.h"

enum { GUARD = 3, ROWS_MAX = 17, TAPS_MAX = 3, K_MAX = 1000 };

typedef struct gemm_case {
    size_t rows, columns, taps, k;
    bool resume, finish, bias, residual, extreme;
    bool gain; /* of one chunk, going on from c, not at its end */
} gemm_case;

typedef struct gemm_data {
    int16_t *a, *b;
    float *row_scales, *column_scales, *decays, *gains, *bias, *residual, *start, *expected,
        *actual;
    const int16_t *pointers[TAPS_MAX * ROWS_MAX];
    size_t c_stride, c_count;
} gemm_data;

static float *floats(size_t count, uint32_t *seed)
{
    float *x = mem_aligned_array(count, sizeof(float));
    check_memory(x);
    for (size_t i = 0; i < count; i++) x[i] = check_random(seed);
    return x;
}

/* Of norm 46338 over a chunk at most: sums of equal rows come to 2^31 - 185000. */
static int16_t integer(const gemm_case *c, uint32_t *seed)
{
    const double most =
        fmin(I16_MAX, ((double)I16_NORM + 8) / sqrt((double)(c->k < I16_CHUNK ? c->k : I16_CHUNK)));
    return (int16_t)(c->extreme ? most : most * (double)check_random(seed));
}

static int16_t *pieces(const gemm_case *c, size_t count, uint32_t *seed)
{
    const size_t padded = i16_padded(c->k);
    int16_t *x = mem_array(count * padded, sizeof *x);
    check_memory(x);
    for (size_t i = 0; i < count * padded; i++) x[i] = i % padded < c->k ? integer(c, seed) : 0;
    return x;
}

/* Rows of `columns` pieces become panels of pairs. */
static int16_t *panel(const gemm_case *c, uint32_t *seed)
{
    const size_t depth = c->taps * i16_padded(c->k);
    int16_t *rows = pieces(c, c->columns * c->taps, seed);
    int16_t *b = mem_aligned_array(depth * GEMM_PANEL, sizeof *b);
    check_memory(b);
    memset(b, 0, depth * GEMM_PANEL * sizeof *b);
    for (size_t n = 0; n < c->columns; n++) {
        for (size_t i = 0; i < depth; i++)
            b[(i / 2 * GEMM_PANEL + n) * 2 + i % 2] = rows[n * depth + i];
    }
    mem_free(rows);
    return b;
}

static gemm_data make_data(const gemm_case *c, uint32_t seed)
{
    gemm_data d = {.c_stride = c->columns + GUARD, .c_count = c->rows * (c->columns + GUARD) + 1};
    d.a = pieces(c, c->taps * c->rows, &seed);
    d.b = panel(c, &seed);
    d.row_scales = floats(c->taps * c->rows, &seed);
    d.column_scales = floats(c->columns, &seed);
    d.decays = floats(c->columns, &seed);
    d.gains = floats(c->columns, &seed);
    d.bias = floats(c->columns, &seed);
    d.residual = floats(d.c_count, &seed);
    d.start = floats(d.c_count, &seed);
    d.expected = floats(d.c_count, &seed);
    d.actual = floats(d.c_count, &seed);
    memcpy(d.expected, d.start, d.c_count * sizeof(float));
    memcpy(d.actual, d.start, d.c_count * sizeof(float));
    for (size_t i = 0; i < c->taps * c->rows; i++) d.pointers[i] = d.a + i * i16_padded(c->k);
    return d;
}

static void free_data(gemm_data *d)
{
    mem_free(d->a);
    mem_free(d->b);
    mem_free(d->row_scales);
    mem_free(d->column_scales);
    mem_free(d->decays);
    mem_free(d->gains);
    mem_free(d->bias);
    mem_free(d->residual);
    mem_free(d->start);
    mem_free(d->expected);
    mem_free(d->actual);
}

/* c begins one float after an aligned address. */
static void run(gemm_i16_fn *kernel, const gemm_case *c, const gemm_data *d, float *memory)
{
    const gemm_i16_args args = {.c = memory + 1,
                                .c_stride = d->c_stride,
                                .a = d->pointers,
                                .row_scales = d->row_scales,
                                .rows = c->rows,
                                .taps = c->taps,
                                .k = c->k,
                                .b = d->b,
                                .columns = c->columns,
                                .resume = c->resume,
                                .decays = c->gain ? d->decays : NULL,
                                .gains = c->gain ? d->gains : NULL,
                                .column_scales = c->finish ? d->column_scales : NULL,
                                .bias = c->finish && c->bias ? d->bias : NULL,
                                .residual = c->finish && c->residual ? d->residual + 1 : NULL,
                                .residual_stride = d->c_stride};
    kernel(&args);
}

/* Chains of few long sums: float64's answer is within the rounding of each. */
static double
exact_element(const gemm_case *c, const gemm_data *d, size_t r, size_t n, double *out_bound)
{
    const size_t padded = i16_padded(c->k);
    double chain = c->resume ? (double)d->start[1 + r * d->c_stride + n] : 0;
    if (c->gain) chain *= (double)d->decays[n];
    double most = fabs(chain);
    for (size_t t = 0; t < c->taps; t++) {
        double sum = 0, magnitude = 0;
        for (size_t i = 0; i < c->k; i++) {
            const size_t at = ((t * padded + i) / 2 * GEMM_PANEL + n) * 2 + i % 2;
            const double product = (double)d->pointers[t * c->rows + r][i] * d->b[at];
            sum += product;
            magnitude += fabs(product);
        }
        if (c->gain) {
            sum *= (double)d->gains[n];
            magnitude *= fabs((double)d->gains[n]);
        }
        chain += sum * (double)d->row_scales[t * c->rows + r];
        most += magnitude * fabs((double)d->row_scales[t * c->rows + r]);
    }
    if (c->finish) {
        chain *= (double)d->column_scales[n];
        most *= fabs((double)d->column_scales[n]);
        if (c->bias) chain += (double)d->bias[n];
        if (c->residual) chain += (double)d->residual[1 + r * d->c_stride + n];
        most += 2;
    }
    *out_bound = most * 0x1p-24 * (double)(2 * c->taps * (c->k / I16_CHUNK + 1) + 8);
    return chain;
}

static void check_exact(const gemm_case *c, const gemm_data *d)
{
    for (size_t r = 0; r < c->rows; r++) {
        for (size_t n = 0; n < c->columns; n++) {
            double bound;
            const double exact = exact_element(c, d, r, n, &bound);
            const double got = (double)d->expected[1 + r * d->c_stride + n];
            if (fabs(got - exact) <= bound) continue;
            check_fail("gemm_i16_ref: rows %zu columns %zu taps %zu k %zu: c[%zu][%zu] is %.9g, "
                       "in float64 %.9g",
                       c->rows, c->columns, c->taps, c->k, r, n, got, exact);
            return;
        }
    }
}

static void check_case(gemm_i16_fn *kernel, const char *name, const gemm_case *c, uint32_t seed)
{
    gemm_data d = make_data(c, seed);
    run(gemm_i16_ref, c, &d, d.expected);
    run(kernel, c, &d, d.actual);
    if (memcmp(d.expected, d.actual, d.c_count * sizeof(float)) != 0) {
        check_fail("%s: rows %zu columns %zu taps %zu k %zu resume %d finish %d: not the plain C "
                   "kernel's bytes",
                   name, c->rows, c->columns, c->taps, c->k, c->resume, c->finish);
    }
    if (kernel == gemm_i16_ref) check_exact(c, &d);
    free_data(&d);
}

void check_gemm_i16(gemm_i16_fn *kernel, const char *name)
{
    static const size_t columns[] = {1, 7, 8, 9, 15, 16, 17, 24, 25, 31, 32};
    static const size_t ks[] = {1, 2, 3, 8, 33, 320, 321, 640, K_MAX};
    uint32_t count = 0;
    for (size_t rows = 1; rows <= ROWS_MAX; rows++) {
        for (size_t n = 0; n < sizeof columns / sizeof *columns; n++) {
            for (size_t i = 0; i < sizeof ks / sizeof *ks; i++, count++) {
                gemm_case c = {.rows = rows,
                               .columns = columns[n],
                               .taps = count % 5 == 0 ? TAPS_MAX : 1,
                               .k = ks[i],
                               .resume = (count & 1) != 0,
                               .finish = count % 4 != 3,
                               .bias = count % 3 != 0,
                               .residual = (count & 8) != 0,
                               .extreme = (count & 16) != 0};
                check_case(kernel, name, &c, count);
                if (c.taps > 1 || c.k > I16_CHUNK) continue;
                c.gain = c.resume = true;
                c.finish = false;
                check_case(kernel, name, &c, count);
            }
        }
    }
}
