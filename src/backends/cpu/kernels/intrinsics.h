/* SPDX-License-Identifier: Apache-2.0 */

/**
 * The x86 vector instructions as C functions, for `_avx2.c` and `_avx512.c` files.
 *
 * With SD14_EMULATE_AVX512 (one test program is built so) the AVX-512 functions are SIMDe's, made
 * of AVX2 and FMA instructions, and what SIMDe lacks is below. So the AVX-512 sources are proved on
 * processors without it; fused operations stay fused.
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

/* Intel's names, not ours. */
/* NOLINTBEGIN(readability-identifier-naming) */
#    define _mm512_maskz_loadu_ps(mask, from) emulated_maskz_loadu_ps(mask, from)
#    define _mm512_mask_storeu_ps(to, mask, value) emulated_mask_storeu_ps(to, mask, value)
#    define _mm512_cvtps_pd(value) emulated_cvtps_pd(value)
/* NOLINTEND(readability-identifier-naming) */

#else
#    include <immintrin.h>
#endif

#endif /* SD14_CPU_INTRINSICS_H */
