/* SPDX-License-Identifier: Apache-2.0 */

/**
 * exp, erf and what is made of them, one number at a time: the specification of vec_math.h, which
 * gives the same bits. NaN in, NaN out.
 */
#ifndef SD14_CPU_MATH_REF_H
#define SD14_CPU_MATH_REF_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "backends/cpu/kernels/polynomials.h"

/** p·2^n by the exponent bits, where `rounded` is n + ROUND_TO_INTEGER. p·2^n must be normal. */
static inline float ref_shift_exponent(float p, float rounded)
{
    uint32_t bits, n;
    memcpy(&bits, &p, sizeof(bits));
    memcpy(&n, &rounded, sizeof(n));
    bits += n << 23; /* of ROUND_TO_INTEGER itself nothing is left */
    memcpy(&p, &bits, sizeof(p));
    return p;
}

/** e^x: 0 below EXP_LOWEST, infinity above EXP_HIGHEST. Off by at most 0.892 ulp, for any float. */
static inline float ref_exp(float x)
{
    const float rounded = fmaf(x, LOG2_E, ROUND_TO_INTEGER);
    const float n = rounded - ROUND_TO_INTEGER;
    const float r = fmaf(n, -LN2_LOW, fmaf(n, -LN2_HIGH, x));
    float p = EXP_C6;
    p = fmaf(p, r, EXP_C5);
    p = fmaf(p, r, EXP_C4);
    p = fmaf(p, r, EXP_C3);
    p = fmaf(p, r, EXP_C2);
    p = fmaf(p, r, 1.0F);
    p = fmaf(p, r, 1.0F);
    if (x < EXP_LOWEST) return 0.0F;
    if (x <= EXP_HIGHEST) return ref_shift_exponent(p, rounded);
    return x + INFINITY; /* infinity, or NaN */
}

/** erf(x) near 0. */
static inline float ref_erf_low(float x)
{
    const float s = x * x;
    float p = ERF_C6;
    p = fmaf(p, s, ERF_C5);
    p = fmaf(p, s, ERF_C4);
    p = fmaf(p, s, ERF_C3);
    p = fmaf(p, s, ERF_C2);
    p = fmaf(p, s, ERF_C1);
    p = fmaf(p, s, ERF_C0);
    return fmaf(p, x, x);
}

/** erf(t) for t ≥ ERF_SPLIT. */
static inline float ref_erf_high(float t)
{
    const float u = (t > ERFC_END ? ERFC_END : t) - ERFC_MIDDLE;
    float p = ERFC_C13;
    p = fmaf(p, u, ERFC_C12);
    p = fmaf(p, u, ERFC_C11);
    p = fmaf(p, u, ERFC_C10);
    p = fmaf(p, u, ERFC_C9);
    p = fmaf(p, u, ERFC_C8);
    p = fmaf(p, u, ERFC_C7);
    p = fmaf(p, u, ERFC_C6);
    p = fmaf(p, u, ERFC_C5);
    p = fmaf(p, u, ERFC_C4);
    p = fmaf(p, u, ERFC_C3);
    p = fmaf(p, u, ERFC_C2);
    p = fmaf(p, u, ERFC_C1);
    p = fmaf(p, u, ERFC_C0);
    return 1.0F + p;
}

/** erf(x). Off by at most 1.288 ulp, for any normal float. */
static inline float ref_erf(float x)
{
    const float t = fabsf(x);
    return t < ERF_SPLIT ? ref_erf_low(x) : copysignf(ref_erf_high(t), x);
}

static inline float ref_silu(float x)
{
    return x / (1.0F + ref_exp(-x));
}

static inline float ref_quick_gelu(float x)
{
    return x / (1.0F + ref_exp(-QUICK_GELU_SLOPE * x));
}

static inline float ref_gelu(float x)
{
    return x * 0.5F * (1.0F + ref_erf(x * SQRT_HALF));
}

#endif /* SD14_CPU_MATH_REF_H */
