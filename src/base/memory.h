/* SPDX-License-Identifier: Apache-2.0 */

/**
 * Heap memory. All of src/ allocates here, so that tests can count allocations and fail each in
 * turn. Sizes are checked for overflow; NULL means there is no memory.
 */
#ifndef SD14_BASE_MEMORY_H
#define SD14_BASE_MEMORY_H

#include <stddef.h>

/** Alignment of mem_aligned_array(): one AVX-512 vector, one cache line. */
enum { MEM_ALIGNMENT = 64 };

/** `count` zeroed elements of `bytes` each (count 0 gives a pointer too). Release with mem_free().
 */
void *mem_array(size_t count, size_t bytes);

/** Grows or shrinks a mem_array() block; the old block stays valid on failure. New bytes are not
 * set. */
void *mem_resize(void *block, size_t count, size_t bytes);

/** As mem_array(), aligned to MEM_ALIGNMENT and not zeroed; large blocks ask for huge pages. */
void *mem_aligned_array(size_t count, size_t bytes);

/** A copy of a string. */
char *mem_string(const char *text);

/** Releases any of the above; NULL is fine. */
void mem_free(void *block);

#endif /* SD14_BASE_MEMORY_H */
