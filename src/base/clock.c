/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <time.h>

int64_t clock_ns(void)
{
    struct timespec now = {0, 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail on Linux: the clock exists */
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
