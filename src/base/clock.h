/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SD14_BASE_CLOCK_H
#define SD14_BASE_CLOCK_H

#include <stdint.h>

/** Nanoseconds of a clock that never goes back (CLOCK_MONOTONIC). */
int64_t clock_ns(void);

#endif /* SD14_BASE_CLOCK_H */
