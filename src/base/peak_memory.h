/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SD14_BASE_PEAK_MEMORY_H
#define SD14_BASE_PEAK_MEMORY_H

#include <stdint.h>

/** The most memory this process has had in RAM, in bytes; 0: the system does not say. */
int64_t peak_memory_bytes(void);

#endif /* SD14_BASE_PEAK_MEMORY_H */
