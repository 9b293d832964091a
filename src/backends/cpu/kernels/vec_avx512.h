/* SPDX-License-Identifier: Apache-2.0 */

/** vec.h for AVX-512: the functions of vec_avx2.h, explained there. */
#ifndef SD14_CPU_VEC_AVX512_H
#define SD14_CPU_VEC_AVX512_H

#include <stddef.h>
#include <stdint.h>

#include "backends/cpu/kernels/intrinsics.h"
#include "backends/cpu/kernels/unroll.h"

#define VEC_NAME(op) op##_avx512

enum { VEC_LANES = 16 };
typedef __m512 vec;
typedef __mmask16 vec_mask;

static inline vec vec_set(float value)
{
    return _mm512_set1_ps(value);
}
static inline vec vec_load(const float *from)
{
    return _mm512_loadu_ps(from);
}
static inline void vec_store(float *to, vec a)
{
    _mm512_storeu_ps(to, a);
}

static inline void vec_store_i16(int16_t *to, vec a)
{
    const __m256i lanes = _mm512_cvtsepi32_epi16(_mm512_cvtps_epi32(a));
    _mm256_storeu_si256((__m256i *)(void *)to, lanes);
}

/* Sixteen 32-bit integers, or as many pairs of 16-bit ones. */
typedef __m512i vec_ints;

static inline vec_ints vec_round_pairs(vec first, vec second)
{
    const __m512i high = _mm512_slli_epi32(_mm512_cvtps_epi32(second), 16);
    return _mm512_mask_mov_epi16(_mm512_cvtps_epi32(first), 0xAAAAAAAAU, high);
}

static inline void vec_ints_store(int16_t *to, vec_ints a)
{
    _mm512_storeu_si512(to, a);
}

static inline vec_ints vec_ints_zero(void)
{
    return _mm512_setzero_si512();
}

static inline vec_ints vec_ints_add_pairs(vec_ints sum, vec_ints pairs)
{
    return _mm512_add_epi32(sum, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
}

static inline vec vec_ints_float(vec_ints a)
{
    return _mm512_cvtepi32_ps(a);
}

static inline __mmask16 vec_first_lanes(size_t count)
{
    return (__mmask16)((1U << count) - 1U);
}

static inline vec vec_load_part(const float *from, size_t count)
{
    if (count >= VEC_LANES) return vec_load(from);
    return _mm512_maskz_loadu_ps(vec_first_lanes(count), from);
}

static inline void vec_store_part(float *to, size_t count, vec a)
{
    if (count >= VEC_LANES) {
        vec_store(to, a);
    } else {
        _mm512_mask_storeu_ps(to, vec_first_lanes(count), a);
    }
}

static inline vec vec_first(vec a, size_t count)
{
    if (count >= VEC_LANES) return a;
    return _mm512_maskz_mov_ps(vec_first_lanes(count), a);
}

static inline vec vec_add(vec a, vec b)
{
    return _mm512_add_ps(a, b);
}
static inline vec vec_sub(vec a, vec b)
{
    return _mm512_sub_ps(a, b);
}
static inline vec vec_mul(vec a, vec b)
{
    return _mm512_mul_ps(a, b);
}
static inline vec vec_div(vec a, vec b)
{
    return _mm512_div_ps(a, b);
}
static inline vec vec_fma(vec a, vec b, vec c)
{
    return _mm512_fmadd_ps(a, b, c);
}
static inline vec vec_max(vec a, vec b)
{
    return _mm512_max_ps(a, b);
}
static inline vec_mask vec_less(vec a, vec b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ);
}
static inline vec_mask vec_at_most(vec a, vec b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ);
}

static inline vec vec_select(vec_mask mask, vec yes, vec no)
{
    return _mm512_mask_blend_ps(mask, no, yes);
}

static inline vec vec_clear(vec_mask mask, vec a)
{
    return _mm512_mask_mov_ps(a, mask, _mm512_setzero_ps());
}

static inline vec vec_negate(vec a)
{
    const __m512i bits = _mm512_castps_si512(a);
    return _mm512_castsi512_ps(_mm512_xor_si512(bits, _mm512_set1_epi32((int)0x80000000)));
}

static inline vec vec_abs(vec a)
{
    const __m512i bits = _mm512_castps_si512(a);
    return _mm512_castsi512_ps(_mm512_and_si512(bits, _mm512_set1_epi32(0x7FFFFFFF)));
}

static inline vec vec_with_sign(vec a, vec b)
{
    const __m512i sign = _mm512_andnot_si512(_mm512_set1_epi32(0x7FFFFFFF), _mm512_castps_si512(b));
    return _mm512_castsi512_ps(_mm512_or_si512(_mm512_castps_si512(a), sign));
}

static inline vec vec_shift_exponent(vec a, vec n)
{
    const __m512i shift = _mm512_slli_epi32(_mm512_castps_si512(n), 23);
    return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(a), shift));
}

static inline vec vec_lane_numbers(void)
{
    return _mm512_setr_ps(0.0F, 1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 6.0F, 7.0F, 8.0F, 9.0F, 10.0F, 11.0F,
                          12.0F, 13.0F, 14.0F, 15.0F);
}

ALWAYS_INLINE void vec_transpose(vec block[4][4])
{
    vec four[4][4]; /* [rows / 4][column % 4]: rows side by side in each quarter */
    UNROLL
    for (int g = 0; g < 4; g++) {
        const vec low01 = _mm512_unpacklo_ps(block[g][0], block[g][1]);
        const vec high01 = _mm512_unpackhi_ps(block[g][0], block[g][1]);
        const vec low23 = _mm512_unpacklo_ps(block[g][2], block[g][3]);
        const vec high23 = _mm512_unpackhi_ps(block[g][2], block[g][3]);
        four[g][0] = _mm512_shuffle_ps(low01, low23, 0x44);
        four[g][1] = _mm512_shuffle_ps(low01, low23, 0xEE);
        four[g][2] = _mm512_shuffle_ps(high01, high23, 0x44);
        four[g][3] = _mm512_shuffle_ps(high01, high23, 0xEE);
    }
    UNROLL
    for (int c = 0; c < 4; c++) {
        const vec low01 = _mm512_shuffle_f32x4(four[0][c], four[1][c], 0x44);
        const vec high01 = _mm512_shuffle_f32x4(four[0][c], four[1][c], 0xEE);
        const vec low23 = _mm512_shuffle_f32x4(four[2][c], four[3][c], 0x44);
        const vec high23 = _mm512_shuffle_f32x4(four[2][c], four[3][c], 0xEE);
        block[0][c] = _mm512_shuffle_f32x4(low01, low23, 0x88);
        block[1][c] = _mm512_shuffle_f32x4(low01, low23, 0xDD);
        block[2][c] = _mm512_shuffle_f32x4(high01, high23, 0x88);
        block[3][c] = _mm512_shuffle_f32x4(high01, high23, 0xDD);
    }
}

static inline float vec_sum(vec a)
{
    float half[16];
    _mm512_storeu_ps(half, a);
    const __m256 eight = _mm256_add_ps(_mm256_loadu_ps(half), _mm256_loadu_ps(half + 8));
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}

static inline float vec_largest(vec a)
{
    float half[16];
    _mm512_storeu_ps(half, a);
    const __m256 eight = _mm256_max_ps(_mm256_loadu_ps(half), _mm256_loadu_ps(half + 8));
    const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps(two, two, 1)));
}

enum { VEC_DOUBLES = 8 };
typedef __m512d vec_double;

static inline vec_double vec_double_load(const float *from)
{
    return _mm512_cvtps_pd(_mm256_loadu_ps(from));
}

static inline vec_double vec_double_add(vec_double a, vec_double b)
{
    return _mm512_add_pd(a, b);
}

static inline vec_double vec_double_fma(vec_double a, vec_double b, vec_double c)
{
    return _mm512_fmadd_pd(a, b, c);
}

static inline void vec_double_load_pairs(const double *from, vec_double *first, vec_double *second)
{
    const __m512d low = _mm512_loadu_pd(from);
    const __m512d high = _mm512_loadu_pd(from + 8);
    const __m512i even = _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14);
    const __m512i odd = _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15);
    *first = _mm512_permutex2var_pd(low, even, high);
    *second = _mm512_permutex2var_pd(low, odd, high);
}

static inline void vec_double_store_pairs(double *to, vec_double first, vec_double second)
{
    const __m512i low = _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11);
    const __m512i high = _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15);
    _mm512_storeu_pd(to, _mm512_permutex2var_pd(first, low, second));
    _mm512_storeu_pd(to + 8, _mm512_permutex2var_pd(first, high, second));
}

#endif /* SD14_CPU_VEC_AVX512_H */
