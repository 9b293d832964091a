/* SPDX-License-Identifier: Apache-2.0 */

/** What the tests of matrix products and convolutions share. */
#ifndef SD14_TESTS_PRODUCTS_H
#define SD14_TESTS_PRODUCTS_H

#include <stdint.h>

#include "base/memory.h"
#include "base/thread_pool.h"
#include "support/cmocka.h"

/** From -1 to 1, the caller's to mem_free(). */
static inline float *random_floats(size_t count, uint32_t seed)
{
    float *x = mem_aligned_array(count, sizeof(float));
    assert_non_null(x);
    uint32_t state = seed;
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525U + 1013904223U;
        x[i] = (float)(int32_t)state * 0x1p-31F;
    }
    return x;
}

static inline thread_pool *make_pool(int threads)
{
    thread_pool *pool = NULL;
    sd14_error error;
    assert_int_equal(thread_pool_create(threads, &pool, &error), SD14_OK);
    return pool;
}

#endif /* SD14_TESTS_PRODUCTS_H */
