/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SD14_BASE_SIZES_H
#define SD14_BASE_SIZES_H

#include <stddef.h>

static inline size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static inline size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/** a / b, rounded up. */
static inline size_t ceil_div(size_t a, size_t b)
{
    return (a + b - 1) / b;
}

#endif /* SD14_BASE_SIZES_H */
