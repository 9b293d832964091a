/* SPDX-License-Identifier: Apache-2.0 */

/**
 * The x86 vector instructions as C functions, for files named after an instruction set.
 *
 * With SD14_EMULATE_AVX512 (one test program is built so) the AVX-512 functions are SIMDe's, made
 * of AVX2 and FMA instructions, and what SIMDe lacks is below, AVX-VNNI included. So these sources are proved on
 * processors without either; fused operations stay fused.
 */
#ifndef SD14_CPU_INTRINSICS_H
#define SD14_CPU_INTRINSICS_H

#if defined(SD14_EMULATE_AVX512)

#    define SIMDE_ENABLE_NATIVE_ALIASES
#    include <simde/x86/avx512.h>

#    if !SIMDE_NATURAL_VECTOR_SIZE_LE(256) || !defined(SIMDE_X86_FMA_NATIVE)
#        error "emulated fused operations would round twice: compile with -mavx2 -mfma"
#    endif

/* Masked loads and stores touch no float whose bit is 0, as the instructions do. */
static inline __m512 emulated_maskz_loadu_ps(__mmask16 mask, const float *from)
{
    float lanes[16] = {0};
    for (int i = 0; i < 16; i++) {
        if ((mask >> i & 1) != 0) lanes[i] = from[i];
    }
    return _mm512_loadu_ps(lanes);
}

static inline void emulated_mask_storeu_ps(float *to, __mmask16 mask, __m512 value)
{
    float lanes[16];
    _mm512_storeu_ps(lanes, value);
    for (int i = 0; i < 16; i++) {
        if ((mask >> i & 1) != 0) to[i] = lanes[i];
    }
}

static inline __m512d emulated_cvtps_pd(__m256 value)
{
    double lanes[8];
    _mm256_storeu_pd(lanes, _mm256_cvtps_pd(_mm256_castps256_ps128(value)));
    _mm256_storeu_pd(lanes + 4, _mm256_cvtps_pd(_mm256_extractf128_ps(value, 1)));
    return _mm512_loadu_pd(lanes);
}

static inline __m512 emulated_cvtepi32_ps(__m512i value)
{
    __m256i halves[2];
    _mm512_storeu_si512(halves, value);
    float lanes[16];
    _mm256_storeu_ps(lanes, _mm256_cvtepi32_ps(halves[0]));
    _mm256_storeu_ps(lanes + 8, _mm256_cvtepi32_ps(halves[1]));
    return _mm512_loadu_ps(lanes);
}

static inline __m512i emulated_cvtps_epi32(__m512 value)
{
    float lanes[16];
    _mm512_storeu_ps(lanes, value);
    const __m256i halves[2] = {_mm256_cvtps_epi32(_mm256_loadu_ps(lanes)),
                               _mm256_cvtps_epi32(_mm256_loadu_ps(lanes + 8))};
    return _mm512_loadu_si512(halves);
}

/* Products of 16-bit pairs, added to 32 bits without saturation: what vpmaddwd and vpaddd do. */
static inline __m256i emulated_dpwssd_256(__m256i sum, __m256i a, __m256i b)
{
    return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
}

static inline __m512i emulated_dpwssd_512(__m512i sum, __m512i a, __m512i b)
{
    return _mm512_add_epi32(sum, simde_mm512_madd_epi16(a, b));
}

/* Intel's names, not ours. */
/* NOLINTBEGIN(readability-identifier-naming) */
#    define _mm512_maskz_loadu_ps(mask, from) emulated_maskz_loadu_ps(mask, from)
#    define _mm512_mask_storeu_ps(to, mask, value) emulated_mask_storeu_ps(to, mask, value)
#    define _mm512_cvtps_pd(value) emulated_cvtps_pd(value)
#    define _mm512_cvtps_epi32(value) emulated_cvtps_epi32(value)
#    define _mm512_cvtepi32_ps(value) emulated_cvtepi32_ps(value)
#    undef _mm512_madd_epi16 /* SIMDe's alias is another function's */
#    define _mm512_madd_epi16(a, b) simde_mm512_madd_epi16(a, b)
#    undef _mm512_shuffle_f32x4 /* SIMDe has it without an alias */
#    define _mm512_shuffle_f32x4(a, b, imm) simde_mm512_shuffle_f32x4(a, b, imm)
#    undef _mm512_dpwssd_epi32
#    define _mm512_dpwssd_epi32(sum, a, b) emulated_dpwssd_512(sum, a, b)
#    undef _mm256_dpwssd_avx_epi32
#    define _mm256_dpwssd_avx_epi32(sum, a, b) emulated_dpwssd_256(sum, a, b)
/* NOLINTEND(readability-identifier-naming) */

#else
#    include <immintrin.h>
#endif

#endif /* SD14_CPU_INTRINSICS_H */
