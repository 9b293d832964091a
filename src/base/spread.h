/* SPDX-License-Identifier: Apache-2.0 */

/** How a few measurements lie: least, middle, 95th percentile, greatest. */
#ifndef SD14_BASE_SPREAD_H
#define SD14_BASE_SPREAD_H

#include <stddef.h>

typedef struct spread {
    double min, median, p95, max; /**< 0 of no samples */
    size_t count;
} spread;

/**
 * Of finite samples, which are sorted in place. A quantile between two samples lies on the line between
 * them: numpy.percentile's default method "linear" (Hyndman and Fan's type 7), equal to it bit by bit.
 */
spread spread_of(double *samples, size_t count);

#endif /* SD14_BASE_SPREAD_H */
