/* SPDX-License-Identifier: Apache-2.0 */

/**
 * vec.h for AVX2 and FMA; vec_avx512.h has the same functions.
 *
 * A vec is two registers: twice the independent work between the steps of a polynomial, each of
 * which waits for the one before.
 *
 * `count` is how many elements are left: a part touches no memory past them, and lanes not loaded
 * are 0.
 */
#ifndef SD14_CPU_VEC_AVX2_H
#define SD14_CPU_VEC_AVX2_H

#include <stddef.h>
#include <stdint.h>

#include "backends/cpu/kernels/intrinsics.h"
#include "backends/cpu/kernels/unroll.h"

#define VEC_NAME(op) op##_avx2

enum { VEC_LANES = 16 };
typedef struct vec {
    __m256 low, high;
} vec;
typedef vec vec_mask;

static inline vec vec_set(float value)
{
    return (vec){_mm256_set1_ps(value), _mm256_set1_ps(value)};
}

static inline vec vec_load(const float *from)
{
    return (vec){_mm256_loadu_ps(from), _mm256_loadu_ps(from + 8)};
}

static inline void vec_store(float *to, vec a)
{
    _mm256_storeu_ps(to, a.low);
    _mm256_storeu_ps(to + 8, a.high);
}

/** Lanes first, first + 1, ... to first + 7, where below count. */
static inline __m256i vec_lanes_left(int first, size_t count)
{
    const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count - first), lanes);
}

static inline vec vec_load_part(const float *from, size_t count)
{
    if (count >= VEC_LANES) return vec_load(from);
    const __m256 low = _mm256_maskload_ps(from, vec_lanes_left(0, count));
    if (count <= 8) return (vec){low, _mm256_setzero_ps()};
    return (vec){low, _mm256_maskload_ps(from + 8, vec_lanes_left(8, count))};
}

/** The nearest integers, ties to even; |a| below 32767.5. */
static inline void vec_store_i16(int16_t *to, vec a)
{
    const __m256i pairs = _mm256_packs_epi32(_mm256_cvtps_epi32(a.low), _mm256_cvtps_epi32(a.high));
    /* Packing goes by halves of the register. */
    _mm256_storeu_si256((__m256i *)(void *)to, _mm256_permute4x64_epi64(pairs, 0xD8));
}

/** Sixteen 32-bit integers, or as many pairs of 16-bit ones. */
typedef struct vec_ints {
    __m256i low, high;
} vec_ints;

static inline __m256i vec_round_pairs8(__m256 first, __m256 second)
{
    const __m256i high = _mm256_slli_epi32(_mm256_cvtps_epi32(second), 16);
    return _mm256_blend_epi16(_mm256_cvtps_epi32(first), high, 0xAA);
}

/** The nearest integers, ties to even, a lane's two side by side; of absolutes below 32767.5. */
static inline vec_ints vec_round_pairs(vec first, vec second)
{
    return (vec_ints){vec_round_pairs8(first.low, second.low),
                      vec_round_pairs8(first.high, second.high)};
}

static inline void vec_ints_store(int16_t *to, vec_ints a)
{
    _mm256_storeu_si256((__m256i *)(void *)to, a.low);
    _mm256_storeu_si256((__m256i *)(void *)(to + 16), a.high);
}

static inline vec_ints vec_ints_zero(void)
{
    return (vec_ints){_mm256_setzero_si256(), _mm256_setzero_si256()};
}

/** To each lane's sum both of its pair. */
static inline vec_ints vec_ints_add_pairs(vec_ints sum, vec_ints pairs)
{
    const __m256i ones = _mm256_set1_epi16(1);
    return (vec_ints){_mm256_add_epi32(sum.low, _mm256_madd_epi16(pairs.low, ones)),
                      _mm256_add_epi32(sum.high, _mm256_madd_epi16(pairs.high, ones))};
}

static inline vec vec_ints_float(vec_ints a)
{
    return (vec){_mm256_cvtepi32_ps(a.low), _mm256_cvtepi32_ps(a.high)};
}

static inline void vec_store_part(float *to, size_t count, vec a)
{
    if (count >= VEC_LANES) {
        vec_store(to, a);
        return;
    }
    _mm256_maskstore_ps(to, vec_lanes_left(0, count), a.low);
    if (count > 8) _mm256_maskstore_ps(to + 8, vec_lanes_left(8, count), a.high);
}

/** a, with 0 in the lanes from `count` on. */
static inline vec vec_first(vec a, size_t count)
{
    if (count >= VEC_LANES) return a;
    const __m256 low = _mm256_castsi256_ps(vec_lanes_left(0, count));
    const __m256 high = _mm256_castsi256_ps(vec_lanes_left(8, count));
    return (vec){_mm256_and_ps(a.low, low), _mm256_and_ps(a.high, high)};
}

static inline vec vec_add(vec a, vec b)
{
    return (vec){_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)};
}

static inline vec vec_sub(vec a, vec b)
{
    return (vec){_mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high)};
}

static inline vec vec_mul(vec a, vec b)
{
    return (vec){_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)};
}

static inline vec vec_div(vec a, vec b)
{
    return (vec){_mm256_div_ps(a.low, b.low), _mm256_div_ps(a.high, b.high)};
}

/** a·b + c, rounded once. */
static inline vec vec_fma(vec a, vec b, vec c)
{
    return (vec){_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
}

/** a > b ? a : b. So b where either is NaN. */
static inline vec vec_max(vec a, vec b)
{
    return (vec){_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high)};
}

/* Comparisons: false where either is NaN. */
static inline vec_mask vec_less(vec a, vec b)
{
    return (vec_mask){_mm256_cmp_ps(a.low, b.low, _CMP_LT_OQ),
                      _mm256_cmp_ps(a.high, b.high, _CMP_LT_OQ)};
}

static inline vec_mask vec_at_most(vec a, vec b)
{
    return (vec_mask){_mm256_cmp_ps(a.low, b.low, _CMP_LE_OQ),
                      _mm256_cmp_ps(a.high, b.high, _CMP_LE_OQ)};
}

/** yes where the mask is set, no elsewhere. */
static inline vec vec_select(vec_mask mask, vec yes, vec no)
{
    return (vec){_mm256_blendv_ps(no.low, yes.low, mask.low),
                 _mm256_blendv_ps(no.high, yes.high, mask.high)};
}

/** 0 where the mask is set, a elsewhere. */
static inline vec vec_clear(vec_mask mask, vec a)
{
    return (vec){_mm256_andnot_ps(mask.low, a.low), _mm256_andnot_ps(mask.high, a.high)};
}

static inline vec vec_negate(vec a)
{
    const __m256 sign = _mm256_set1_ps(-0.0F);
    return (vec){_mm256_xor_ps(sign, a.low), _mm256_xor_ps(sign, a.high)};
}

static inline vec vec_abs(vec a)
{
    const __m256 sign = _mm256_set1_ps(-0.0F);
    return (vec){_mm256_andnot_ps(sign, a.low), _mm256_andnot_ps(sign, a.high)};
}

/** The size of a, which must be ≥ 0, with the sign of b. */
static inline vec vec_with_sign(vec a, vec b)
{
    const __m256 sign = _mm256_set1_ps(-0.0F);
    return (vec){_mm256_or_ps(a.low, _mm256_and_ps(sign, b.low)),
                 _mm256_or_ps(a.high, _mm256_and_ps(sign, b.high))};
}

static inline __m256 vec_shift_exponent8(__m256 a, __m256 n)
{
    const __m256i shift = _mm256_slli_epi32(_mm256_castps_si256(n), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a), shift));
}

/** Adds the low bits of n to the exponent of a: the lanes of ref_shift_exponent. */
static inline vec vec_shift_exponent(vec a, vec n)
{
    return (vec){vec_shift_exponent8(a.low, n.low), vec_shift_exponent8(a.high, n.high)};
}

/** 0, 1, 2, ... */
static inline vec vec_lane_numbers(void)
{
    return (vec){_mm256_setr_ps(0.0F, 1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 6.0F, 7.0F),
                 _mm256_setr_ps(8.0F, 9.0F, 10.0F, 11.0F, 12.0F, 13.0F, 14.0F, 15.0F)};
}

/** Eight rows of 8 in place. */
ALWAYS_INLINE void vec_transpose8(__m256 row[8])
{
    __m256 four[2][4]; /* [rows / 4][column % 4]: rows side by side in each half */
    UNROLL
    for (int g = 0; g < 2; g++) {
        const __m256 low01 = _mm256_unpacklo_ps(row[4 * g], row[4 * g + 1]);
        const __m256 high01 = _mm256_unpackhi_ps(row[4 * g], row[4 * g + 1]);
        const __m256 low23 = _mm256_unpacklo_ps(row[4 * g + 2], row[4 * g + 3]);
        const __m256 high23 = _mm256_unpackhi_ps(row[4 * g + 2], row[4 * g + 3]);
        four[g][0] = _mm256_shuffle_ps(low01, low23, 0x44);
        four[g][1] = _mm256_shuffle_ps(low01, low23, 0xEE);
        four[g][2] = _mm256_shuffle_ps(high01, high23, 0x44);
        four[g][3] = _mm256_shuffle_ps(high01, high23, 0xEE);
    }
    UNROLL
    for (int c = 0; c < 4; c++) {
        row[c] = _mm256_permute2f128_ps(four[0][c], four[1][c], 0x20);
        row[4 + c] = _mm256_permute2f128_ps(four[0][c], four[1][c], 0x31);
    }
}

/** Sixteen rows of 16 in place; row i is block[i / 4][i % 4]. */
ALWAYS_INLINE void vec_transpose(vec block[4][4])
{
    __m256 part[2][2][8]; /* [rows / 8][columns / 8] */
    UNROLL
    for (int i = 0; i < VEC_LANES; i++) {
        part[i / 8][0][i % 8] = block[i / 4][i % 4].low;
        part[i / 8][1][i % 8] = block[i / 4][i % 4].high;
    }
    UNROLL
    for (int p = 0; p < 4; p++) vec_transpose8(part[p / 2][p % 2]);
    UNROLL
    for (int i = 0; i < VEC_LANES; i++)
        block[i / 4][i % 4] = (vec){part[0][i / 8][i % 8], part[1][i / 8][i % 8]};
}

/** The sum of the lanes, by halves: 16 to 8, l + (l + 8), and so on. */
static inline float vec_sum(vec a)
{
    const __m256 eight = _mm256_add_ps(a.low, a.high);
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}

/** The largest lane; any of them where one is NaN. */
static inline float vec_largest(vec a)
{
    const __m256 eight = _mm256_max_ps(a.low, a.high);
    const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps(two, two, 1)));
}

enum { VEC_DOUBLES = 4 };
typedef __m256d vec_double;

static inline vec_double vec_double_load(const float *from)
{
    return _mm256_cvtps_pd(_mm_loadu_ps(from));
}

static inline vec_double vec_double_add(vec_double a, vec_double b)
{
    return _mm256_add_pd(a, b);
}

static inline vec_double vec_double_fma(vec_double a, vec_double b, vec_double c)
{
    return _mm256_fmadd_pd(a, b, c);
}

/** VEC_DOUBLES pairs: the first of each to `first`, the second to `second`. */
static inline void vec_double_load_pairs(const double *from, vec_double *first, vec_double *second)
{
    const __m256d low = _mm256_loadu_pd(from);
    const __m256d high = _mm256_loadu_pd(from + 4);
    *first = _mm256_permute4x64_pd(_mm256_unpacklo_pd(low, high), 0xD8);
    *second = _mm256_permute4x64_pd(_mm256_unpackhi_pd(low, high), 0xD8);
}

static inline void vec_double_store_pairs(double *to, vec_double first, vec_double second)
{
    const __m256d a = _mm256_permute4x64_pd(first, 0xD8);
    const __m256d b = _mm256_permute4x64_pd(second, 0xD8);
    _mm256_storeu_pd(to, _mm256_unpacklo_pd(a, b));
    _mm256_storeu_pd(to + 4, _mm256_unpackhi_pd(a, b));
}

#endif /* SD14_CPU_VEC_AVX2_H */
