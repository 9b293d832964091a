/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/peak.h"

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

double peak_flops_per_ns(thread_pool *pool, isa_level isa)
{
    const size_t threads = (size_t)thread_pool_threads(pool);
    burn_work work = {0};
    double lanes = 0;
#if defined(SD14_X86_64)
    if (isa >= ISA_AVX2) work.burn = burn_avx2;
    if (isa >= ISA_AVX512) work.burn = burn_avx512;
    lanes = isa >= ISA_AVX512 ? 16 : 8;
#endif
    if (work.burn == NULL) return 0;

    double best = 0;
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        const int64_t start = clock_ns();
        thread_pool_run(pool, threads, burn_item, &work);
        const double elapsed = (double)(clock_ns() - start);
        const double rate = 2.0 * lanes * CHAINS * STEPS * (double)threads / elapsed;
        if (rate > best) best = rate;
    }
    return best;
}
