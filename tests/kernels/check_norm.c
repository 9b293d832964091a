/* SPDX-License-Identifier: Apache-2.0 */

/* group_norm's two kernels and layer_norm. */
#include <math.h>
#include <string.h>

#include "kernels/check.h"

/* Rows around the block in which group_norm_sums goes. */
static const size_t row_counts[] = {1, 2, 7, 8, 9, 17};
enum { ROW_COUNTS = sizeof(row_counts) / sizeof(row_counts[0]), ROWS = 3 };

static void check_sums(const double *got, const double *expected, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (memcmp(&got[i], &expected[i], sizeof(double)) == 0) continue;
        if (isnan(got[i]) && isnan(expected[i])) continue;
        check_fail("%s: sum %zu of %zu is %a, the plain C kernel says %a", name, i, n, got[i],
                   expected[i]);
        return;
    }
}

/* By rows from the last to the first, what was there before last of all: in float64 the order moves
 * the sums of these few numbers by less than 1e-12. */
static void
check_sums_exact(const double *sums, const float *x, size_t rows, size_t channels, double start)
{
    for (size_t c = 0; c < channels; c++) {
        double sum = 0, squares = 0;
        for (size_t r = rows; r-- > 0;) {
            const double v = (double)x[r * channels + c];
            sum += v;
            squares += v * v;
        }
        const double apart = fabs(sums[2 * c] - start - sum);
        const double squares_apart = fabs(sums[2 * c + 1] - start - squares);
        if (apart < 1e-12 && squares_apart < 1e-12) continue;
        check_fail("group_norm_sums: channel %zu of %zu, %zu rows: apart by %.3g and %.3g", c,
                   channels, rows, apart, squares_apart);
        return;
    }
}

static void check_sums_of(
    group_norm_sums_f32_fn *kernel, const char *name, float *x, size_t rows, size_t channels)
{
    static const double start = 0.3;
    const size_t bytes = 2 * channels * sizeof(double);
    double *expected = check_room(1, bytes);
    double *sums = check_room(2, bytes);
    for (size_t i = 0; i < 2 * channels; i++) expected[i] = sums[i] = start;
    group_norm_sums_f32_ref(x, rows, channels, expected);
    check_sums_exact(expected, x, rows, channels, start);
    kernel(x, rows, channels, sums);
    check_sums(sums, expected, 2 * channels, name);
    check_before_room(2, bytes, name);

    for (size_t i = 0; i < rows * channels; i += 11) x[i] = check_special(i / 11);
    group_norm_sums_f32_ref(x, rows, channels, expected);
    kernel(x, rows, channels, sums);
    check_sums(sums, expected, 2 * channels, name);
}

void check_group_norm_sums_f32(group_norm_sums_f32_fn *kernel, const char *name)
{
    uint32_t seed = 7;
    for (size_t k = 0; k < CHECK_SIZES; k++) {
        for (size_t r = 0; r < ROW_COUNTS; r++) {
            const size_t rows = row_counts[r], channels = check_size(k);
            float *x = check_room_random(0, rows * channels, 10.0F, &seed);
            check_sums_of(kernel, name, x, rows, channels);
        }
    }
}

static double exact_apply(double x, double scale, double shift, bool silu)
{
    const double v = x * scale + shift;
    return silu ? v / (1 + exp(-v)) : v;
}

void check_group_norm_apply_f32(group_norm_apply_f32_fn *kernel, const char *name)
{
    static double exact[ROWS * CHECK_SIZE_MAX];
    uint32_t seed = 8;
    for (size_t k = 0; k < 2 * (size_t)CHECK_SIZES; k++) {
        const size_t n = check_size(k / 2), bytes = ROWS * n * sizeof(float);
        const bool silu = k % 2 != 0;
        float *x = check_room_random(0, ROWS * n, 4.0F, &seed);
        const float *scale = check_room_random(1, n, 2.0F, &seed);
        const float *shift = check_room_random(2, n, 2.0F, &seed);
        float *expected = check_room(3, bytes);
        float *y = check_room(4, bytes);
        for (size_t i = 0; i < ROWS * n; i++) {
            exact[i] = exact_apply((double)x[i], (double)scale[i % n], (double)shift[i % n], silu);
        }
        group_norm_apply_f32_ref(expected, x, scale, shift, ROWS, n, silu);
        /* Rounded once at 10, and silu's slope is at most 1.1; then 3 roundings of its own. */
        check_close(expected, exact, ROWS * n, 16 * 0x1p-24, name);

        for (size_t i = 0; i < ROWS * n; i += 9) x[i] = check_special(i / 9);
        group_norm_apply_f32_ref(expected, x, scale, shift, ROWS, n, silu);
        kernel(y, x, scale, shift, ROWS, n, silu);
        check_same(y, expected, ROWS * n, name);
        check_before_room(4, bytes, name);
        kernel(x, x, scale, shift, ROWS, n, silu);
        check_same(x, expected, ROWS * n, name);
    }
}

static void
exact_layer_norm(double *y, const float *x, const float *gain, const float *bias, size_t n)
{
    double mean = 0, variance = 0;
    for (size_t i = 0; i < n; i++) mean += (double)x[i] / (double)n;
    for (size_t i = 0; i < n; i++) {
        variance += ((double)x[i] - mean) * ((double)x[i] - mean) / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        y[i] = ((double)x[i] - mean) / sqrt(variance + 1e-5) * (double)gain[i] + (double)bias[i];
    }
}

static void check_layer_norm_at(layer_norm_f32_fn *kernel, const char *name, size_t n, float middle)
{
    static double exact[ROWS * CHECK_SIZE_MAX];
    uint32_t seed = (uint32_t)n;
    const size_t bytes = ROWS * n * sizeof(float);
    float *x = check_room_random(0, ROWS * n, 1.0F, &seed);
    const float *gain = check_room_random(1, n, 2.0F, &seed);
    const float *bias = check_room_random(2, n, 1.0F, &seed);
    float *expected = check_room(3, bytes);
    float *y = check_room(4, bytes);
    for (size_t i = 0; i < ROWS * n; i++) x[i] += middle;
    for (size_t r = 0; r < ROWS; r++) exact_layer_norm(exact + r * n, x + r * n, gain, bias, n);
    layer_norm_f32_ref(expected, x, gain, bias, ROWS, n, 1e-5F);
    /* x - mean is off by a rounding at the size of x, more where two numbers almost agree; a wrong
     * tail, eps or divisor is off by 1e-3. */
    check_close(expected, exact, ROWS * n, 1e-4, name);

    kernel(y, x, gain, bias, ROWS, n, 1e-5F);
    check_same(y, expected, ROWS * n, name);
    check_before_room(4, bytes, name);
    x[n + n / 2] = NAN; /* the middle row, and no other */
    for (size_t i = 0; i < n; i++) expected[n + i] = NAN;
    kernel(x, x, gain, bias, ROWS, n, 1e-5F);
    check_same(x, expected, ROWS * n, name);
}

void check_layer_norm_f32(layer_norm_f32_fn *kernel, const char *name)
{
    for (size_t k = 0; k < CHECK_SIZES; k++) {
        check_layer_norm_at(kernel, name, check_size(k), 0.0F);
        check_layer_norm_at(kernel, name, check_size(k), 8.0F);
    }
}
