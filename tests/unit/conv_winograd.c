/* SPDX-License-Identifier: Apache-2.0 */

/* Winograd's convolution, of floats and of 16-bit integers: close to direct convolution in float64, and the same bytes from every number of threads and
 * every instruction set. */
#include "backends/cpu/conv_winograd.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "support/cmocka.h"
#include "support/products.h"

enum { GUARD = 5, TAPS = 9 };

/* Relative L2 against float64. Measured: 6e-7 at 33 channels, 1.1e-6 at 1290. A wrong tap or edge is off by 1e-2. */
static const double limit = 4e-6;

/* Of integers. Measured: 1.3e-3. */
static const double limit_i16 = 2e-3;

typedef struct winograd_case {
    size_t batch, height, width, channels, outputs;
    bool bias, residual, upsampled;
} winograd_case;

/* Sizes that are and are not multiples of 4, channels and outputs that are and are not multiples of 32; a kept U but
 * in two of either kind; several groups of tiles; small strips; channels beyond one run of zeros. */
static const winograd_case cases[] = {
    {1, 270, 253, 32, 33, true, true, false}, {1, 8, 8, 32, 32, false, false, false},
    {1, 1, 1, 33, 35, true, true, false},     {2, 9, 7, 40, 36, true, true, false},
    {3, 5, 6, 64, 70, true, false, false},    {1, 43, 37, 80, 33, true, true, false},
    {1, 6, 5, 530, 40, false, true, false},   {2, 6, 7, 1290, 1000, true, true, false},
    {1, 3, 4, 33, 40000, true, false, false}, {1, 1, 1, 33, 35, true, true, true},
    {2, 7, 9, 40, 36, true, true, true},      {1, 118, 125, 64, 33, true, true, true},
    {1, 22, 41, 80, 70, true, false, true},   {1, 6, 5, 530, 40, false, true, true},
    {2, 5, 4, 650, 630, true, true, true},    {1, 3, 4, 33, 20000, false, false, true},
};

typedef struct winograd_data {
    matmul_shape shape;
    float *input, *weight, *bias, *residual, *output;
    size_t count;
} winograd_data;

static void *need(size_t bytes)
{
    void *made = mem_aligned_array(bytes, 1);
    assert_non_null(made);
    return made;
}

/* The packed weight: the caller's to free. */
static void *
prepare(const winograd_data *d, bool integers, thread_pool *pool, const cpu_kernels *kernels)
{
    const shape of = shape_4(d->shape.outputs, d->shape.channels, 3, 3);
    const tensor weight = {DTYPE_F32, of, d->weight};
    const bool upsampled = d->shape.upsampled;
    if (integers) {
        void *packed = need(conv_winograd_i16_bytes(of, upsampled));
        void *scratch = need((size_t)thread_pool_threads(pool) *
                             conv_winograd_i16_pack_scratch_bytes(of, upsampled));
        conv_winograd_i16_pack(pool, kernels, &weight, upsampled, packed, scratch);
        mem_free(scratch);
        return packed;
    }
    if (!conv_winograd_keeps(of, false)) {
        float *packed = need(matmul_packed_count(of) * sizeof(float));
        matmul_pack(pool, &weight, packed);
        return packed;
    }
    float *packed = need(conv_winograd_count(of, upsampled) * sizeof(float));
    conv_winograd_prepare(pool, kernels, &weight, upsampled, packed);
    return packed;
}

static winograd_data make_data(const winograd_case *c)
{
    winograd_data d = {.shape = {c->batch, c->height, c->width, c->channels, 3, 1, 1, 1, c->outputs,
                                 c->upsampled}};
    d.count = matmul_output_rows(&d.shape) * (c->outputs + GUARD);
    d.input = random_floats(c->batch * c->height * c->width * c->channels, 1);
    d.weight = random_floats(c->outputs * c->channels * TAPS, 2);
    d.bias = random_floats(c->outputs, 3);
    d.residual = random_floats(d.count, 4);
    d.output = random_floats(d.count, 5);
    return d;
}

static void free_data(winograd_data *d)
{
    mem_free(d->input);
    mem_free(d->weight);
    mem_free(d->bias);
    mem_free(d->residual);
    mem_free(d->output);
}

static void
run(const winograd_case *c, const winograd_data *d, bool integers, int threads, isa_level isa)
{
    thread_pool *pool = make_pool(threads);
    const cpu_kernels kernels = cpu_kernels_select(isa);
    const size_t scratch_bytes = conv_winograd_scratch_bytes(&d->shape, integers);
    void *packed = prepare(d, integers, pool, &kernels);
    const matmul_args args = {.shape = d->shape,
                              .input = d->input,
                              .packed = packed,
                              .bias = c->bias ? d->bias : NULL,
                              .residual = c->residual ? d->residual : NULL,
                              .output = d->output,
                              .output_stride = c->outputs + GUARD,
                              .scratch = need((size_t)threads * scratch_bytes),
                              .scratch_stride = scratch_bytes,
                              .shared = need(conv_winograd_shared_bytes(&d->shape, integers))};
    conv_winograd_run(pool, &kernels, &args, integers);
    mem_free(args.shared);
    mem_free(args.scratch);
    mem_free(packed);
    thread_pool_destroy(pool);
}

static double
exact_element(const winograd_case *c, const winograd_data *d, size_t pixel, size_t output)
{
    const size_t scale = c->upsampled ? 2 : 1;
    const size_t width = c->width * scale, height = c->height * scale;
    const size_t x = pixel % width, y = pixel / width % height;
    const float *image = d->input + pixel / (width * height) * c->width * c->height * c->channels;
    const float *weight = d->weight + output * c->channels * TAPS;
    double sum = c->bias ? (double)d->bias[output] : 0;
    if (c->residual) sum += (double)d->residual[pixel * (c->outputs + GUARD) + output];
    for (size_t tap = 0; tap < TAPS; tap++) {
        const size_t row = y + tap / 3 - 1, column = x + tap % 3 - 1;
        if (row >= height || column >= width) continue;
        const float *from = image + (row / scale * c->width + column / scale) * c->channels;
        for (size_t k = 0; k < c->channels; k++)
            sum += (double)from[k] * (double)weight[k * TAPS + tap];
    }
    return sum;
}

static void check_distance(size_t i, bool integers)
{
    const winograd_case *c = &cases[i];
    const double most = integers ? limit_i16 : limit;
    winograd_data d = make_data(c);
    float *before = random_floats(d.count, 5);
    assert_true(conv_winograd_suits(&d.shape));
    run(c, &d, integers, 2, cpu_newest());
    double squares = 0, apart = 0;
    for (size_t at = 0; at < d.count; at++) {
        const size_t output = at % (c->outputs + GUARD);
        if (output >= c->outputs) {
            assert_true(d.output[at] == before[at]);
            continue;
        }
        const double exact = exact_element(c, &d, at / (c->outputs + GUARD), output);
        squares += exact * exact;
        apart += (exact - (double)d.output[at]) * (exact - (double)d.output[at]);
    }
    if (!(sqrt(apart / squares) <= most))
        fail_msg("case %zu: %.3g from float64, limit %.3g", i, sqrt(apart / squares), most);
    mem_free(before);
    free_data(&d);
}

static bool can_be(const winograd_case *c, bool integers)
{
    return !integers || conv_winograd_keeps(shape_2(c->outputs, c->channels), true);
}

static void close_to_float64(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int integers = 0; integers <= 1; integers++) {
            if (can_be(&cases[i], integers)) check_distance(i, integers);
        }
    }
}

static void check_bytes(size_t i, bool integers)
{
    static const int threads[] = {1, 2, 3, 7};
    winograd_data d = make_data(&cases[i]);
    run(&cases[i], &d, integers, 1, ISA_REF);
    float *expected = d.output;
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        for (isa_level isa = ISA_REF + 1; isa < ISA_COUNT; isa++) {
            /* Each set with two threads, the newest with any number. */
            if (!cpu_has(isa) || (threads[t] != 2 && isa != cpu_newest())) continue;
            d.output = random_floats(d.count, 5);
            run(&cases[i], &d, integers, threads[t], isa);
            if (memcmp(d.output, expected, d.count * sizeof(float)) != 0)
                fail_msg("case %zu: other bytes with %d threads, %s", i, threads[t], isa_name(isa));
            mem_free(d.output);
        }
    }
    d.output = expected;
    free_data(&d);
}

static void same_bytes_for_threads_and_isa(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int integers = 0; integers <= 1; integers++) {
            if (can_be(&cases[i], integers)) check_bytes(i, integers);
        }
    }
}

static void what_does_not_suit_is_said(void **state)
{
    (void)state;
    const matmul_shape suits = {1, 8, 8, 32, 3, 1, 1, 1, 32, false};
    assert_true(conv_winograd_suits(&suits));
    matmul_shape other = suits;
    other.stride = 2;
    assert_false(conv_winograd_suits(&other));
    other = suits;
    other.kernel = 1;
    assert_false(conv_winograd_suits(&other));
    other = suits;
    other.pad_before = 0;
    assert_false(conv_winograd_suits(&other));
    other = suits;
    other.channels = 4;
    assert_false(conv_winograd_suits(&other));
    other = suits;
    other.outputs = 3;
    assert_false(conv_winograd_suits(&other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(close_to_float64),
        cmocka_unit_test(same_bytes_for_threads_and_isa),
        cmocka_unit_test(what_does_not_suit_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
