/* SPDX-License-Identifier: Apache-2.0 */

/*
 * With exp, sin and cos of our own: the C library's may differ in the last bit from one machine to the next. In
 * double, where the few operations below are exact to 1e-13, then rounded once.
 */
#include "tensor/timestep_embedding.h"

#include <math.h>
#include <stdint.h>

/* e^x for -20 < x <= 0: 2^n · e^r with |r| <= ln2/2, Taylor to r^13 (below 1e-16). */
static double exp_small(double x)
{
    static const double ln2 = 0.693147180559945309417;
    const double n = floor(x / ln2 + 0.5);
    const double r = x - n * ln2;
    double sum = 1.0;
    for (int i = 13; i > 0; i--) sum = 1.0 + r / i * sum;
    return ldexp(sum, (int)n);
}

/* sin(r) for |r| <= pi/4, Taylor to r^17. */
static double sin_small(double r)
{
    double sum = 1.0;
    for (int i = 16; i > 0; i -= 2) sum = 1.0 - r * r / (i * (i + 1)) * sum;
    return r * sum;
}

static double cos_small(double r)
{
    double sum = 1.0;
    for (int i = 16; i > 0; i -= 2) sum = 1.0 - r * r / (i * (i - 1)) * sum;
    return sum;
}

/* Angles are at most some thousands, so pi/2 in two parts leaves r exact to 1e-16 or so. */
static void sin_cos(double x, float *out_sin, float *out_cos)
{
    static const double half_pi_high = 0x1.921fb544p+0; /* 33 bits: quadrant times it is exact */
    static const double half_pi_low = 0x1.0b4611a626331p-34;
    const double quadrant = floor(x / (half_pi_high + half_pi_low) + 0.5);
    const double r = (x - quadrant * half_pi_high) - quadrant * half_pi_low;
    const double s = sin_small(r);
    const double c = cos_small(r);
    switch ((int64_t)quadrant & 3) {
    case 0:
        *out_sin = (float)s, *out_cos = (float)c;
        break;
    case 1:
        *out_sin = (float)c, *out_cos = (float)-s;
        break;
    case 2:
        *out_sin = (float)-s, *out_cos = (float)-c;
        break;
    default:
        *out_sin = (float)-c, *out_cos = (float)s;
        break;
    }
}

void timestep_embedding(float t, size_t channels, bool cosines_first, float shift, float *out)
{
    static const float minus_ln_10000 = -9.210340371976184F;
    const size_t half = channels / 2;
    for (size_t i = 0; i < half; i++) {
        /* Rounded to float32 wherever diffusers' get_timestep_embedding() does. */
        const float exponent = minus_ln_10000 * (float)i / ((float)half - shift);
        const float angle = t * (float)exp_small((double)exponent);
        sin_cos((double)angle, out + i + (cosines_first ? half : 0),
                out + i + (cosines_first ? 0 : half));
    }
}
