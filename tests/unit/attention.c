/* SPDX-License-Identifier: Apache-2.0 */

/* attention against float64 loops that hold all scores, and the same bytes from every number of
 * threads and every instruction set. */
#include "backends/cpu/attention.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "support/cmocka.h"

enum { GUARD = 3, KEYS_MOST = 400 };

typedef struct attention_case {
    size_t batch, heads, head_dim, queries, keys;
    bool causal;
    float spread; /* of q: large makes softmax pick single keys */
} attention_case;

static const attention_case cases[] = {
    {1, 1, 1, 1, 1, false, 1},      {2, 3, 5, 7, 3, false, 1},      {1, 2, 40, 33, 77, false, 1},
    {2, 2, 80, 64, 128, false, 8},  {1, 1, 160, 70, 129, false, 1}, {1, 1, 512, 70, 130, false, 1},
    {1, 2, 40, 290, 257, false, 8}, {2, 3, 64, 77, 77, true, 1},    {1, 1, 32, 300, 300, true, 8},
    {1, 1, 48, 1, 400, false, 50},  {1, 2, 8, 40, 40, true, 50},
};

typedef struct attention_data {
    float *q, *k, *v, *output;
    size_t stride, output_count;
} attention_data;

static float *random_floats(size_t count, uint32_t seed, float spread)
{
    float *x = mem_aligned_array(count, sizeof(float));
    assert_non_null(x);
    uint32_t state = seed;
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525U + 1013904223U;
        x[i] = (float)(int32_t)state * 0x1p-31F * spread;
    }
    return x;
}

static attention_data make_data(const attention_case *c)
{
    attention_data d = {.stride = c->heads * c->head_dim + GUARD};
    d.output_count = c->batch * c->queries * d.stride;
    d.q = random_floats(d.output_count, 1, c->spread);
    d.k = random_floats(c->batch * c->keys * d.stride, 2, 1);
    d.v = random_floats(c->batch * c->keys * d.stride, 3, 1);
    d.output = random_floats(d.output_count, 4, 1);
    return d;
}

static void free_data(attention_data *d)
{
    mem_free(d->q);
    mem_free(d->k);
    mem_free(d->v);
    mem_free(d->output);
}

static void run(const attention_case *c, const attention_data *d, int threads, isa_level isa)
{
    thread_pool *pool = NULL;
    sd14_error error;
    assert_int_equal(thread_pool_create(threads, &pool, &error), SD14_OK);
    const size_t scratch_bytes = attention_scratch_bytes(c->head_dim);
    void *scratch = mem_aligned_array((size_t)threads, scratch_bytes);
    assert_non_null(scratch);
    const cpu_kernels kernels = cpu_kernels_select(isa);
    const attention_args args = {.batch = c->batch,
                                 .heads = c->heads,
                                 .head_dim = c->head_dim,
                                 .queries = c->queries,
                                 .keys = c->keys,
                                 .scale = 1 / sqrtf((float)c->head_dim),
                                 .causal = c->causal,
                                 .q = d->q,
                                 .k = d->k,
                                 .v = d->v,
                                 .output = d->output,
                                 .q_stride = d->stride,
                                 .k_stride = d->stride,
                                 .v_stride = d->stride,
                                 .output_stride = d->stride,
                                 .scratch = scratch,
                                 .scratch_stride = scratch_bytes};
    attention_run(pool, &kernels, &args);
    mem_free(scratch);
    thread_pool_destroy(pool);
}

/* Softmax weights of one query, in float64. */
static void exact_weights(const attention_case *c,
                          const attention_data *d,
                          const float *q,
                          const float *k,
                          size_t visible,
                          double weights[KEYS_MOST])
{
    const double scale = 1 / sqrt((double)c->head_dim);
    double max = -(double)INFINITY, sum = 0;
    for (size_t j = 0; j < visible; j++) {
        weights[j] = 0;
        for (size_t i = 0; i < c->head_dim; i++) {
            weights[j] += (double)q[i] * (double)k[j * d->stride + i] * scale;
        }
        max = fmax(max, weights[j]);
    }
    for (size_t j = 0; j < visible; j++) {
        weights[j] = exp(weights[j] - max);
        sum += weights[j];
    }
    for (size_t j = 0; j < visible; j++) weights[j] /= sum;
}

static void check_query(
    const attention_case *c, const attention_data *d, size_t batch, size_t head, size_t query)
{
    const size_t at = (batch * c->queries + query) * d->stride + head * c->head_dim;
    const size_t keys_at = batch * c->keys * d->stride + head * c->head_dim;
    const size_t visible = c->causal && query + 1 < c->keys ? query + 1 : c->keys;
    double weights[KEYS_MOST];
    exact_weights(c, d, d->q + at, d->k + keys_at, visible, weights);

    for (size_t i = 0; i < c->head_dim; i++) {
        double exact = 0;
        for (size_t j = 0; j < visible; j++) {
            exact += weights[j] * (double)d->v[keys_at + j * d->stride + i];
        }
        /* A score of magnitude m is off by about m·2^-24 and a little more for its sum; v is at
         * most 1. */
        const double bound = 2e-6 + 2e-7 * (double)c->spread * sqrt((double)c->head_dim);
        const double got = (double)d->output[at + i];
        if (fabs(got - exact) <= bound) continue;
        fail_msg("%zu queries, %zu keys, head_dim %zu: batch %zu head %zu query %zu [%zu] is %.9g, "
                 "expected %.9g",
                 c->queries, c->keys, c->head_dim, batch, head, query, i, got, exact);
    }
}

static void equals_float64_loops(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        const attention_case *c = &cases[n];
        attention_data d = make_data(c);
        float *before = random_floats(d.output_count, 4, 1);
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
        free_data(&d);
    }
}

static void same_bytes_for_threads_and_isa(void **state)
{
    (void)state;
    static const int threads[] = {1, 2, 3, 7};
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        attention_data d = make_data(&cases[n]);
        run(&cases[n], &d, 1, ISA_REF);
        float *expected = d.output;
        for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
            for (isa_level isa = ISA_REF; isa < ISA_COUNT; isa++) {
                /* Each set with two threads, the newest with any number. */
                if (!cpu_has(isa) || (threads[t] != 2 && isa != cpu_newest())) continue;
                d.output = random_floats(d.output_count, 4, 1);
                run(&cases[n], &d, threads[t], isa);
                if (memcmp(d.output, expected, d.output_count * sizeof(float)) != 0) {
                    fail_msg("case %zu: other bytes with %d threads, %s", n, threads[t],
                             isa_name(isa));
                }
                mem_free(d.output);
            }
        }
        d.output = expected;
        free_data(&d);
    }
}

/* A query's result is the same whether it is computed among many or alone: what the masked and the
 * absent lanes beside it hold does not reach it. */
static void queries_do_not_meet(void **state)
{
    (void)state;
    attention_case c = {1, 1, 40, 70, 200, false, 4};
    attention_data d = make_data(&c);
    run(&c, &d, 1, cpu_newest());
    for (size_t query = 0; query < 70; query += 23) {
        attention_data alone = d;
        alone.output = random_floats(d.stride, 4, 1);
        alone.q = d.q + query * d.stride;
        c.queries = 1;
        run(&c, &alone, 1, cpu_newest());
        assert_memory_equal(alone.output, d.output + query * d.stride, c.head_dim * sizeof(float));
        mem_free(alone.output);
    }
    free_data(&d);
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
