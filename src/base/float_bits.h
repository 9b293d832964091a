/* SPDX-License-Identifier: Apache-2.0 */

/** The 32 bits of a float. */
#ifndef SD14_BASE_FLOAT_BITS_H
#define SD14_BASE_FLOAT_BITS_H

#include <stdint.h>
#include <string.h>

static inline uint32_t float_to_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof(bits));
    return bits;
}

static inline float float_from_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof(x));
    return x;
}

#endif /* SD14_BASE_FLOAT_BITS_H */
