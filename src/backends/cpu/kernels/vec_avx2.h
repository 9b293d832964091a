/* SPDX-License-Identifier: Apache-2.0 */

/**
 * vec.h for AVX2 and FMA; vec_avx512.h has the same functions.
 *
 * `count` is how many elements are left: a part touches no memory past them. Lanes not loaded are 0.
 */
#ifndef SD14_CPU_VEC_AVX2_H
#define SD14_CPU_VEC_AVX2_H

#include <stddef.h>

#include "backends/cpu/kernels/intrinsics.h"

#define VEC_NAME(op) op##_avx2

enum { VEC_LANES = 8 };
typedef __m256 vec;
typedef __m256 vec_mask;

static inline vec vec_set(float value)
{
    return _mm256_set1_ps(value);
}
static inline vec vec_load(const float *from)
{
    return _mm256_loadu_ps(from);
}
static inline void vec_store(float *to, vec a)
{
    _mm256_storeu_ps(to, a);
}

static inline __m256i vec_first_lanes(size_t count)
{
    const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), lanes);
}

static inline vec vec_load_part(const float *from, size_t count)
{
    if (count >= VEC_LANES) return vec_load(from);
    return _mm256_maskload_ps(from, vec_first_lanes(count));
}

static inline void vec_store_part(float *to, size_t count, vec a)
{
    if (count >= VEC_LANES) {
        vec_store(to, a);
    } else {
        _mm256_maskstore_ps(to, vec_first_lanes(count), a);
    }
}

/** a, with 0 in the lanes from `count` on. */
static inline vec vec_first(vec a, size_t count)
{
    if (count >= VEC_LANES) return a;
    return _mm256_and_ps(a, _mm256_castsi256_ps(vec_first_lanes(count)));
}

static inline vec vec_add(vec a, vec b)
{
    return _mm256_add_ps(a, b);
}
static inline vec vec_sub(vec a, vec b)
{
    return _mm256_sub_ps(a, b);
}
static inline vec vec_mul(vec a, vec b)
{
    return _mm256_mul_ps(a, b);
}
static inline vec vec_div(vec a, vec b)
{
    return _mm256_div_ps(a, b);
}

/** a·b + c, rounded once. */
static inline vec vec_fma(vec a, vec b, vec c)
{
    return _mm256_fmadd_ps(a, b, c);
}

/** a > b ? a : b. So b where either is NaN. */
static inline vec vec_max(vec a, vec b)
{
    return _mm256_max_ps(a, b);
}

/* Comparisons: false where either is NaN. */
static inline vec_mask vec_less(vec a, vec b)
{
    return _mm256_cmp_ps(a, b, _CMP_LT_OQ);
}
static inline vec_mask vec_at_most(vec a, vec b)
{
    return _mm256_cmp_ps(a, b, _CMP_LE_OQ);
}

/** yes where the mask is set, no elsewhere. */
static inline vec vec_select(vec_mask mask, vec yes, vec no)
{
    return _mm256_blendv_ps(no, yes, mask);
}

static inline vec vec_negate(vec a)
{
    return _mm256_xor_ps(_mm256_set1_ps(-0.0F), a);
}
static inline vec vec_abs(vec a)
{
    return _mm256_andnot_ps(_mm256_set1_ps(-0.0F), a);
}

/** The size of a, which must be ≥ 0, with the sign of b. */
static inline vec vec_with_sign(vec a, vec b)
{
    return _mm256_or_ps(a, _mm256_and_ps(_mm256_set1_ps(-0.0F), b));
}

/** Adds the low bits of n to the exponent of a: the lanes of ref_shift_exponent. */
static inline vec vec_shift_exponent(vec a, vec n)
{
    const __m256i shift = _mm256_slli_epi32(_mm256_castps_si256(n), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a), shift));
}

/** 0, 1, 2, ... */
static inline vec vec_lane_numbers(void)
{
    return _mm256_setr_ps(0.0F, 1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 6.0F, 7.0F);
}

/** The sum of 16 lanes, in 16 / VEC_LANES vectors, by halves. */
static inline float vec_sum16(const vec lanes[2])
{
    const __m256 eight = _mm256_add_ps(lanes[0], lanes[1]);
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
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
