/* SPDX-License-Identifier: Apache-2.0 */

/** How far two arrays are apart, in the words the field uses. All sums are in double, in order. */
#ifndef SD14_TENSOR_DISTANCE_H
#define SD14_TENSOR_DISTANCE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct tensor_distance {
    size_t count;
    double pcc;         /**< Pearson's correlation; 1 when both are constant and equal */
    double cosine;      /**< of the angle between them as vectors; 1 when both are zero */
    double max_abs;     /**< max |a - b| */
    size_t max_index;   /**< where */
    double mean_abs;    /**< mean |a - b| */
    double relative_l2; /**< |a - b| / |b|; 0 when both are zero, infinity when only b is */
    bool finite;        /**< no NaN or infinity in either; the figures above are NaN otherwise */
    bool in_a;          /**< the first value that is not finite is a's (else b's) */
    size_t bad_index;   /**< its index */
    double bad_value;   /**< itself: NaN, infinity, -infinity */
} tensor_distance;

/** b is the reference. `count` of 0 gives an all-equal distance. */
tensor_distance tensor_measure(const float *a, const float *b, size_t count);

/** Peak signal to noise ratio of 8-bit pictures in dB, peak 255; infinity when equal. */
double picture_psnr(const unsigned char *a, const unsigned char *b, size_t count);

/** The largest difference of two 8-bit values, 0 to 255. */
int picture_max_level(const unsigned char *a, const unsigned char *b, size_t count);

#endif /* SD14_TENSOR_DISTANCE_H */
