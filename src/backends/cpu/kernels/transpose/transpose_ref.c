/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "backends/cpu/kernels/kernels.h"

void transpose_b32_ref(
    void *y, size_t y_stride, const void *x, size_t x_stride, size_t rows, size_t columns)
{
    char *to = y;
    const char *from = x;
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < columns; c++)
            memcpy(to + (c * y_stride + r) * 4, from + (r * x_stride + c) * 4, 4);
    }
}
