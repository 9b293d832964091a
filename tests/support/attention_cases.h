/* SPDX-License-Identifier: Apache-2.0 */

/** Attention's cases and operands, and float64 loops that hold all scores. */
#ifndef SD14_TEST_ATTENTION_CASES_H
#define SD14_TEST_ATTENTION_CASES_H

#include <math.h>
#include <stdint.h>

#include "backends/cpu/attention.h"
#include "base/memory.h"
#include "support/cmocka.h"

enum { ATTENTION_GUARD = 3, ATTENTION_KEYS_MOST = 400, ATTENTION_HEAD_DIM_MOST = 512 };

typedef struct attention_case {
    size_t batch, heads, head_dim, queries, keys;
    bool causal;
    float spread; /**< of q: large makes softmax pick single keys */
} attention_case;

static const attention_case attention_cases[] = {
    {1, 1, 1, 1, 1, false, 1},      {2, 3, 5, 7, 3, false, 1},      {1, 2, 40, 33, 77, false, 1},
    {2, 2, 80, 64, 128, false, 8},  {1, 1, 160, 70, 129, false, 1}, {1, 1, 512, 70, 130, false, 1},
    {1, 2, 40, 290, 257, false, 8}, {2, 3, 64, 77, 77, true, 1},    {1, 1, 32, 300, 300, true, 8},
    {1, 1, 48, 1, 400, false, 50},  {1, 2, 8, 40, 40, true, 50},
};
enum { ATTENTION_CASES = sizeof attention_cases / sizeof *attention_cases };

/** Rows end in ATTENTION_GUARD values that belong to nobody. */
typedef struct attention_data {
    float *q, *k, *v, *output;
    size_t stride, output_count;
} attention_data;

static inline float *attention_floats(size_t count, uint32_t seed, float spread)
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

static inline attention_data attention_data_of(const attention_case *c)
{
    attention_data d = {.stride = c->heads * c->head_dim + ATTENTION_GUARD};
    d.output_count = c->batch * c->queries * d.stride;
    d.q = attention_floats(d.output_count, 1, c->spread);
    d.k = attention_floats(c->batch * c->keys * d.stride, 2, 1);
    d.v = attention_floats(c->batch * c->keys * d.stride, 3, 1);
    d.output = attention_floats(d.output_count, 4, 1);
    return d;
}

static inline void attention_data_free(attention_data *d)
{
    mem_free(d->q);
    mem_free(d->k);
    mem_free(d->v);
    mem_free(d->output);
}

/** Scratch and shared memory are the caller's to add. */
static inline attention_args attention_args_of(const attention_case *c, const attention_data *d)
{
    return (attention_args){.batch = c->batch,
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
                            .output_stride = d->stride};
}

/* Softmax weights of one query, in float64. */
static inline void attention_exact_weights(const attention_case *c,
                                           const attention_data *d,
                                           const float *q,
                                           const float *k,
                                           size_t visible,
                                           double weights[ATTENTION_KEYS_MOST])
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

/** Row `query` of the output, exact [head_dim]; out_at: where it is in the output. */
static inline void attention_exact(const attention_case *c,
                                   const attention_data *d,
                                   size_t batch,
                                   size_t head,
                                   size_t query,
                                   double *exact,
                                   size_t *out_at)
{
    const size_t at = (batch * c->queries + query) * d->stride + head * c->head_dim;
    const size_t keys_at = batch * c->keys * d->stride + head * c->head_dim;
    const size_t visible = c->causal && query + 1 < c->keys ? query + 1 : c->keys;
    double weights[ATTENTION_KEYS_MOST];
    attention_exact_weights(c, d, d->q + at, d->k + keys_at, visible, weights);
    for (size_t i = 0; i < c->head_dim; i++) {
        exact[i] = 0;
        for (size_t j = 0; j < visible; j++)
            exact[i] += weights[j] * (double)d->v[keys_at + j * d->stride + i];
    }
    *out_at = at;
}

#endif /* SD14_TEST_ATTENTION_CASES_H */
