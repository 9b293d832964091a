/* SPDX-License-Identifier: Apache-2.0 */

/** What an array's values are like, in a few numbers. Sums are in double, in order. */
#ifndef SD14_TENSOR_STATISTICS_H
#define SD14_TENSOR_STATISTICS_H

#include <stddef.h>

/** Of the finite values; all NaN when there is none. */
typedef struct tensor_statistics {
    size_t count;
    size_t nan;      /**< values that are NaN */
    size_t infinite; /**< values that are infinity or -infinity */
    double min, max, mean;
    double std; /**< sqrt of the mean squared distance from the mean, as numpy.std */
} tensor_statistics;

tensor_statistics tensor_statistics_of(const float *values, size_t count);

#endif /* SD14_TENSOR_STATISTICS_H */
