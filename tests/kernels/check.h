/* SPDX-License-Identifier: Apache-2.0 */

/**
 * The harness of the kernel tests: one check_<op>() per kernel name, given each kernel of that name
 * in turn. It compares with the `ref` kernel bit for bit and with float64 arithmetic written out in
 * the test within a stated limit.
 */
#ifndef SD14_KERNELS_CHECK_H
#define SD14_KERNELS_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backends/cpu/kernels/kernels.h"

#define KERNEL_NAME(op) void check_##op(op##_fn *kernel, const char *name);
#include "backends/cpu/kernels/kernel_names.inc"
#undef KERNEL_NAME

/** Counts a failure and prints it, up to a number of them per kernel. */
void check_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Ends the program if memory is NULL. */
void check_memory(const void *memory);

/** In [-1, 1); the seed moves on. */
float check_random(uint32_t *seed);

/** Room for `bytes` at the end of a readable area: a step past it ends the program. The area before
 * it is filled with a pattern. One of CHECK_ROOMS; the next call for the same room reuses it. */
enum { CHECK_ROOMS = 8, CHECK_ROOM_BYTES = 1 << 18 };
void *check_room(int room, size_t bytes);

/** check_room, filled with numbers in [-range, range). */
float *check_room_random(int room, size_t n, float range, uint32_t *seed);

/** Fails if something was written before the room. */
void check_before_room(int room, size_t bytes, const char *name);

/** Fails unless each pair has the same bits or is twice NaN, whose payload is free. */
void check_same(const float *got, const float *expected, size_t n, const char *name);

/** Fails unless |got - expected| ≤ limit·max(1, |expected|) for each. */
void check_close(
    const float *got, const double *expected, size_t n, double limit, const char *name);

/** Row lengths: 1 to 33, then those of Stable Diffusion 1.4 and two odd ones. */
enum { CHECK_SIZES = 40, CHECK_SIZE_MAX = 2560 };
size_t check_size(size_t index);

/** Numbers where kernels break: both zeros, NaN, infinities, subnormals, the ends of exp. */
float check_special(size_t index);

#endif /* SD14_KERNELS_CHECK_H */
