/* SPDX-License-Identifier: Apache-2.0 */

/**
 * What makes one C function a family of register tiles: it is inlined with constant row and vector
 * counts, and its loops over them are unrolled, so that its arrays become registers.
 */
#ifndef SD14_CPU_GEMM_TILE_H
#define SD14_CPU_GEMM_TILE_H

#define ALWAYS_INLINE static inline __attribute__((always_inline))

#if defined(__clang__)
#    define UNROLL _Pragma("clang loop unroll(full)")
#else
#    define UNROLL _Pragma("GCC unroll 8")
#endif

#endif /* SD14_CPU_GEMM_TILE_H */
