/* SPDX-License-Identifier: Apache-2.0 */

/** Vectors of gemm_i16_tile.h in 256 bits: tiles of 6 rows and 16 columns, 12 of the 16 registers for sums. */
#ifndef SD14_CPU_I16_VEC_256_H
#define SD14_CPU_I16_VEC_256_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "backends/cpu/kernels/intrinsics.h"
#include "backends/cpu/kernels/unroll.h"

#define I16_TILE_ROWS 6
enum { I16_LANES = 8, I16_TILE_VECTORS = 2 };
/* Of 32-bit lanes: with __m256i gcc copies every sum twice around an instruction that adds to it. */
typedef int32_t i16_sums __attribute__((vector_size(32)));
typedef __m256 i16_floats;
typedef __m256i i16_mask;

ALWAYS_INLINE i16_sums i16_sums_zero(void)
{
    return (i16_sums)_mm256_setzero_si256();
}
ALWAYS_INLINE i16_sums i16_pairs_load(const int16_t *from)
{
    return (i16_sums)_mm256_loadu_si256((const __m256i *)(const void *)from);
}
ALWAYS_INLINE i16_sums i16_pair_set(const int16_t *from)
{
    int32_t pair;
    memcpy(&pair, from, sizeof pair);
    return (i16_sums)_mm256_set1_epi32(pair);
}
ALWAYS_INLINE i16_floats i16_floats_of(i16_sums a)
{
    return _mm256_cvtepi32_ps((__m256i)a);
}
ALWAYS_INLINE i16_mask i16_first_lanes(size_t n)
{
    const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), lanes);
}
ALWAYS_INLINE i16_mask i16_no_lanes(void)
{
    return _mm256_setzero_si256();
}
ALWAYS_INLINE i16_floats i16_floats_set(float value)
{
    return _mm256_set1_ps(value);
}
ALWAYS_INLINE i16_floats i16_floats_load(const float *from, i16_mask mask)
{
    return _mm256_maskload_ps(from, mask);
}
ALWAYS_INLINE void i16_floats_store(float *to, i16_mask mask, i16_floats a)
{
    _mm256_maskstore_ps(to, mask, a);
}
ALWAYS_INLINE i16_floats i16_floats_load_all(const float *from)
{
    return _mm256_loadu_ps(from);
}
ALWAYS_INLINE void i16_floats_store_all(float *to, i16_floats a)
{
    _mm256_storeu_ps(to, a);
}
ALWAYS_INLINE i16_floats i16_floats_fma(i16_floats a, i16_floats b, i16_floats c)
{
    return _mm256_fmadd_ps(a, b, c);
}
ALWAYS_INLINE i16_floats i16_floats_mul(i16_floats a, i16_floats b)
{
    return _mm256_mul_ps(a, b);
}
ALWAYS_INLINE i16_floats i16_floats_add(i16_floats a, i16_floats b)
{
    return _mm256_add_ps(a, b);
}

#endif /* SD14_CPU_I16_VEC_256_H */
