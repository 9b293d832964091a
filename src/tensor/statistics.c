/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/statistics.h"

#include <math.h>

tensor_statistics tensor_statistics_of(const float *values, size_t count)
{
    tensor_statistics s = {.count = count, .min = (double)INFINITY, .max = -(double)INFINITY};
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        const double x = (double)values[i];
        if (isnan(x)) s.nan++;
        if (isinf(x)) s.infinite++;
        if (!isfinite(x)) continue;
        sum += x;
        s.min = fmin(s.min, x);
        s.max = fmax(s.max, x);
    }
    const size_t finite = count - s.nan - s.infinite;
    if (finite == 0) {
        s.min = s.max = s.mean = s.std = (double)NAN;
        return s;
    }
    s.mean = sum / (double)finite;
    double squares = 0.0;
    for (size_t i = 0; i < count; i++) {
        const double apart = (double)values[i] - s.mean;
        if (isfinite(apart)) squares += apart * apart;
    }
    s.std = sqrt(squares / (double)finite);
    return s;
}
