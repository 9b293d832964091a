/* SPDX-License-Identifier: Apache-2.0 */

/* softmax_block_i16: every kernel bit for bit as the plain C one, whose weights are near those of float64. */
#include <math.h>
#include <string.h>

#include "kernels/check.h"

enum { LANES = GEMM_PANEL };

/* One block's operands in five rooms of two sets: what is read is the same for both. */
typedef struct block {
    softmax_block_i16_args args;
    float *max, *sum;
} block;

static block block_in_rooms(int set, size_t keys, float *s, float *scales)
{
    float *state = check_room(2 + 2 * set, (size_t)4 * LANES * sizeof(float));
    int16_t *p = check_room(3 + 2 * set, (keys + 1) / 2 * LANES * 2 * sizeof(int16_t));
    return (block){.args = {.p = p,
                            .s = s,
                            .keys = keys,
                            .scales = scales,
                            .max = state,
                            .sum = state + LANES,
                            .decays = state + (size_t)2 * LANES,
                            .gains = state + (size_t)3 * LANES},
                   .max = state,
                   .sum = state + LANES};
}

/* p, the sum and the gains of the plain C kernel: half a unit of p, and 2^-18 of it. */
static void check_exact(const block *of, const float *old_max, const float *old_sum)
{
    const softmax_block_i16_args *a = &of->args;
    for (size_t q = 0; q < LANES; q++) {
        const double scale = (double)a->scales[q];
        double top = -HUGE_VAL, weights = 0;
        for (size_t j = 0; j < a->keys; j++) top = fmax(top, (double)a->s[j * LANES + q]);
        for (size_t j = 0; j < a->keys; j++) {
            const int16_t p = a->p[(j / 2 * LANES + q) * 2 + j % 2];
            const double exact = I16_WEIGHT_ONE * exp2(((double)a->s[j * LANES + q] - top) * scale);
            weights += p;
            if (fabs(p - exact) > 0.5 + exact * 2e-5)
                check_fail("softmax_block_i16_ref: %zu keys: p is %d, in float64 %.9g", a->keys, p,
                           exact);
        }
        const double max = fmax(top * scale, (double)old_max[q]);
        const double sum =
            weights * exp2(top * scale - max) + (double)old_sum[q] * exp2((double)old_max[q] - max);
        if (fabs((double)of->sum[q] - sum) > 1e-5 * sum)
            check_fail("softmax_block_i16_ref: %zu keys: sum is %.9g, in float64 %.9g", a->keys,
                       (double)of->sum[q], sum);
    }
}

static void
check_block(softmax_block_i16_fn *kernel, const char *name, size_t keys, uint32_t variant)
{
    uint32_t seed = variant + 7;
    const bool special = variant % 4 == 3;
    float *s = check_room_random(0, keys * LANES, 1e6F, &seed);
    float *scales = check_room_random(1, LANES, variant % 3 == 0 ? 1e-5F : 1e-6F, &seed);
    for (size_t q = 0; q < LANES; q++) scales[q] = fabsf(scales[q]);
    for (size_t i = 0; special && i < keys * LANES; i += 13) s[i] = check_special(i / 13);
    if (special) scales[3] = NAN;
    if (variant % 4 == 2) scales[5] = 0.0F;
    block expected = block_in_rooms(0, keys, s, scales), got = block_in_rooms(1, keys, s, scales);
    float old_max[LANES], old_sum[LANES];
    for (size_t q = 0; q < LANES; q++) {
        old_max[q] = variant % 8 < 4 ? -INFINITY : 5.0F * check_random(&seed);
        old_sum[q] = variant % 8 < 4 ? 0.0F : 2.0F + check_random(&seed);
    }
    memcpy(expected.max, old_max, sizeof old_max);
    memcpy(got.max, old_max, sizeof old_max);
    memcpy(expected.sum, old_sum, sizeof old_sum);
    memcpy(got.sum, old_sum, sizeof old_sum);

    softmax_block_i16_ref(&expected.args);
    kernel(&got.args);
    check_same(got.max, expected.max, (size_t)4 * LANES, name);
    const size_t weights = (keys + 1) / 2 * LANES * 2;
    if (memcmp(got.args.p, expected.args.p, weights * sizeof(int16_t)) != 0)
        check_fail("%s: %zu keys: not the plain C kernel's weights", name, keys);
    for (size_t i = 0; i < weights; i++) {
        if (got.args.p[i] < 0 || got.args.p[i] > I16_WEIGHT_ONE)
            check_fail("%s: %zu keys: a weight of %d", name, keys, got.args.p[i]);
    }
    check_before_room(4, (size_t)4 * LANES * sizeof(float), name);
    check_before_room(5, weights * sizeof(int16_t), name);
    if (kernel == softmax_block_i16_ref && !special) check_exact(&expected, old_max, old_sum);
}

void check_softmax_block_i16(softmax_block_i16_fn *kernel, const char *name)
{
    uint32_t variant = 0;
    for (size_t keys = 1; keys <= I16_KEYS; keys++) {
        for (int repeat = 0; repeat < 8; repeat++) check_block(kernel, name, keys, variant++);
    }
}
