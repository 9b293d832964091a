/* SPDX-License-Identifier: Apache-2.0 */
#include "base/spread.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    double x, y;
    memcpy(&x, a, sizeof(x));
    memcpy(&y, b, sizeof(y));
    return (x > y) - (x < y);
}

/* numpy's _lerp() too counts from the nearer end. */
static double quantile(const double *sorted, size_t count, double q)
{
    const double place = q * (double)(count - 1);
    const size_t below = (size_t)floor(place);
    const size_t above = below + 1 < count ? below + 1 : below;
    const double t = place - (double)below;
    const double gap = sorted[above] - sorted[below];
    return t < 0.5 ? sorted[below] + gap * t : sorted[above] - gap * (1.0 - t);
}

spread spread_of(double *samples, size_t count)
{
    if (count == 0) return (spread){0};
    qsort(samples, count, sizeof(samples[0]), compare);
    return (spread){
        .min = samples[0],
        .median = quantile(samples, count, 0.5),
        .p95 = quantile(samples, count, 0.95),
        .max = samples[count - 1],
        .count = count,
    };
}
