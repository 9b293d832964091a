/* SPDX-License-Identifier: Apache-2.0 */

/* softmax_block: one block bit for bit, and a stream of blocks against a softmax in float64. */
#include <math.h>
#include <string.h>

#include "kernels/check.h"

enum { LANES = GEMM_PANEL, OUTPUTS = 5, KEYS_MAX = 200 };

/* One block's operands in four rooms, `set` 0 or 1. */
static softmax_block_f32_args block_in_rooms(int set, size_t keys, size_t n_output)
{
    return (softmax_block_f32_args){
        .s = check_room(4 * set, keys * LANES * sizeof(float)),
        .keys = keys,
        .max = check_room(4 * set + 1, LANES * sizeof(float)),
        .sum = check_room(4 * set + 2, LANES * sizeof(float)),
        .output = check_room(4 * set + 3, n_output * LANES * sizeof(float)),
        .n_output = n_output,
    };
}

static void fill(float *x, size_t n, float range, bool special, uint32_t *seed)
{
    for (size_t i = 0; i < n; i++) x[i] = range * check_random(seed);
    for (size_t i = 0; special && i < n; i += 13) x[i] = check_special(i / 13);
}

static void check_block(
    softmax_block_f32_fn *kernel, const char *name, size_t keys, size_t n_output, uint32_t variant)
{
    uint32_t seed = variant + 9;
    softmax_block_f32_args expected = block_in_rooms(0, keys, n_output);
    softmax_block_f32_args got = block_in_rooms(1, keys, n_output);
    expected.scale = got.scale = 0.15811388F; /* 1 / sqrt(40) */
    expected.causal = got.causal = variant % 2 != 0;
    expected.first_key = got.first_key = variant % 5 * 11;
    expected.first_query = got.first_query = variant % 3 * 32;
    fill(expected.s, keys * LANES, 60.0F, variant % 4 == 3, &seed);
    fill(expected.sum, LANES, 3.0F, false, &seed);
    fill(expected.output, n_output * LANES, 2.0F, variant % 4 == 3, &seed);
    for (size_t q = 0; q < LANES; q++) {
        expected.max[q] = variant % 8 < 4 ? -INFINITY : 5.0F * check_random(&seed);
    }
    memcpy(got.s, expected.s, keys * LANES * sizeof(float));
    memcpy(got.max, expected.max, LANES * sizeof(float));
    memcpy(got.sum, expected.sum, LANES * sizeof(float));
    memcpy(got.output, expected.output, n_output * LANES * sizeof(float));

    softmax_block_f32_ref(&expected);
    kernel(&got);
    check_same(got.s, expected.s, keys * LANES, name);
    check_same(got.max, expected.max, LANES, name);
    check_same(got.sum, expected.sum, LANES, name);
    check_same(got.output, expected.output, n_output * LANES, name);
    check_before_room(4, keys * LANES * sizeof(float), name);
    check_before_room(7, n_output * LANES * sizeof(float), name);
}

typedef struct stream {
    float scores[KEYS_MAX][LANES];
    float values[KEYS_MAX][OUTPUTS];
    float output[OUTPUTS][LANES];
    float max[LANES], sum[LANES];
    size_t keys, first_query;
    bool causal;
} stream;

static const float scale = 0.125F;

/* As attention does it: scores of a block, then output += p·v in float32. */
static void run_stream(softmax_block_f32_fn *kernel, stream *t, size_t block)
{
    static float p[KEYS_MAX][LANES];
    memset(t->output, 0, sizeof(t->output));
    memset(t->sum, 0, sizeof(t->sum));
    for (size_t q = 0; q < LANES; q++) t->max[q] = -INFINITY;
    for (size_t first = 0; first < t->keys; first += block) {
        const size_t keys = t->keys - first < block ? t->keys - first : block;
        memcpy(p, t->scores[first], keys * sizeof(p[0]));
        const softmax_block_f32_args args = {.s = p[0],
                                             .keys = keys,
                                             .scale = scale,
                                             .causal = t->causal,
                                             .first_key = first,
                                             .first_query = t->first_query,
                                             .max = t->max,
                                             .sum = t->sum,
                                             .output = t->output[0],
                                             .n_output = OUTPUTS};
        kernel(&args);
        for (size_t j = 0; j < keys; j++) {
            for (size_t i = 0; i < OUTPUTS; i++) {
                for (size_t q = 0; q < LANES; q++) {
                    t->output[i][q] += p[j][q] * t->values[first + j][i];
                }
            }
        }
    }
}

static double exact_output(const stream *t, size_t q, size_t i)
{
    double max = -HUGE_VAL, sum = 0, output = 0;
    const size_t seen = t->causal ? t->first_query + q + 1 : t->keys;
    const size_t keys = seen < t->keys ? seen : t->keys;
    for (size_t j = 0; j < keys; j++) {
        max = fmax(max, (double)t->scores[j][q] * (double)scale);
    }
    for (size_t j = 0; j < keys; j++) {
        const double p = exp((double)t->scores[j][q] * (double)scale - max);
        sum += p;
        output += p * (double)t->values[j][i];
    }
    return output / sum;
}

static void check_stream(softmax_block_f32_fn *kernel,
                         const char *name,
                         size_t keys,
                         size_t block,
                         bool causal,
                         size_t first_query)
{
    static stream t;
    static double exact[OUTPUTS * LANES];
    static float got[OUTPUTS * LANES];
    uint32_t seed = (uint32_t)(keys + block);
    t.keys = keys;
    t.causal = causal;
    t.first_query = first_query;
    for (size_t j = 0; j < keys; j++) {
        /* Growing, so that most blocks move the maximum. */
        for (size_t q = 0; q < LANES; q++) t.scores[j][q] = 40.0F * check_random(&seed) + (float)j;
        for (size_t i = 0; i < OUTPUTS; i++) t.values[j][i] = check_random(&seed);
    }
    run_stream(kernel, &t, block);
    for (size_t i = 0; i < OUTPUTS; i++) {
        for (size_t q = 0; q < LANES; q++) {
            exact[i * LANES + q] = exact_output(&t, q, i);
            got[i * LANES + q] = t.output[i][q] / t.sum[q];
        }
    }
    /* Exponents up to 30 are rounded at 2^-20 relative to p; sums of 200 at 2^-24 each. */
    check_close(got, exact, (size_t)OUTPUTS * LANES, 1e-5, name);
}

void check_softmax_block_f32(softmax_block_f32_fn *kernel, const char *name)
{
    static const size_t keys[] = {1, 2, 3, 8, 33, 77, 128};
    for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
        for (uint32_t variant = 0; variant < 40; variant++) {
            check_block(kernel, name, keys[k], variant % 7 + 1, variant);
        }
    }
    check_stream(kernel, name, 77, 77, false, 0);
    check_stream(kernel, name, KEYS_MAX, 64, false, 0);
    check_stream(kernel, name, KEYS_MAX, 1, false, 0);
    check_stream(kernel, name, 77, 16, true, 0);
    check_stream(kernel, name, 77, 32, true, 64);
    check_stream(kernel, name, KEYS_MAX, 48, true, 100);
}
