/* SPDX-License-Identifier: Apache-2.0 */

/** Numbers that look random and are the same on every machine. */
#ifndef SD14_TESTS_RANDOM_H
#define SD14_TESTS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/** xorshift64*; any seed but 0. */
static inline uint64_t random_bits(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * UINT64_C(0x2545F4914F6CDD1D);
}

/** 0 to n - 1. */
static inline size_t random_below(uint64_t *seed, size_t n)
{
    return (size_t)(random_bits(seed) >> 33) % n;
}

/** At least -1, below 1; exact in float32. */
static inline float random_float(uint64_t *seed)
{
    return (float)((int32_t)(random_bits(seed) >> 40) - (1 << 23)) / (float)(1 << 23);
}

#endif /* SD14_TESTS_RANDOM_H */
