/* SPDX-License-Identifier: Apache-2.0 */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/cgroup.h"
#include "base/cpu.h"
#include "base/thread_pool.h"
#include "support/cmocka.h"
#include "support/files.h"

enum { ITEMS_MAX = 1000 };

typedef struct record {
    int threads;
    int runs[ITEMS_MAX]; /* not atomic: an item that ran twice at once is a race for TSan */
    int per_thread[8];   /* likewise, for threads that share an index */
    atomic_int wrong_thread;
} record;

static void note_item(void *context, size_t item, int thread)
{
    record *to = context;
    if (thread < 0 || thread >= to->threads) {
        atomic_fetch_add(&to->wrong_thread, 1);
        return;
    }
    to->runs[item]++;
    to->per_thread[thread]++;
    /* Uneven work: some items take a hundred times as long as others. */
    volatile int spin = item % 7 == 0 ? 2000 : 20;
    while (spin > 0) spin--;
}

static void runs_each_item_once(void **state)
{
    (void)state;
    static const int thread_counts[] = {1, 2, 3, 7};
    static const size_t item_counts[] = {0, 1, 2, 3, 6, 7, 8, 100, ITEMS_MAX};
    for (size_t t = 0; t < sizeof(thread_counts) / sizeof(thread_counts[0]); t++) {
        thread_pool *pool = NULL;
        sd14_error error;
        assert_int_equal(thread_pool_create(thread_counts[t], &pool, &error), SD14_OK);
        assert_int_equal(thread_pool_threads(pool), thread_counts[t]);
        for (size_t i = 0; i < sizeof(item_counts) / sizeof(item_counts[0]); i++) {
            static record seen;
            memset(&seen, 0, sizeof(seen));
            seen.threads = thread_counts[t];
            thread_pool_run(pool, item_counts[i], note_item, &seen);
            int total = 0;
            for (int n = 0; n < 8; n++) total += seen.per_thread[n];
            assert_int_equal(total, item_counts[i]);
            assert_int_equal(atomic_load(&seen.wrong_thread), 0);
            for (size_t k = 0; k < ITEMS_MAX; k++) {
                assert_int_equal(seen.runs[k], k < item_counts[i] ? 1 : 0);
            }
        }
        thread_pool_destroy(pool);
    }
}

static void add_item(void *context, size_t item, int thread)
{
    (void)thread;
    ((size_t *)context)[item] += item + 1;
}

/* Short loops one after the other: where a late thread would take part in the wrong one. */
static void runs_thousands_of_loops(void **state)
{
    (void)state;
    static const int thread_counts[] = {1, 2, 3, 7};
    enum { LOOPS = 3000, ITEMS = 9 };
    for (size_t t = 0; t < sizeof(thread_counts) / sizeof(thread_counts[0]); t++) {
        thread_pool *pool = NULL;
        assert_int_equal(thread_pool_create(thread_counts[t], &pool, NULL), SD14_OK);
        size_t sums[ITEMS] = {0};
        for (size_t loop = 0; loop < LOOPS; loop++) {
            const size_t items = loop % ITEMS + 1;
            if (loop % 16 == 0) (void)usleep(50); /* some have fallen asleep and wake up late */
            thread_pool_run(pool, items, add_item, sums);
        }
        for (size_t i = 0; i < ITEMS; i++) {
            size_t expected = 0;
            for (size_t loop = 0; loop < LOOPS; loop++) expected += loop % ITEMS >= i ? i + 1 : 0;
            assert_int_equal(sums[i], expected);
        }
        thread_pool_destroy(pool);
    }
}

static void write_late(void *context, size_t item, int thread)
{
    if (thread != 0) (void)usleep(3000);
    ((int *)context)[item] = (int)item + 1;
}

/* The caller runs out of items long before the others are done with theirs. */
static void waits_for_slow_threads(void **state)
{
    (void)state;
    thread_pool *pool = NULL;
    assert_int_equal(thread_pool_create(3, &pool, NULL), SD14_OK);
    for (int round = 0; round < 20; round++) {
        int written[64] = {0};
        thread_pool_run(pool, 64, write_late, written);
        for (int i = 0; i < 64; i++) assert_int_equal(written[i], i + 1);
    }
    thread_pool_destroy(pool);
}

/* Workers asleep must wake up, and pools come and go without a loop. */
static void wakes_after_a_pause(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        thread_pool *pool = NULL;
        assert_int_equal(thread_pool_create(3, &pool, NULL), SD14_OK);
        if (round % 2 == 0) {
            size_t sums[4] = {0};
            (void)usleep(2000);
            thread_pool_run(pool, 4, add_item, sums);
            assert_int_equal(sums[3], 4);
        }
        thread_pool_destroy(pool);
    }
    thread_pool_destroy(NULL);
}

static void refuses_silly_thread_counts(void **state)
{
    (void)state;
    thread_pool *pool = NULL;
    sd14_error error;
    assert_int_equal(thread_pool_create(0, &pool, &error), SD14_ERROR_INVALID_ARGUMENT);
    assert_int_equal(thread_pool_create(THREAD_POOL_MAX + 1, &pool, &error),
                     SD14_ERROR_INVALID_ARGUMENT);
    assert_non_null(strstr(error.text, "513"));
    assert_null(pool);
}

static void knows_the_processor(void **state)
{
    (void)state;
    assert_true(cpu_has(ISA_REF));
    assert_false(cpu_has(ISA_COUNT));
    assert_true(cpu_has(cpu_newest()));
#if defined(__x86_64__)
    assert_int_equal(cpu_has(ISA_AVX2), __builtin_cpu_supports("avx2") != 0);
    assert_int_equal(cpu_has(ISA_AVX512), __builtin_cpu_supports("avx512vl") != 0);
    assert_int_equal(cpu_has(ISA_AVX512_VNNI), __builtin_cpu_supports("avx512vnni") != 0);
#endif
    for (int level = 0; level < ISA_COUNT; level++) {
        assert_int_equal(isa_parse(isa_name((isa_level)level)), level);
    }
    assert_int_equal(isa_parse("avx9"), ISA_COUNT);
    assert_true(cpu_usable_cores() >= 1);
    assert_true(cpu_usable_cores() <= sysconf(_SC_NPROCESSORS_CONF));
    char name[4] = "???";
    cpu_model_name(name, (int)sizeof(name));
    assert_true(strlen(name) <= 3);
}

static void reads_quotas_of_containers(void **state)
{
    (void)state;
    char root[PATH_MAX];
    char membership[PATH_MAX];
    (void)temp_folder(root);
    (void)path_in(membership, root, "membership");

    assert_int_equal(cgroup_cores(membership, root), 0); /* no such file */

    /* v2: the smaller of the group's and its parent's, rounded up */
    put_file(root, "membership", "0::/outer/inner\n");
    assert_int_equal(cgroup_cores(membership, root), 0);
    put_file(root, "outer/inner/cpu.max", "max 100000\n");
    assert_int_equal(cgroup_cores(membership, root), 0);
    put_file(root, "outer/cpu.max", "350000 100000\n");
    assert_int_equal(cgroup_cores(membership, root), 4);
    put_file(root, "outer/inner/cpu.max", "900000 100000\n");
    assert_int_equal(cgroup_cores(membership, root), 4);
    put_file(root, "outer/inner/cpu.max", "50000 100000\n");
    assert_int_equal(cgroup_cores(membership, root), 1);
    put_file(root, "outer/inner/cpu.max", "rubbish\n");
    assert_int_equal(cgroup_cores(membership, root), 4);

    /* in a container: the group's folder is not mounted, the limit stands at the mount */
    put_file(root, "membership", "0::/somewhere/else\n");
    put_file(root, "cpu.max", "200000 100000\n");
    assert_int_equal(cgroup_cores(membership, root), 2);

    /* v1, -1 for none */
    put_file(root, "membership", "5:cpuset:/a\n4:cpu,cpuacct:/a\n1:name=systemd:/a\nrubbish\n");
    put_file(root, "cpu,cpuacct/a/cpu.cfs_quota_us", "-1\n");
    put_file(root, "cpu,cpuacct/a/cpu.cfs_period_us", "100000\n");
    assert_int_equal(cgroup_cores(membership, root), 0);
    put_file(root, "cpu,cpuacct/a/cpu.cfs_quota_us", "250000\n");
    assert_int_equal(cgroup_cores(membership, root), 3);
    put_file(root, "cpu,cpuacct/a/cpu.cfs_period_us", "0\n");
    assert_int_equal(cgroup_cores(membership, root), 0);
    remove_folder(root);
}

static void reads_memory_limits_of_containers(void **state)
{
    (void)state;
    char root[PATH_MAX];
    char membership[PATH_MAX];
    (void)temp_folder(root);
    (void)path_in(membership, root, "membership");
    assert_int_equal(cgroup_memory(membership, root), 0);

    /* v2: the smaller of the group's and its parent's */
    put_file(root, "membership", "0::/outer/inner\n");
    put_file(root, "outer/inner/memory.max", "max\n");
    assert_int_equal(cgroup_memory(membership, root), 0);
    put_file(root, "outer/memory.max", "2147483648\n");
    assert_int_equal(cgroup_memory(membership, root), 2147483648);
    put_file(root, "outer/inner/memory.max", "1073741824\n");
    assert_int_equal(cgroup_memory(membership, root), 1073741824);
    put_file(root, "outer/inner/memory.max", "rubbish\n");
    assert_int_equal(cgroup_memory(membership, root), 2147483648);

    /* v1: the largest number of whole pages is none */
    put_file(root, "membership", "7:cpu,memory:/a\n");
    put_file(root, "cpu,memory/a/memory.limit_in_bytes", "9223372036854771712\n");
    assert_int_equal(cgroup_memory(membership, root), 0);
    put_file(root, "cpu,memory/memory.limit_in_bytes", "536870912\n");
    assert_int_equal(cgroup_memory(membership, root), 536870912);
    remove_folder(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_each_item_once),
        cmocka_unit_test(runs_thousands_of_loops),
        cmocka_unit_test(waits_for_slow_threads),
        cmocka_unit_test(wakes_after_a_pause),
        cmocka_unit_test(refuses_silly_thread_counts),
        cmocka_unit_test(knows_the_processor),
        cmocka_unit_test(reads_quotas_of_containers),
        cmocka_unit_test(reads_memory_limits_of_containers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
