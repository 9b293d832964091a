/* SPDX-License-Identifier: Apache-2.0 */

/* attention against float64 loops that hold all scores, and the same bytes from every number of
 * threads and every instruction set. */
#include "backends/cpu/attention.h"

#include <string.h>

#include "support/attention_cases.h"

static void run(const attention_case *c, const attention_data *d, int threads, isa_level isa)
{
    thread_pool *pool = NULL;
    sd14_error error;
    assert_int_equal(thread_pool_create(threads, &pool, &error), SD14_OK);
    const cpu_kernels kernels = cpu_kernels_select(isa);
    attention_args args = attention_args_of(c, d);
    args.scratch_stride = attention_scratch_bytes(c->head_dim);
    args.scratch = mem_aligned_array((size_t)threads, args.scratch_stride);
    assert_non_null(args.scratch);
    attention_run(pool, &kernels, &args);
    mem_free(args.scratch);
    thread_pool_destroy(pool);
}

static void check_query(
    const attention_case *c, const attention_data *d, size_t batch, size_t head, size_t query)
{
    double exact[ATTENTION_HEAD_DIM_MOST];
    size_t at;
    attention_exact(c, d, batch, head, query, exact, &at);
    for (size_t i = 0; i < c->head_dim; i++) {
        /* A score of magnitude m is off by about m·2^-24 and a little more for its sum; v is at
         * most 1. */
        const double bound = 2e-6 + 2e-7 * (double)c->spread * sqrt((double)c->head_dim);
        const double got = (double)d->output[at + i];
        if (fabs(got - exact[i]) <= bound) continue;
        fail_msg("%zu queries, %zu keys, head_dim %zu: batch %zu head %zu query %zu [%zu] is %.9g, "
                 "expected %.9g",
                 c->queries, c->keys, c->head_dim, batch, head, query, i, got, exact[i]);
    }
}

static void equals_float64_loops(void **state)
{
    (void)state;
    for (size_t n = 0; n < ATTENTION_CASES; n++) {
        const attention_case *c = &attention_cases[n];
        attention_data d = attention_data_of(c);
        float *before = attention_floats(d.output_count, 4, 1);
        run(c, &d, 2, cpu_newest());
        for (size_t i = 0; i < c->batch * c->heads * c->queries; i++) {
            check_query(c, &d, i / (c->heads * c->queries), i / c->queries % c->heads,
                        i % c->queries);
        }
        for (size_t i = 0; i < d.output_count; i++) {
            if (i % d.stride < c->heads * c->head_dim) continue;
            assert_true(d.output[i] == before[i]);
        }
        mem_free(before);
        attention_data_free(&d);
    }
}

static void same_bytes_for_threads_and_isa(void **state)
{
    (void)state;
    static const int threads[] = {1, 2, 3, 7};
    for (size_t n = 0; n < ATTENTION_CASES; n++) {
        attention_data d = attention_data_of(&attention_cases[n]);
        run(&attention_cases[n], &d, 1, ISA_REF);
        float *expected = d.output;
        for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
            for (isa_level isa = ISA_REF; isa < ISA_COUNT; isa++) {
                /* Each set with two threads, the newest with any number. */
                if (!cpu_has(isa) || (threads[t] != 2 && isa != cpu_newest())) continue;
                d.output = attention_floats(d.output_count, 4, 1);
                run(&attention_cases[n], &d, threads[t], isa);
                if (memcmp(d.output, expected, d.output_count * sizeof(float)) != 0) {
                    fail_msg("case %zu: other bytes with %d threads, %s", n, threads[t],
                             isa_name(isa));
                }
                mem_free(d.output);
            }
        }
        d.output = expected;
        attention_data_free(&d);
    }
}

/* A query's result is the same whether it is computed among many or alone: what the masked and the
 * absent lanes beside it hold does not reach it. */
static void queries_do_not_meet(void **state)
{
    (void)state;
    attention_case c = {1, 1, 40, 70, 200, false, 4};
    attention_data d = attention_data_of(&c);
    run(&c, &d, 1, cpu_newest());
    for (size_t query = 0; query < 70; query += 23) {
        attention_data alone = d;
        alone.output = attention_floats(d.stride, 4, 1);
        alone.q = d.q + query * d.stride;
        c.queries = 1;
        run(&c, &alone, 1, cpu_newest());
        assert_memory_equal(alone.output, d.output + query * d.stride, c.head_dim * sizeof(float));
        mem_free(alone.output);
    }
    attention_data_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_float64_loops),
        cmocka_unit_test(same_bytes_for_threads_and_isa),
        cmocka_unit_test(queries_do_not_meet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
