/* SPDX-License-Identifier: Apache-2.0 */

/* silu, gelu, quick_gelu, geglu, and the exp and erf they are made of. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "backends/cpu/kernels/math_ref.h"
#include "kernels/check.h"

enum { ROWS = 3, SWEEP = 16411 /* prime: floats of every exponent, mantissas spread */ };

typedef void unary_fn(float *y, const float *x, size_t n);

/* Float64 from the definition, and how far from it a float32 result may be. */
typedef struct unary_case {
    unary_fn *ref;
    double (*exact)(double x);
    double (*bound)(double x);
} unary_case;

static double silu(double x)
{
    return x / (1 + exp(-x));
}
static double quick_gelu(double x)
{
    return x / (1 + exp(-1.702 * x));
}
static double gelu(double x)
{
    return x * 0.5 * (1 + erf(x * sqrt(0.5)));
}

/* exp, sum and quotient: 3 roundings' worth. Where exp(-x) overflows the result is 0, not 1e-37. */
static double silu_bound(double x)
{
    return 3 * 0x1p-23 * fabs(silu(x)) + 1e-35;
}

/* As silu, and the product 1.702·x is rounded: relative to exp's result, that is its size. */
static double quick_gelu_bound(double x)
{
    return (3 + fabs(x)) * 0x1p-23 * fabs(quick_gelu(x)) + 1e-35;
}

/* 1 + erf is rounded at the size of 1, however small it is. */
static double gelu_bound(double x)
{
    return 1.5 * 0x1p-23 * fabs(x) + 0x1p-149;
}

static double ulp_of(double exact)
{
    return ldexp(1.0, ilogb(fmax(fabs(exact), (double)FLT_MIN)) - (FLT_MANT_DIG - 1));
}

static float from_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof(x));
    return x;
}

/* The limits stated in math_ref.h. */
static void check_exp(void)
{
    for (uint64_t bits = 0; bits <= UINT32_MAX; bits += SWEEP) {
        const float x = from_bits((uint32_t)bits);
        if (!(x >= EXP_LOWEST && x <= EXP_HIGHEST)) continue;
        const double exact = exp((double)x), got = (double)ref_exp(x);
        if (fabs(got - exact) <= 0.892 * ulp_of(exact)) continue;
        check_fail("ref_exp(%a) is %a, in float64 %a", (double)x, got, exact);
    }
    if (ref_exp(0.0F) != 1.0F) check_fail("ref_exp(0) is not 1");
    if (ref_exp(nextafterf(EXP_LOWEST, -1e9F)) != 0.0F) check_fail("ref_exp below: not 0");
    if (ref_exp(-INFINITY) != 0.0F) check_fail("ref_exp(-inf) is not 0");
    if (!isinf(ref_exp(nextafterf(EXP_HIGHEST, 1e9F)))) check_fail("ref_exp above: not infinite");
    if (!isinf(ref_exp(INFINITY))) check_fail("ref_exp(inf) is not infinite");
    if (!isnan(ref_exp(NAN))) check_fail("ref_exp(NaN) is a number");
}

static void check_erf(void)
{
    for (uint64_t bits = 0; bits <= UINT32_MAX; bits += SWEEP) {
        const float x = from_bits((uint32_t)bits);
        if (isnan(x)) continue;
        const double exact = erf((double)x), got = (double)ref_erf(x);
        if (fabs(got - exact) <= 1.288 * ulp_of(exact)) continue;
        check_fail("ref_erf(%a) is %a, in float64 %a", (double)x, got, exact);
    }
    for (float x = 4.0F; x < 1e30F; x *= 1.7F) {
        if (ref_erf(x) != 1.0F || ref_erf(-x) != -1.0F) check_fail("ref_erf(%g)", (double)x);
    }
    if (!isnan(ref_erf(NAN))) check_fail("ref_erf(NaN) is a number");
}

static void check_exact(const unary_case *c, const float *y, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const double at = (double)x[i];
        if (!isfinite(at)) continue;
        if (fabs((double)y[i] - c->exact(at)) <= c->bound(at)) continue;
        check_fail("at %a (%g): %.9g, in float64 %.9g", at, at, (double)y[i], c->exact(at));
    }
}

/* Once to another place, once in place: x is overwritten. */
static void
check_unary_on(unary_fn *kernel, const char *name, const unary_case *c, float *x, size_t n)
{
    float *expected = check_room(1, n * sizeof(float));
    float *y = check_room(2, n * sizeof(float));
    c->ref(expected, x, n);
    check_exact(c, expected, x, n);
    kernel(y, x, n);
    check_same(y, expected, n, name);
    check_before_room(2, n * sizeof(float), name);
    kernel(x, x, n);
    check_same(x, expected, n, name);
}

static void check_unary(unary_fn *kernel, const char *name, const unary_case *c)
{
    enum { CHUNK = 8192 };
    uint32_t seed = 1;
    for (size_t k = 0; k < CHECK_SIZES; k++) {
        const size_t n = check_size(k);
        float *x = check_room_random(0, n, 8.0F, &seed);
        check_unary_on(kernel, name, c, x, n);
        x = check_room_random(0, n, 8.0F, &seed);
        for (size_t i = 0; i < n; i += 2) x[i] = check_special(i / 2 + k);
        check_unary_on(kernel, name, c, x, n);
    }
    for (uint64_t bits = 0; bits <= UINT32_MAX;) {
        float *x = check_room(0, CHUNK * sizeof(float));
        for (size_t i = 0; i < CHUNK; i++, bits += SWEEP) x[i] = from_bits((uint32_t)bits);
        check_unary_on(kernel, name, c, x, CHUNK);
    }
}

/* What a caller counts on at the far ends. */
static void check_ends(unary_fn *kernel, const char *name)
{
    const float x[] = {-200.0F, 200.0F, INFINITY, NAN, -0.0F, -1e30F};
    float y[6];
    kernel(y, x, 6);
    if (y[0] != 0.0F || !signbit(y[0])) check_fail("%s(-200) is %g", name, (double)y[0]);
    if (y[1] != 200.0F) check_fail("%s(200) is %g", name, (double)y[1]);
    if (y[2] != INFINITY) check_fail("%s(inf) is %g", name, (double)y[2]);
    if (!isnan(y[3])) check_fail("%s(NaN) is %g", name, (double)y[3]);
    if (y[4] != 0.0F || !signbit(y[4])) check_fail("%s(-0) is %g", name, (double)y[4]);
    if (y[5] != 0.0F) check_fail("%s(-1e30) is %g", name, (double)y[5]);
}

void check_silu_f32(silu_f32_fn *kernel, const char *name)
{
    static const unary_case c = {silu_f32_ref, silu, silu_bound};
    if (kernel == silu_f32_ref) check_exp();
    check_unary(kernel, name, &c);
    check_ends(kernel, name);
}

void check_gelu_f32(gelu_f32_fn *kernel, const char *name)
{
    static const unary_case c = {gelu_f32_ref, gelu, gelu_bound};
    if (kernel == gelu_f32_ref) check_erf();
    check_unary(kernel, name, &c);
    check_ends(kernel, name);
}

void check_quick_gelu_f32(quick_gelu_f32_fn *kernel, const char *name)
{
    static const unary_case c = {quick_gelu_f32_ref, quick_gelu, quick_gelu_bound};
    check_unary(kernel, name, &c);
    check_ends(kernel, name);
}

static void check_geglu_exact(const float *y, const float *x, size_t n)
{
    for (size_t i = 0; i < ROWS * n; i++) {
        const double value = (double)x[i / n * 2 * n + i % n];
        const double gate = (double)x[i / n * 2 * n + n + i % n];
        const double bound = fabs(value) * (gelu_bound(gate) + 0x1p-24 * fabs(gate)) + 0x1p-149;
        if (fabs((double)y[i] - value * gelu(gate)) <= bound) continue;
        check_fail("geglu: element %zu of [%d, %zu] is %.9g, in float64 %.9g", i, ROWS, n,
                   (double)y[i], value * gelu(gate));
        return;
    }
}

void check_geglu_f32(geglu_f32_fn *kernel, const char *name)
{
    uint32_t seed = 2;
    for (size_t k = 0; k < CHECK_SIZES; k++) {
        const size_t n = check_size(k);
        float *x = check_room_random(0, ROWS * 2 * n, 4.0F, &seed);
        float *expected = check_room(1, ROWS * n * sizeof(float));
        float *y = check_room(2, ROWS * n * sizeof(float));
        geglu_f32_ref(expected, x, ROWS, n);
        check_geglu_exact(expected, x, n);
        for (size_t i = 0; i < 2 * ROWS * n; i += 7) x[i] = check_special(i / 7 + k);
        geglu_f32_ref(expected, x, ROWS, n);
        kernel(y, x, ROWS, n);
        check_same(y, expected, ROWS * n, name);
        check_before_room(2, ROWS * n * sizeof(float), name);
    }
}
