/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/memory_plan.h"

#include <stdbool.h>
#include <string.h>

#include "base/memory.h"
#include "support/cmocka.h"
#include "support/random.h"

enum { SPANS_MAX = 200 };

static size_t rounded(size_t bytes)
{
    return (bytes + MEM_ALIGNMENT - 1) / MEM_ALIGNMENT * MEM_ALIGNMENT;
}

static bool alive_together(const memory_span *a, const memory_span *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* No plan can be smaller than the bytes alive at some step. */
static size_t most_alive(const memory_span *spans, int count, int steps)
{
    size_t most = 0;
    for (int step = 0; step < steps; step++) {
        size_t alive = 0;
        for (int i = 0; i < count; i++)
            alive += spans[i].first <= step && step <= spans[i].last ? rounded(spans[i].bytes) : 0;
        most = alive > most ? alive : most;
    }
    return most;
}

static void check_plan(const memory_span *spans, int count, size_t total)
{
    size_t end = 0;
    for (int i = 0; i < count; i++) {
        assert_int_equal(spans[i].offset % MEM_ALIGNMENT, 0);
        if (spans[i].offset + spans[i].bytes > end) end = spans[i].offset + spans[i].bytes;
        for (int k = 0; k < i; k++) {
            if (!alive_together(&spans[i], &spans[k])) continue;
            if (spans[i].bytes == 0 || spans[k].bytes == 0) continue;
            if (spans[i].offset < spans[k].offset + spans[k].bytes &&
                spans[k].offset < spans[i].offset + spans[i].bytes)
                fail_msg("spans %d and %d overlap", k, i);
        }
    }
    assert_true(end <= total);
    assert_int_equal(total, rounded(end));
}

static void spans_alive_together_never_overlap(void **state)
{
    (void)state;
    uint64_t seed = 14;
    for (int round = 0; round < 400; round++) {
        memory_span spans[SPANS_MAX] = {{0}};
        memory_span again[SPANS_MAX];
        sd14_error error;
        const int steps = 1 + (int)random_below(&seed, 60);
        const int count = (int)random_below(&seed, SPANS_MAX + 1);
        for (int i = 0; i < count; i++) {
            const int a = (int)random_below(&seed, (size_t)steps);
            const int b = (int)random_below(&seed, (size_t)steps);
            const size_t bytes = random_below(&seed, random_below(&seed, 8) == 0 ? 100000 : 300);
            spans[i] = (memory_span){.bytes = bytes, .first = a < b ? a : b, .last = a < b ? b : a};
        }
        memcpy(again, spans, sizeof(again));
        size_t total = 1;
        size_t total_again = 1;
        assert_int_equal(memory_plan(spans, count, &total, &error), SD14_OK);
        check_plan(spans, count, total);
        assert_true(total >= most_alive(spans, count, steps));
        assert_int_equal(memory_plan(again, count, &total_again, &error), SD14_OK);
        assert_int_equal(total, total_again);
        for (int i = 0; i < count; i++) assert_int_equal(spans[i].offset, again[i].offset);
    }
}

/* A chain needs two blocks, however long it is. */
static void a_chain_takes_two_blocks(void **state)
{
    (void)state;
    sd14_error error;
    size_t total = 0;
    memory_span spans[SPANS_MAX];
    for (int i = 0; i < SPANS_MAX; i++)
        spans[i] = (memory_span){.bytes = 4096, .first = i, .last = i + 1};
    assert_int_equal(memory_plan(spans, SPANS_MAX, &total, &error), SD14_OK);
    assert_int_equal(total, 2 * 4096);
}

static void nothing_takes_nothing(void **state)
{
    (void)state;
    sd14_error error;
    size_t total = 1;
    assert_int_equal(memory_plan(NULL, 0, &total, &error), SD14_OK);
    assert_int_equal(total, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_alive_together_never_overlap),
        cmocka_unit_test(a_chain_takes_two_blocks),
        cmocka_unit_test(nothing_takes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
