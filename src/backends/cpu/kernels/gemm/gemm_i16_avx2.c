/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/kernels/gemm/i16_vec_256.h"

ALWAYS_INLINE i16_sums i16_dot(i16_sums sum, i16_sums a, i16_sums b)
{
    return sum + (i16_sums)_mm256_madd_epi16((__m256i)a, (__m256i)b);
}

#include "backends/cpu/kernels/gemm/gemm_i16_tile.h"

void gemm_i16_avx2(const gemm_i16_args *args)
{
    run_tiles(args);
}
