/* SPDX-License-Identifier: Apache-2.0 */
#include "sampling/noise_math.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/float_bits.h"

/* The numbers of the float32 functions are those of ARM optimized-routines, which glibc shares. */

/* Where the logarithm's range starts: 0x1.66p-1 = 0.699. */
static const uint32_t log_lowest = 0x3F330000;

/* {1/c, log(c)} for a c in each sixteenth of [log_lowest, 2·log_lowest), chosen near its middle such
 * that both are close to float64 numbers. */
static const double log_table[16][2] = {
    {0x1.661ec79f8f3bep+0, -0x1.57bf7808caadep-2}, {0x1.571ed4aaf883dp+0, -0x1.2bef0a7c06ddbp-2},
    {0x1.49539f0f010bp+0, -0x1.01eae7f513a67p-2},  {0x1.3c995b0b80385p+0, -0x1.b31d8a68224e9p-3},
    {0x1.30d190c8864a5p+0, -0x1.6574f0ac07758p-3}, {0x1.25e227b0b8eap+0, -0x1.1aa2bc79c81p-3},
    {0x1.1bb4a4a1a343fp+0, -0x1.a4e76ce8c0e5ep-4}, {0x1.12358f08ae5bap+0, -0x1.1973c5a611cccp-4},
    {0x1.0953f419900a7p+0, -0x1.252f438e10c1ep-5}, {0x1p+0, 0x0p+0},
    {0x1.e608cfd9a47acp-1, 0x1.aa5aa5df25984p-5},  {0x1.ca4b31f026aap-1, 0x1.c5e53aa362eb4p-4},
    {0x1.b2036576afce6p-1, 0x1.526e57720db08p-3},  {0x1.9c2d163a1aa2dp-1, 0x1.bc2860d22477p-3},
    {0x1.886e6037841edp-1, 0x1.1058bc8a07ee1p-2},  {0x1.767dcf5534862p-1, 0x1.4043057b6ee09p-2},
};

static const double ln_2 = 0x1.62e42fefa39efp-1;

/* x = 2^k·z with z in [log_lowest, 2·log_lowest), so that k is 0 around 1, and
 * log(x) = k·log(2) + log(c) + log(1 + r) with r = z/c - 1 small. */
float noise_log_f32(float x)
{
    const uint32_t offset = float_to_bits(x) - log_lowest;
    const uint32_t exponent = offset & 0xFF800000U;
    const uint32_t sixteenth = (offset >> 19) % 16;
    const int32_t k = (int32_t)exponent / (1 << 23);
    const double z = (double)float_from_bits(float_to_bits(x) - exponent);

    const double r = z * log_table[sixteenth][0] - 1.0;
    const double base = log_table[sixteenth][1] + (double)k * ln_2;
    const double square = r * r;
    double y = 0x1.5575b0be00b6ap-2 * r - 0x1.ffffef20a4123p-2;
    y = -0x1.00ea348b88334p-2 * square + y;
    return (float)(y * square + (base + r));
}

static double sin_poly(double x)
{
    const double square = x * x;
    const double cube = x * square;
    const double high = 0x1.1107605230bc4p-7 + square * -0x1.994eb3774cf24p-13;
    const double low = x + cube * -0x1.555545995a603p-3;
    return low + cube * square * high;
}

static double cos_poly(double x)
{
    const double square = x * x;
    const double fourth = square * square;
    const double high = -0x1.6c087e89a359dp-10 + square * 0x1.99343027bf8c3p-16;
    const double low = (1.0 + square * -0x1.ffffffd0c621cp-2) + fourth * 0x1.55553e1068f19p-5;
    return low + fourth * square * high;
}

/* sin(x + quarters·pi/2): x goes to [-pi/4, pi/4], where one of the two polynomials holds. */
static float sin_shifted_f32(float x, int quarters)
{
    const int n = (int)((double)x * 0x1.45f306dc9c883p-1 + 0.5);
    const double rest = (double)x - (double)n * 0x1.921fb54442d18p+0;
    const int quadrant = (n + quarters) % 4;
    const double y = quadrant % 2 == 0 ? sin_poly(rest) : cos_poly(rest);
    return (float)(quadrant < 2 ? y : -y);
}

float noise_sin_f32(float x)
{
    return sin_shifted_f32(x, 0);
}

float noise_cos_f32(float x)
{
    return sin_shifted_f32(x, 1);
}

/* x = 2^k·m, m in [sqrt(1/2), sqrt(2)); log(m) = 2·atanh(s) with s = (m - 1)/(m + 1), by its series:
 * s² is below 0.0295, so the term after s^23 is below 2^-61 of the first. */
double noise_log_f64(double x)
{
    int k;
    double m = frexp(x, &k);
    if (m < 0x1.6a09e667f3bcdp-1) {
        m *= 2.0;
        k--;
    }
    const double s = (m - 1.0) / (m + 1.0);
    const double square = s * s;
    double series = 0.0;
    for (int power = 23; power > 1; power -= 2) series = (series + 1.0 / (double)power) * square;
    return (double)k * ln_2 + (2.0 * s + 2.0 * s * series);
}

/* The Taylor series: at pi/4 the first term left out is below 2^-60. */
static double sin_series(double x)
{
    const double square = x * x;
    double series = 0.0;
    for (int n = 19; n > 1; n -= 2) series = (1.0 + series) * -square / (double)(n * (n - 1));
    return x + x * series;
}

static double cos_series(double x)
{
    const double square = x * x;
    double series = 0.0;
    for (int n = 18; n > 0; n -= 2) series = (1.0 + series) * -square / (double)(n * (n - 1));
    return 1.0 + series;
}

/* pi/2 in two parts; n times the first is exact for the n there are, 0 to 4. */
static double sin_shifted_f64(double x, int quarters)
{
    const int n = (int)(x * 0x1.45f306dc9c883p-1 + 0.5);
    const double rest = (x - (double)n * 0x1.921fb54442d18p+0) - (double)n * 0x1.1a62633145c07p-54;
    const int quadrant = (n + quarters) % 4;
    const double y = quadrant % 2 == 0 ? sin_series(rest) : cos_series(rest);
    return quadrant < 2 ? y : -y;
}

double noise_sin_f64(double x)
{
    return sin_shifted_f64(x, 0);
}

double noise_cos_f64(double x)
{
    return sin_shifted_f64(x, 1);
}
