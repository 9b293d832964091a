/* SPDX-License-Identifier: Apache-2.0 */
#include "base/peak_memory.h"

#include <sys/resource.h>

int64_t peak_memory_bytes(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
    return (int64_t)usage.ru_maxrss * 1024; /* Linux counts in KiB */
}
