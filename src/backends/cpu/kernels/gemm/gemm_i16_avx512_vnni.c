/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/kernels/gemm/i16_vec_512.h"

ALWAYS_INLINE i16_sums i16_dot(i16_sums sum, i16_sums a, i16_sums b)
{
    return (i16_sums)_mm512_dpwssd_epi32((__m512i)sum, (__m512i)a, (__m512i)b);
}

#include "backends/cpu/kernels/gemm/gemm_i16_tile.h"

void gemm_i16_avx512_vnni(const gemm_i16_args *args)
{
    run_tiles(args);
}
