/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A loop is open while its items are handed out. A worker joins an open loop, takes items from a
 * shared counter until there are none, and leaves. The caller works likewise, then closes the loop
 * and waits for those who joined, not for those who sleep: a worker that wakes late finds the loop
 * closed and waits for the next, so short loops do not pay for slow wake-ups.
 */
#include "base/thread_pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "base/cpu.h"
#include "base/memory.h"

enum {
    LOOP_OPEN = 1 << 16, /* in `state`; below it, how many workers have joined */
    /* Looks at the shared words before sleeping. A look takes 40 to 140 cycles: some 20 µs, what the
     * gap between two operators is at most, and less than a sleep and a wake-up cost. */
    SPINS = 1000
};

typedef struct worker {
    thread_pool *pool;
    pthread_t handle;
    int thread;
} worker;

struct thread_pool {
    /* Each on its own cache line: all threads write these. */
    alignas(MEM_ALIGNMENT) atomic_size_t next; /* first item nobody has taken */
    alignas(MEM_ALIGNMENT) atomic_int state;   /* LOOP_OPEN | joined workers */

    /* Written by the caller between loops only. */
    alignas(MEM_ALIGNMENT) atomic_uint loops; /* opened so far: what idle workers watch */
    atomic_bool stop;
    size_t items;
    thread_pool_task *task;
    void *context;

    pthread_mutex_t mutex;
    pthread_cond_t opened;     /* workers sleep here */
    pthread_cond_t left;       /* the caller sleeps here */
    atomic_int sleepers;       /* workers at `opened` */
    atomic_bool caller_sleeps; /* at `left` */

    int threads;
    int started; /* workers[0 .. started-1] run */
    int spins;
    worker *workers;
};

static void pause_thread(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void take_items(thread_pool *pool, int thread)
{
    const size_t items = pool->items;
    for (;;) {
        const size_t item = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
        if (item >= items) return;
        pool->task(pool->context, item, thread);
    }
}

static bool join_loop(thread_pool *pool)
{
    int state = atomic_load(&pool->state);
    while ((state & LOOP_OPEN) != 0) {
        if (atomic_compare_exchange_weak(&pool->state, &state, state + 1)) return true;
    }
    return false;
}

static void leave_loop(thread_pool *pool)
{
    if (atomic_fetch_sub(&pool->state, 1) != 1) return; /* still open, or others still at work */
    if (!atomic_load(&pool->caller_sleeps)) return;
    (void)pthread_mutex_lock(&pool->mutex);
    (void)pthread_cond_signal(&pool->left);
    (void)pthread_mutex_unlock(&pool->mutex);
}

/* Waits for a loop after number `seen`, or for the end; returns the number of the newest loop.
 * No wake-up is lost: either the caller sees us in `sleepers`, or we see its new number. */
static unsigned wait_for_loop(thread_pool *pool, unsigned seen)
{
    for (int spin = 0; spin < pool->spins; spin++) {
        if (atomic_load(&pool->loops) != seen || atomic_load(&pool->stop)) break;
        pause_thread();
    }
    if (atomic_load(&pool->loops) == seen && !atomic_load(&pool->stop)) {
        (void)pthread_mutex_lock(&pool->mutex);
        atomic_fetch_add(&pool->sleepers, 1);
        while (atomic_load(&pool->loops) == seen && !atomic_load(&pool->stop)) {
            (void)pthread_cond_wait(&pool->opened, &pool->mutex);
        }
        atomic_fetch_sub(&pool->sleepers, 1);
        (void)pthread_mutex_unlock(&pool->mutex);
    }
    return atomic_load(&pool->loops);
}

static void *work(void *argument)
{
    const worker *self = argument;
    thread_pool *pool = self->pool;
    unsigned seen = 0;
    while (!atomic_load(&pool->stop)) {
        seen = wait_for_loop(pool, seen);
        if (!join_loop(pool)) continue;
        take_items(pool, self->thread);
        leave_loop(pool);
    }
    return NULL;
}

/* Workers leave every signal to the program's own threads. */
static sd14_status start_workers(thread_pool *pool, sd14_error *error)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = 0;
    while (pool->started < pool->threads - 1 && failure == 0) {
        worker *next = &pool->workers[pool->started];
        *next = (worker){.pool = pool, .thread = pool->started + 1};
        failure = pthread_create(&next->handle, NULL, work, next);
        if (failure == 0) pool->started++;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);

    if (failure != 0) {
        char buffer[128];
        FAIL(error, OUT_OF_MEMORY, "could not start thread %d of %d (%s); use fewer threads",
             pool->started + 2, pool->threads, strerror_r(failure, buffer, sizeof(buffer)));
    }
    return SD14_OK;
}

sd14_status thread_pool_create(int threads, thread_pool **out_pool, sd14_error *error)
{
    *out_pool = NULL;
    if (threads < 1 || threads > THREAD_POOL_MAX) {
        FAIL(error, INVALID_ARGUMENT, "threads is %d; choose 1 to %d", threads, THREAD_POOL_MAX);
    }
    thread_pool *pool = mem_aligned_array(1, sizeof(*pool));
    if (pool == NULL) FAIL_NO_MEMORY(error, "the threads");
    memset(pool, 0, sizeof(*pool));
    pool->threads = threads;
    /* More threads than cores: whoever spins keeps the one it waits for from running. */
    pool->spins = threads <= cpu_usable_cores() ? SPINS : 0;
    (void)pthread_mutex_init(&pool->mutex, NULL);
    (void)pthread_cond_init(&pool->opened, NULL);
    (void)pthread_cond_init(&pool->left, NULL);

    sd14_status status = SD14_OK;
    pool->workers = mem_array((size_t)threads, sizeof(worker));
    if (pool->workers == NULL) {
        status =
            error_set(error, SD14_ERROR_OUT_OF_MEMORY, "not enough memory for %d threads", threads);
    } else {
        status = start_workers(pool, error);
    }
    if (status != SD14_OK) {
        thread_pool_destroy(pool);
        return status;
    }
    *out_pool = pool;
    return SD14_OK;
}

void thread_pool_destroy(thread_pool *pool)
{
    if (pool == NULL) return;
    (void)pthread_mutex_lock(&pool->mutex);
    atomic_store(&pool->stop, true);
    (void)pthread_cond_broadcast(&pool->opened);
    (void)pthread_mutex_unlock(&pool->mutex);
    for (int i = 0; i < pool->started; i++) (void)pthread_join(pool->workers[i].handle, NULL);

    (void)pthread_cond_destroy(&pool->left);
    (void)pthread_cond_destroy(&pool->opened);
    (void)pthread_mutex_destroy(&pool->mutex);
    mem_free(pool->workers);
    mem_free(pool);
}

int thread_pool_threads(const thread_pool *pool)
{
    return pool->threads;
}

/* As many sleepers as there are items for. */
static void wake_workers(thread_pool *pool)
{
    if (atomic_load(&pool->sleepers) == 0) return;
    (void)pthread_mutex_lock(&pool->mutex);
    if (pool->items >= (size_t)pool->threads) {
        (void)pthread_cond_broadcast(&pool->opened);
    } else {
        for (size_t i = 1; i < pool->items; i++) (void)pthread_cond_signal(&pool->opened);
    }
    (void)pthread_mutex_unlock(&pool->mutex);
}

static void wait_until_left(thread_pool *pool)
{
    for (int spin = 0; spin < pool->spins; spin++) {
        if (atomic_load(&pool->state) == 0) return;
        pause_thread();
    }
    (void)pthread_mutex_lock(&pool->mutex);
    atomic_store(&pool->caller_sleeps, true);
    while (atomic_load(&pool->state) != 0) (void)pthread_cond_wait(&pool->left, &pool->mutex);
    atomic_store(&pool->caller_sleeps, false);
    (void)pthread_mutex_unlock(&pool->mutex);
}

void thread_pool_run(thread_pool *pool, size_t items, thread_pool_task *task, void *context)
{
    if (pool->threads == 1 || items < 2) {
        for (size_t i = 0; i < items; i++) task(context, i, 0);
        return;
    }
    pool->items = items;
    pool->task = task;
    pool->context = context;
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    atomic_store(&pool->state, LOOP_OPEN); /* publishes the lines above to those who join */
    atomic_fetch_add(&pool->loops, 1);
    wake_workers(pool);

    take_items(pool, 0);
    if (atomic_fetch_and(&pool->state, ~LOOP_OPEN) != LOOP_OPEN) wait_until_left(pool);
}
