/* SPDX-License-Identifier: Apache-2.0 */

/* transpose_b32: every value in its place, whatever its bits, and nothing beside them. */
#include <string.h>

#include "kernels/check.h"

enum { SIDE_MAX = 37, GAP = 3 };

static void check_shape(transpose_b32_fn *kernel, const char *name, size_t rows, size_t columns)
{
    const size_t x_stride = columns + GAP, y_stride = rows + GAP;
    const size_t x_count = (rows - 1) * x_stride + columns;
    const size_t y_count = (columns - 1) * y_stride + rows;
    uint32_t *x = check_room(0, x_count * sizeof *x);
    uint32_t *y = check_room(1, y_count * sizeof *y);
    uint32_t untouched;
    memset(&untouched, 0x33, sizeof untouched);
    memset(y, 0x33, y_count * sizeof *y);
    uint32_t state = 1;
    for (size_t i = 0; i < x_count; i++) x[i] = state = state * 1664525U + 1013904223U;
    for (size_t i = 0; i < x_count; i += 5) x[i] |= 0x7F800000U; /* floats that are none */

    kernel(y, y_stride, x, x_stride, rows, columns);
    for (size_t i = 0; i < y_count; i++) {
        const size_t c = i / y_stride, r = i % y_stride;
        const uint32_t expected = r < rows ? x[r * x_stride + c] : untouched;
        if (y[i] == expected) continue;
        check_fail("%s: %zu x %zu: y[%zu][%zu] is %08x, not %08x", name, rows, columns, c, r, y[i],
                   expected);
        return;
    }
    check_before_room(1, y_count * sizeof *y, name);
}

void check_transpose_b32(transpose_b32_fn *kernel, const char *name)
{
    for (size_t rows = 1; rows <= SIDE_MAX; rows++) {
        for (size_t columns = 1; columns <= SIDE_MAX; columns++)
            check_shape(kernel, name, rows, columns);
    }
}
