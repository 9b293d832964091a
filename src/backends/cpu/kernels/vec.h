/* SPDX-License-Identifier: Apache-2.0 */

/**
 * Vectors of 16 floats for the instruction set this file is compiled for, which its name decides. A
 * kernel written in these functions is compiled once for each.
 */
#ifndef SD14_CPU_VEC_H
#define SD14_CPU_VEC_H

#if defined(__AVX512F__) || defined(SD14_EMULATE_AVX512)
#    include "backends/cpu/kernels/vec_avx512.h"
#else
#    include "backends/cpu/kernels/vec_avx2.h"
#endif

#endif /* SD14_CPU_VEC_H */
