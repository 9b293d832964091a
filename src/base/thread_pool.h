/* SPDX-License-Identifier: Apache-2.0 */

/**
 * A pool of threads that share loops. A loop's items may run in any order on any thread: whoever
 * writes an item must give the same bytes whichever thread runs it.
 */
#ifndef SD14_BASE_THREAD_POOL_H
#define SD14_BASE_THREAD_POOL_H

#include <stddef.h>

#include "base/status.h"

typedef struct thread_pool thread_pool;

/** One item of a loop. `thread` is 0 .. threads-1: an index for scratch memory of one's own. */
typedef void thread_pool_task(void *context, size_t item, int thread);

/**
 * @param threads  1 to THREAD_POOL_MAX, the calling thread counted.
 * @return SD14_OK; SD14_ERROR_INVALID_ARGUMENT; SD14_ERROR_OUT_OF_MEMORY (a thread could not be
 * started).
 */
SD14_NODISCARD sd14_status thread_pool_create(int threads,
                                              thread_pool **out_pool,
                                              sd14_error *error);

enum { THREAD_POOL_MAX = 512 };

/** Waits for nothing: no loop may be running. NULL is fine. */
void thread_pool_destroy(thread_pool *pool);

int thread_pool_threads(const thread_pool *pool);

/**
 * Runs task(context, i, thread) for every i below `items` and returns when all are done. The caller
 * works too. One loop at a time per pool, never from inside a task. Allocates nothing.
 */
void thread_pool_run(thread_pool *pool, size_t items, thread_pool_task *task, void *context);

#endif /* SD14_BASE_THREAD_POOL_H */
