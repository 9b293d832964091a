/* SPDX-License-Identifier: Apache-2.0 */

/* quantize_rows_i16: every kernel as the plain C one; that one's integers are near the values, and no dot product of
 * two chunks leaves 32 bits. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/check.h"

enum { ROWS = 3, TAPS_MAX = 2, VALUES = ROWS * TAPS_MAX * (CHECK_SIZE_MAX + 1) };

typedef struct quantized {
    int16_t q[VALUES];
    float scales[ROWS];
} quantized;

static quantized expected, actual;

/* The products' own, and that of attention's V where a row is no longer than a block. */
static float norm_of(size_t n)
{
    return n % 2 == 0 && n <= I16_KEYS ? I16_VALUE_NORM : I16_NORM;
}

static void run(quantize_rows_i16_fn *kernel, const float *x, size_t taps, size_t n, quantized *out)
{
    memset(out, 0x55, sizeof *out);
    kernel(out->q, out->scales, x, ROWS, taps, n, norm_of(n));
}

static double chunk_norm(const int16_t *q, size_t n)
{
    double squares = 0;
    for (size_t i = 0; i < n; i++) squares += (double)q[i] * q[i];
    return sqrt(squares);
}

/* Half a unit and float32's rounding of x·factor; the row's scale is that of its norm or its largest. */
static void check_row(const float *x, const int16_t *q, float scale, size_t taps, size_t n)
{
    double norm = 0;
    int most = 0;
    for (size_t t = 0; t < taps; t++, x += n, q += i16_padded(n)) {
        for (size_t i = 0; i < n; i++) {
            if (abs(q[i]) > most) most = abs(q[i]);
            if (fabs((double)x[i] / (double)scale - q[i]) > 0.51)
                check_fail("quantize_rows_i16_ref: n %zu: %.9g is %d of %.9g", n, (double)x[i],
                           (int)q[i], (double)scale);
        }
        if (n % 2 == 1 && q[n] != 0) check_fail("quantize_rows_i16_ref: n %zu: no 0 after it", n);
        for (size_t i = 0; i < n; i += I16_CHUNK)
            norm = fmax(norm, chunk_norm(q + i, n - i < I16_CHUNK ? n - i : I16_CHUNK));
    }
    const double most_norm = (double)norm_of(n) + sqrt(fmin((double)n, I16_CHUNK)) / 2;
    if (norm > most_norm) check_fail("quantize_rows_i16_ref: n %zu: norm %.9g", n, norm);
    if (norm < (double)norm_of(n) - 9 && most < I16_MAX)
        check_fail("quantize_rows_i16_ref: n %zu: norm %.9g, largest %d: bits are lost", n, norm,
                   most);
}

static void
check_numbers(quantize_rows_i16_fn *kernel, const char *name, const float *x, size_t taps, size_t n)
{
    run(quantize_rows_i16_ref, x, taps, n, &expected);
    run(kernel, x, taps, n, &actual);
    if (memcmp(expected.q, actual.q, sizeof actual.q) != 0)
        check_fail("%s: n %zu: not the plain C kernel's integers", name, n);
    check_same(actual.scales, expected.scales, ROWS, name);
}

void check_quantize_rows_i16(quantize_rows_i16_fn *kernel, const char *name)
{
    uint32_t seed = 1;
    for (size_t s = 0; s < CHECK_SIZES; s++) {
        const size_t n = check_size(s), taps = 1 + s % TAPS_MAX, count = ROWS * taps * n;
        float *x = check_room_random(0, count, ldexpf(1.0F, (int)s - 20), &seed);
        if (s % 3 == 0) x[count / 2] *= 100.0F; /* an outlier */
        check_numbers(kernel, name, x, taps, n);
        for (size_t r = 0; r < ROWS && kernel == quantize_rows_i16_ref; r++)
            check_row(x + r * taps * n, expected.q + r * taps * i16_padded(n), expected.scales[r],
                      taps, n);

        for (size_t i = 0; i < taps * n; i++) x[i] = 0; /* the first row: zeros */
        for (size_t i = 0; i < taps * n; i++)
            x[taps * n + i] *= 0x1p-90F; /* the second: next to zero */
        x[count - 1] = check_special(s);
        check_numbers(kernel, name, x, taps, n);
        if (expected.scales[0] != 0.0F || expected.scales[1] != 0.0F)
            check_fail("%s: zeros have a scale", name);
        if (!isfinite(check_special(s)) && !isnan(expected.scales[ROWS - 1]))
            check_fail("%s: %g is lost", name, (double)check_special(s));
    }
}
