/* SPDX-License-Identifier: Apache-2.0 */

/**
 * Makes the n-th allocation of our own code fail. For programs linked with --wrap=malloc and so on:
 * tests/CMakeLists.txt does that for every test named *_out_of_memory.c, which includes this header
 * once. Only what the linker sees is wrapped: the allocations inside shared libraries go on.
 *
 *     for (int n = 1;; n++) {
 *         fail_alloc_at(n);
 *         const sd14_status status = thing_open(path, &thing, &error);
 *         if (!fail_alloc_happened()) break;    // fewer than n allocations: all have been failed
 *         assert_int_equal(status, SD14_ERROR_OUT_OF_MEMORY);
 *     }
 */
#ifndef SD14_TEST_FAIL_ALLOC_H
#define SD14_TEST_FAIL_ALLOC_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

static int fail_alloc_left; /* allocations until the one that fails; 0: none will */
static bool fail_alloc_hit;
static atomic_long fail_alloc_calls;

/** The n-th allocation from now on fails, once. */
static inline void fail_alloc_at(int n)
{
    fail_alloc_left = n;
    fail_alloc_hit = false;
}

/** Whether it has; from now on none fails. */
static inline bool fail_alloc_happened(void)
{
    fail_alloc_left = 0;
    return fail_alloc_hit;
}

/** Allocations so far, on any thread. */
static inline long fail_alloc_count(void)
{
    return atomic_load(&fail_alloc_calls);
}

static inline bool fail_alloc_now(void)
{
    (void)atomic_fetch_add(&fail_alloc_calls, 1);
    if (fail_alloc_left == 0 || --fail_alloc_left > 0) return false;
    fail_alloc_hit = true;
    errno = ENOMEM;
    return true;
}

/* Names that the linker's --wrap asks for. */
void *__real_malloc(size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__real_realloc(void *block, size_t bytes);
void *__wrap_realloc(void *block, size_t bytes);
int __real_posix_memalign(void **block, size_t alignment, size_t bytes);
int __wrap_posix_memalign(void **block, size_t alignment, size_t bytes);

void *__wrap_malloc(size_t bytes)
{
    return fail_alloc_now() ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes)
{
    return fail_alloc_now() ? NULL : __real_calloc(count, bytes);
}

void *__wrap_realloc(void *block, size_t bytes)
{
    return fail_alloc_now() ? NULL : __real_realloc(block, bytes);
}

int __wrap_posix_memalign(void **block, size_t alignment, size_t bytes)
{
    return fail_alloc_now() ? ENOMEM : __real_posix_memalign(block, alignment, bytes);
}

#endif /* SD14_TEST_FAIL_ALLOC_H */
