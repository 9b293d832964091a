/* SPDX-License-Identifier: Apache-2.0 */

/** The processor time and memory that a container or service unit (Linux control groups) leaves this
 * process. */
#ifndef SD14_BASE_CGROUP_H
#define SD14_BASE_CGROUP_H

#include <stdint.h>

/**
 * Cores' worth of time per second, rounded up: the smallest of the quotas on the way from the
 * process's group to the root, v1 (cpu.cfs_quota_us) and v2 (cpu.max).
 * @param membership  "/proc/self/cgroup", or a file like it
 * @param mount       "/sys/fs/cgroup", or a folder like it
 * @return >= 1, or 0 when no quota is set or none can be read.
 */
int cgroup_cores(const char *membership, const char *mount);

/** Bytes of memory, likewise: memory.limit_in_bytes (v1), memory.max (v2). 0: no limit. */
int64_t cgroup_memory(const char *membership, const char *mount);

#endif /* SD14_BASE_CGROUP_H */
