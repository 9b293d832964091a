/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SD14_BASE_LARGER_H
#define SD14_BASE_LARGER_H

#include <stddef.h>

static inline size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

#endif /* SD14_BASE_LARGER_H */
