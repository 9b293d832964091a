/* SPDX-License-Identifier: Apache-2.0 */

/**
 * What makes registers of a C function's arrays: it is inlined where its counts are constants, and its loops over them
 * are unrolled. So one function is a family of register tiles.
 */
#ifndef SD14_CPU_UNROLL_H
#define SD14_CPU_UNROLL_H

#define ALWAYS_INLINE static inline __attribute__((always_inline))

#if defined(__clang__)
#    define UNROLL _Pragma("clang loop unroll(full)")
#else
#    define UNROLL _Pragma("GCC unroll 16")
#endif

#endif /* SD14_CPU_UNROLL_H */
