/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/distance.h"

#include <math.h>

/* Finds the first value that is not finite; false: there is none. */
static bool find_bad(const float *a, const float *b, size_t count, tensor_distance *out)
{
    for (size_t i = 0; i < count; i++) {
        if (isfinite(a[i]) && isfinite(b[i])) continue;
        out->in_a = !isfinite(a[i]);
        out->bad_index = i;
        out->bad_value = (double)(out->in_a ? a[i] : b[i]);
        return true;
    }
    return false;
}

/* x / sqrt(y · z), with 0 / 0 = 1: two things that are both nothing agree. */
static double normalised(double x, double y, double z, bool equal)
{
    if (y == 0.0 || z == 0.0) return equal ? 1.0 : 0.0;
    return fmax(-1.0, fmin(1.0, x / sqrt(y) / sqrt(z))); /* rounding, as numpy.corrcoef() has it */
}

tensor_distance tensor_measure(const float *a, const float *b, size_t count)
{
    tensor_distance d = {.count = count, .pcc = 1.0, .cosine = 1.0, .finite = true};
    if (count == 0) return d;
    if (find_bad(a, b, count, &d)) {
        d.finite = false;
        d.pcc = d.cosine = d.max_abs = d.mean_abs = d.relative_l2 = (double)NAN;
        return d;
    }

    double sum_a = 0.0, sum_b = 0.0, aa = 0.0, bb = 0.0, ab = 0.0, apart = 0.0;
    for (size_t i = 0; i < count; i++) {
        const double x = (double)a[i], y = (double)b[i], difference = fabs(x - y);
        sum_a += x;
        sum_b += y;
        aa += x * x;
        bb += y * y;
        ab += x * y;
        apart += difference * difference;
        d.mean_abs += difference;
        if (difference > d.max_abs) {
            d.max_abs = difference;
            d.max_index = i;
        }
    }
    d.mean_abs /= (double)count;
    d.cosine = normalised(ab, aa, bb, apart == 0.0);
    d.relative_l2 = apart == 0.0 ? 0.0 : bb == 0.0 ? (double)INFINITY : sqrt(apart / bb);

    /* Centred in a second pass: E[xy] - E[x]E[y] would lose every digit where the mean is large. */
    const double mean_a = sum_a / (double)count, mean_b = sum_b / (double)count;
    double caa = 0.0, cbb = 0.0, cab = 0.0;
    for (size_t i = 0; i < count; i++) {
        const double x = (double)a[i] - mean_a, y = (double)b[i] - mean_b;
        caa += x * x;
        cbb += y * y;
        cab += x * y;
    }
    d.pcc = normalised(cab, caa, cbb, apart == 0.0);
    return d;
}

double picture_psnr(const unsigned char *a, const unsigned char *b, size_t count)
{
    double squares = 0.0;
    for (size_t i = 0; i < count; i++) {
        const double difference = (double)a[i] - (double)b[i];
        squares += difference * difference;
    }
    if (squares == 0.0) return (double)INFINITY;
    return 10.0 * log10(255.0 * 255.0 * (double)count / squares);
}

int picture_max_level(const unsigned char *a, const unsigned char *b, size_t count)
{
    int most = 0;
    for (size_t i = 0; i < count; i++) {
        const int difference = a[i] > b[i] ? a[i] - b[i] : b[i] - a[i];
        if (difference > most) most = difference;
    }
    return most;
}
