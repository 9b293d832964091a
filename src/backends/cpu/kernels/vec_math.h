/* SPDX-License-Identifier: Apache-2.0 */

/** The functions of math_ref.h on vectors, in the same steps and so with the same bits. */
#ifndef SD14_CPU_VEC_MATH_H
#define SD14_CPU_VEC_MATH_H

#include <math.h>

#include "backends/cpu/kernels/polynomials.h"
#include "backends/cpu/kernels/vec.h"

static inline vec vec_exp(vec x)
{
    const vec rounded = vec_fma(x, vec_set(LOG2_E), vec_set(ROUND_TO_INTEGER));
    const vec n = vec_sub(rounded, vec_set(ROUND_TO_INTEGER));
    const vec r = vec_fma(n, vec_set(-LN2_LOW), vec_fma(n, vec_set(-LN2_HIGH), x));
    vec p = vec_set(EXP_C6);
    p = vec_fma(p, r, vec_set(EXP_C5));
    p = vec_fma(p, r, vec_set(EXP_C4));
    p = vec_fma(p, r, vec_set(EXP_C3));
    p = vec_fma(p, r, vec_set(EXP_C2));
    p = vec_fma(p, r, vec_set(1.0F));
    p = vec_fma(p, r, vec_set(1.0F));
    p = vec_shift_exponent(p, rounded);
    p = vec_select(vec_at_most(x, vec_set(EXP_HIGHEST)), p, vec_add(x, vec_set(INFINITY)));
    return vec_clear(vec_less(x, vec_set(EXP_LOWEST)), p);
}

static inline vec vec_erf_low(vec x)
{
    const vec s = vec_mul(x, x);
    vec p = vec_set(ERF_C6);
    p = vec_fma(p, s, vec_set(ERF_C5));
    p = vec_fma(p, s, vec_set(ERF_C4));
    p = vec_fma(p, s, vec_set(ERF_C3));
    p = vec_fma(p, s, vec_set(ERF_C2));
    p = vec_fma(p, s, vec_set(ERF_C1));
    p = vec_fma(p, s, vec_set(ERF_C0));
    return vec_fma(p, x, x);
}

static inline vec vec_erf_high(vec t)
{
    const vec end = vec_set(ERFC_END);
    const vec u = vec_sub(vec_select(vec_less(end, t), end, t), vec_set(ERFC_MIDDLE));
    vec p = vec_set(ERFC_C13);
    p = vec_fma(p, u, vec_set(ERFC_C12));
    p = vec_fma(p, u, vec_set(ERFC_C11));
    p = vec_fma(p, u, vec_set(ERFC_C10));
    p = vec_fma(p, u, vec_set(ERFC_C9));
    p = vec_fma(p, u, vec_set(ERFC_C8));
    p = vec_fma(p, u, vec_set(ERFC_C7));
    p = vec_fma(p, u, vec_set(ERFC_C6));
    p = vec_fma(p, u, vec_set(ERFC_C5));
    p = vec_fma(p, u, vec_set(ERFC_C4));
    p = vec_fma(p, u, vec_set(ERFC_C3));
    p = vec_fma(p, u, vec_set(ERFC_C2));
    p = vec_fma(p, u, vec_set(ERFC_C1));
    p = vec_fma(p, u, vec_set(ERFC_C0));
    return vec_add(vec_set(1.0F), p);
}

static inline vec vec_erf(vec x)
{
    const vec t = vec_abs(x);
    const vec high = vec_with_sign(vec_erf_high(t), x);
    return vec_select(vec_less(t, vec_set(ERF_SPLIT)), vec_erf_low(x), high);
}

static inline vec vec_silu(vec x)
{
    const vec minus_x = vec_negate(x);
    return vec_div(x, vec_add(vec_set(1.0F), vec_exp(minus_x)));
}

static inline vec vec_quick_gelu(vec x)
{
    const vec slope_x = vec_mul(vec_set(-QUICK_GELU_SLOPE), x);
    return vec_div(x, vec_add(vec_set(1.0F), vec_exp(slope_x)));
}

static inline vec vec_gelu(vec x)
{
    const vec twice_phi = vec_add(vec_set(1.0F), vec_erf(vec_mul(x, vec_set(SQRT_HALF))));
    return vec_mul(vec_mul(x, vec_set(0.5F)), twice_phi);
}

#endif /* SD14_CPU_VEC_MATH_H */
