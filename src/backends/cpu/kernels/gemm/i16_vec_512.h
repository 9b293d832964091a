/* SPDX-License-Identifier: Apache-2.0 */

/** Vectors of gemm_i16_tile.h in 512 bits: tiles of 8 rows and 32 columns, as gemm_f32's. */
#ifndef SD14_CPU_I16_VEC_512_H
#define SD14_CPU_I16_VEC_512_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "backends/cpu/kernels/intrinsics.h"
#include "backends/cpu/kernels/unroll.h"

#define I16_TILE_ROWS 8
enum { I16_LANES = 16, I16_TILE_VECTORS = 2 };
/* Of 32-bit lanes: with __m512i gcc copies every sum twice around an instruction that adds to it. */
typedef int32_t i16_sums __attribute__((vector_size(64)));
typedef __m512 i16_floats;
typedef __mmask16 i16_mask;

ALWAYS_INLINE i16_sums i16_sums_zero(void)
{
    return (i16_sums)_mm512_setzero_si512();
}
ALWAYS_INLINE i16_sums i16_pairs_load(const int16_t *from)
{
    return (i16_sums)_mm512_loadu_si512(from);
}
ALWAYS_INLINE i16_sums i16_pair_set(const int16_t *from)
{
    int32_t pair;
    memcpy(&pair, from, sizeof pair);
    return (i16_sums)_mm512_set1_epi32(pair);
}
ALWAYS_INLINE i16_floats i16_floats_of(i16_sums a)
{
    return _mm512_cvtepi32_ps((__m512i)a);
}
ALWAYS_INLINE i16_mask i16_first_lanes(size_t n)
{
    return (__mmask16)(n >= I16_LANES ? 0xffffU : (1U << n) - 1U);
}
ALWAYS_INLINE i16_mask i16_no_lanes(void)
{
    return 0;
}
ALWAYS_INLINE i16_floats i16_floats_set(float value)
{
    return _mm512_set1_ps(value);
}
ALWAYS_INLINE i16_floats i16_floats_load(const float *from, i16_mask mask)
{
    return _mm512_maskz_loadu_ps(mask, from);
}
ALWAYS_INLINE void i16_floats_store(float *to, i16_mask mask, i16_floats a)
{
    _mm512_mask_storeu_ps(to, mask, a);
}
ALWAYS_INLINE i16_floats i16_floats_load_all(const float *from)
{
    return _mm512_loadu_ps(from);
}
ALWAYS_INLINE void i16_floats_store_all(float *to, i16_floats a)
{
    _mm512_storeu_ps(to, a);
}
ALWAYS_INLINE i16_floats i16_floats_fma(i16_floats a, i16_floats b, i16_floats c)
{
    return _mm512_fmadd_ps(a, b, c);
}
ALWAYS_INLINE i16_floats i16_floats_mul(i16_floats a, i16_floats b)
{
    return _mm512_mul_ps(a, b);
}
ALWAYS_INLINE i16_floats i16_floats_add(i16_floats a, i16_floats b)
{
    return _mm512_add_ps(a, b);
}

#endif /* SD14_CPU_I16_VEC_512_H */
