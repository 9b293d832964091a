/* SPDX-License-Identifier: Apache-2.0 */

/** From what was found in a row to its factor and scale: quantize_rows_i16_fn says how. */
#ifndef SD14_CPU_QUANTIZE_SCALE_H
#define SD14_CPU_QUANTIZE_SCALE_H

#include <math.h>

#include "backends/cpu/kernels/kernels.h"

/** What a row's chunks have shown so far; {0} before the first. */
typedef struct i16_row {
    float squares;
    bool infinite;
} i16_row;

static inline void i16_row_add(i16_row *row, float squares)
{
    if (squares > row->squares) row->squares = squares;
    row->infinite |= !(squares < INFINITY);
}

/** The factor; 0 where q is 0. */
static inline float i16_row_factor(const i16_row *row, float largest, float norm, float *out_scale)
{
    *out_scale = row->infinite ? NAN : 0.0F;
    if (row->infinite || largest < I16_TINY) return 0.0F;
    const float by_norm = norm / sqrtf(row->squares);
    const float by_largest = (float)I16_MAX / largest;
    const float factor = by_norm < by_largest ? by_norm : by_largest;
    *out_scale = 1.0F / factor;
    return factor;
}

#endif /* SD14_CPU_QUANTIZE_SCALE_H */
