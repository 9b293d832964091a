/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/peak.h"

#include <string.h>

#include "base/clock.h"

/* CHAINS independent sums: more than latency times units on any processor. */
enum { CHAINS = 12, STEPS = 400000, REPEATS = 8 };

typedef float burn_fn(void);

#if defined(SD14_X86_64)
#    include <immintrin.h>

__attribute__((target("avx2,fma"))) static float burn_avx2(void)
{
    __m256 sum[CHAINS];
    for (int c = 0; c < CHAINS; c++) sum[c] = _mm256_set1_ps((float)c);
    const __m256 factor = _mm256_set1_ps(0.999F), term = _mm256_set1_ps(0.001F);
    for (int step = 0; step < STEPS; step++) {
#    if defined(__clang__)
#        pragma clang loop unroll(full)
#    else
#        pragma GCC unroll 12
#    endif
        for (int c = 0; c < CHAINS; c++) sum[c] = _mm256_fmadd_ps(sum[c], factor, term);
    }
    for (int c = 1; c < CHAINS; c++) sum[0] = _mm256_add_ps(sum[0], sum[c]);
    return _mm256_cvtss_f32(sum[0]);
}

__attribute__((target("avx512f"))) static float burn_avx512(void)
{
    __m512 sum[CHAINS];
    for (int c = 0; c < CHAINS; c++) sum[c] = _mm512_set1_ps((float)c);
    const __m512 factor = _mm512_set1_ps(0.999F), term = _mm512_set1_ps(0.001F);
    for (int step = 0; step < STEPS; step++) {
#    if defined(__clang__)
#        pragma clang loop unroll(full)
#    else
#        pragma GCC unroll 12
#    endif
        for (int c = 0; c < CHAINS; c++) sum[c] = _mm512_fmadd_ps(sum[c], factor, term);
    }
    for (int c = 1; c < CHAINS; c++) sum[0] = _mm512_add_ps(sum[0], sum[c]);
    return _mm512_cvtss_f32(sum[0]);
}

/* Products of 16-bit pairs, by each instruction set's own means. The sums feed the products of AVX2, whose
 * compiler would take constant ones out of the loop. */
#    define BURN_I16(isa, features, vector, set, dot)                                              \
        __attribute__((target(features))) static float burn_i16_##isa(void)                        \
        {                                                                                          \
            vector sum[CHAINS];                                                                    \
            for (int c = 0; c < CHAINS; c++) sum[c] = set(c);                                      \
            const vector factor = set(0x00010003);                                                 \
            for (int step = 0; step < STEPS; step++) {                                             \
                BURN_UNROLL                                                                        \
                for (int c = 0; c < CHAINS; c++) sum[c] = dot;                                     \
            }                                                                                      \
            int last[CHAINS][sizeof(vector) / sizeof(int)];                                        \
            memcpy(last, sum, sizeof last);                                                        \
            int all = 0;                                                                           \
            for (int c = 0; c < CHAINS; c++) all ^= last[c][0];                                    \
            return (float)all;                                                                     \
        }
#    if defined(__clang__)
#        define BURN_UNROLL _Pragma("clang loop unroll(full)")
#    else
#        define BURN_UNROLL _Pragma("GCC unroll 12")
#    endif
BURN_I16(avx2,
         "avx2",
         __m256i,
         _mm256_set1_epi32,
         _mm256_add_epi32(_mm256_madd_epi16(sum[c], factor), factor))
BURN_I16(avx_vnni,
         "avx2,avxvnni",
         __m256i,
         _mm256_set1_epi32,
         _mm256_dpwssd_avx_epi32(sum[c], factor, factor))
BURN_I16(avx512,
         "avx512f,avx512bw",
         __m512i,
         _mm512_set1_epi32,
         _mm512_add_epi32(_mm512_madd_epi16(sum[c], factor), factor))
BURN_I16(avx512_vnni,
         "avx512f,avx512bw,avx512vnni",
         __m512i,
         _mm512_set1_epi32,
         _mm512_dpwssd_epi32(sum[c], factor, factor))
#endif

typedef struct burn_work {
    burn_fn *burn;
    float results[THREAD_POOL_MAX];
} burn_work;

static void burn_item(void *context, size_t item, int thread)
{
    (void)thread;
    burn_work *work = context;
    work->results[item] = work->burn();
}

static double best_rate(thread_pool *pool, burn_fn *burn, double ops_per_step)
{
    const size_t threads = (size_t)thread_pool_threads(pool);
    burn_work work = {.burn = burn};
    if (burn == NULL) return 0;

    double best = 0;
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        const int64_t start = clock_ns();
        thread_pool_run(pool, threads, burn_item, &work);
        const double elapsed = (double)(clock_ns() - start);
        const double rate = ops_per_step * CHAINS * STEPS * (double)threads / elapsed;
        if (rate > best) best = rate;
    }
    return best;
}

double peak_flops_per_ns(thread_pool *pool, isa_level isa)
{
    burn_fn *burn = NULL;
#if defined(SD14_X86_64)
    if (isa >= ISA_AVX2) burn = burn_avx2;
    if (isa >= ISA_AVX512) burn = burn_avx512;
#endif
    return best_rate(pool, burn, isa >= ISA_AVX512 ? 2 * 16 : 2 * 8);
}

double peak_i16_ops_per_ns(thread_pool *pool, isa_level isa)
{
    burn_fn *burn = NULL;
#if defined(SD14_X86_64)
    static burn_fn *const burns[ISA_COUNT] = {NULL, burn_i16_avx2, burn_i16_avx_vnni,
                                              burn_i16_avx512, burn_i16_avx512_vnni};
    burn = burns[isa];
#endif
    return best_rate(pool, burn, isa >= ISA_AVX512 ? 4 * 16 : 4 * 8);
}
