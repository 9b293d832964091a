/* SPDX-License-Identifier: Apache-2.0 */

/* attention of 16-bit integers: near float64 loops that hold all scores, and the same bytes from every number of threads
 * and every instruction set. */
#include "backends/cpu/attention_i16.h"

#include <string.h>

#include "support/attention_cases.h"

static void run(const attention_case *c, const attention_data *d, int threads, isa_level isa)
{
    thread_pool *pool = NULL;
    sd14_error error;
    assert_int_equal(thread_pool_create(threads, &pool, &error), SD14_OK);
    const cpu_kernels kernels = cpu_kernels_select(isa);
    attention_args args = attention_args_of(c, d);
    assert_true(attention_i16_suits(&args));
    args.scratch_stride = attention_i16_scratch_bytes(c->head_dim);
    args.scratch = mem_aligned_array((size_t)threads, args.scratch_stride);
    args.shared = mem_aligned_array(attention_i16_shared_bytes(&args), 1);
    assert_non_null(args.scratch);
    assert_non_null(args.shared);
    attention_i16_run(pool, &kernels, &args);
    mem_free(args.shared);
    mem_free(args.scratch);
    thread_pool_destroy(pool);
}

/* |ours - exact| and |exact| over all of the case. */
static double distance(const attention_case *c, const attention_data *d)
{
    double apart = 0, norm = 0;
    for (size_t n = 0; n < c->batch * c->heads * c->queries; n++) {
        double exact[ATTENTION_HEAD_DIM_MOST];
        size_t at;
        attention_exact(c, d, n / (c->heads * c->queries), n / c->queries % c->heads,
                        n % c->queries, exact, &at);
        for (size_t i = 0; i < c->head_dim; i++) {
            const double off = (double)d->output[at + i] - exact[i];
            apart += off * off;
            norm += exact[i] * exact[i];
        }
    }
    return sqrt(apart / norm);
}

static void is_near_float64_loops(void **state)
{
    (void)state;
    for (size_t n = 0; n < ATTENTION_CASES; n++) {
        const attention_case *c = &attention_cases[n];
        if (c->causal) continue;
        attention_data d = attention_data_of(c);
        float *before = attention_floats(d.output_count, 4, 1);
        run(c, &d, 2, cpu_newest());
        /* A score is off by 1e-5 of |q|·|k|·scale; weights and V by 1.4e-4 each at most. */
        const double limit = 3e-4 + 1e-5 * (double)c->spread * sqrt((double)c->head_dim);
        const double apart = distance(c, &d);
        if (!(apart <= limit)) fail_msg("case %zu: %.3g apart, limit %.3g", n, apart, limit);
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
    static const int threads[] = {1, 2, 7};
    for (size_t n = 0; n < ATTENTION_CASES; n++) {
        const attention_case *c = &attention_cases[n];
        if (c->causal) continue;
        attention_data d = attention_data_of(c);
        run(c, &d, 1, ISA_REF);
        float *expected = d.output;
        for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
            for (isa_level isa = ISA_REF; isa < ISA_COUNT; isa++) {
                /* Each set with two threads, the newest with any number. */
                if (!cpu_has(isa) || (threads[t] != 2 && isa != cpu_newest())) continue;
                d.output = attention_floats(d.output_count, 4, 1);
                run(c, &d, threads[t], isa);
                if (memcmp(d.output, expected, d.output_count * sizeof(float)) != 0)
                    fail_msg("case %zu: other bytes with %d threads, %s", n, threads[t],
                             isa_name(isa));
                mem_free(d.output);
            }
        }
        d.output = expected;
        attention_data_free(&d);
    }
}

enum { QUERIES = 40, KEYS = 100, DIM = 8 };

static size_t nan_count(const float *row)
{
    size_t count = 0;
    for (size_t i = 0; i < DIM; i++) count += isnan(row[i]) ? 1 : 0;
    return count;
}

/* In Q it reaches its query, in K every query, in V its channel. */
static void what_is_not_finite_is_not_lost(void **state)
{
    (void)state;
    const attention_case c = {1, 1, DIM, QUERIES, KEYS, false, 1};
    for (int which = 0; which < 3; which++) {
        attention_data d = attention_data_of(&c);
        float *operands[] = {d.q, d.k, d.v};
        operands[which][35 * d.stride + 2] = which == 1 ? NAN : INFINITY;
        run(&c, &d, 1, cpu_newest());
        for (size_t query = 0; query < QUERIES; query++) {
            const size_t expected = which == 0 ? (query == 35 ? DIM : 0) : which == 1 ? DIM : 1;
            assert_int_equal(nan_count(d.output + query * d.stride), expected);
        }
        attention_data_free(&d);
    }
}

/* All weights and all values alike: the largest sums there are. */
static void zeros_are_a_mean(void **state)
{
    (void)state;
    const attention_case c = {1, 1, DIM, QUERIES, KEYS, false, 1};
    attention_data d = attention_data_of(&c);
    memset(d.q, 0, QUERIES * d.stride * sizeof(float));
    for (int same = 0; same < 2; same++) {
        for (size_t i = 0; same == 1 && i < KEYS * d.stride; i++) d.v[i] = -3.0F;
        run(&c, &d, 1, cpu_newest());
        assert_true(distance(&c, &d) < 3e-4);
    }
    attention_data_free(&d);
}

static void some_are_refused(void **state)
{
    (void)state;
    attention_args args = {.scale = 0.5F};
    assert_true(attention_i16_suits(&args));
    args.causal = true;
    assert_false(attention_i16_suits(&args));
    args = (attention_args){.scale = -0.5F};
    assert_false(attention_i16_suits(&args));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_near_float64_loops),
        cmocka_unit_test(same_bytes_for_threads_and_isa),
        cmocka_unit_test(what_is_not_finite_is_not_lost),
        cmocka_unit_test(zeros_are_a_mean),
        cmocka_unit_test(some_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
