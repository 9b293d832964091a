/* SPDX-License-Identifier: Apache-2.0 */

/* linear and conv2d against float64 loops in NCHW order, and the same bytes from every number of
 * threads and every instruction set. */
#include "backends/cpu/matmul.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "support/cmocka.h"
#include "support/products.h"

enum { GUARD = 5 };

typedef struct matmul_case {
    const char *name;
    matmul_shape shape;
    bool bias, residual;
} matmul_case;

/* batch, height, width, channels, kernel, stride, pad before, pad after, outputs */
static const matmul_case cases[] = {
    {"1x1 of one pixel", {1, 1, 1, 1, 1, 1, 0, 0, 1, false}, false, false},
    {"linear, two rows", {1, 1, 2, 70, 1, 1, 0, 0, 100, false}, true, false},
    {"linear, long k", {1, 1, 7, 1300, 1, 1, 0, 0, 33, false}, true, true},
    {"linear, many rows", {1, 1, 403, 24, 1, 1, 0, 0, 40, false}, true, true},
    {"linear, many panels", {1, 1, 25, 20, 1, 1, 0, 0, 4500, false}, false, true},
    {"3x3", {1, 9, 7, 20, 3, 1, 1, 1, 36, false}, true, true},
    {"3x3, two images, odd sizes", {2, 11, 13, 5, 3, 1, 1, 1, 4, false}, true, false},
    {"3x3, three images in one strip", {3, 3, 5, 4, 3, 1, 1, 1, 3, false}, true, false},
    {"3x3, stride 2", {2, 8, 10, 12, 3, 2, 1, 1, 17, false}, true, false},
    {"3x3, stride 2, padded after only", {2, 8, 9, 12, 3, 2, 0, 1, 17, false}, true, false},
    {"3x3, no padding", {1, 6, 5, 6, 3, 1, 0, 0, 31, false}, false, false},
    {"3x3, k cut inside a tap", {1, 6, 5, 530, 3, 1, 1, 1, 8, false}, true, true},
    {"3x3, k cut between taps", {2, 5, 6, 200, 3, 1, 1, 1, 35, false}, true, true},
    {"3x3 on an image of one pixel", {2, 1, 1, 9, 3, 1, 1, 1, 6, false}, true, false},
    {"2x2, stride 2, no padding", {1, 8, 6, 10, 2, 2, 0, 0, 9, false}, true, false},
    {"5x5, stride 3, uneven padding", {1, 13, 12, 3, 5, 3, 2, 1, 10, false}, true, false},
    {"1x1, stride 2", {1, 7, 8, 16, 1, 2, 0, 0, 32, false}, true, true},
};

typedef struct matmul_data {
    float *input, *weight, *packed, *bias, *residual, *output;
    size_t rows, stride, output_count;
} matmul_data;

static shape weight_shape(const matmul_shape *s)
{
    if (s->kernel == 1) return shape_2(s->outputs, s->channels);
    return shape_4(s->outputs, s->channels, s->kernel, s->kernel);
}

static matmul_data make_data(const matmul_shape *s, thread_pool *pool)
{
    matmul_data d = {.rows = matmul_output_rows(s), .stride = s->outputs + GUARD};
    d.output_count = d.rows * d.stride;
    d.input = random_floats(s->batch * s->height * s->width * s->channels, 1);
    d.weight = random_floats(s->outputs * s->channels * s->kernel * s->kernel, 2);
    d.bias = random_floats(s->outputs, 3);
    d.residual = random_floats(d.output_count, 4);
    d.output = random_floats(d.output_count, 5);

    const tensor weight = {DTYPE_F32, weight_shape(s), d.weight};
    d.packed = random_floats(matmul_packed_count(weight.shape), 6);
    matmul_pack(pool, &weight, d.packed);
    return d;
}

static void free_data(matmul_data *d)
{
    mem_free(d->input);
    mem_free(d->weight);
    mem_free(d->packed);
    mem_free(d->bias);
    mem_free(d->residual);
    mem_free(d->output);
}

static void run(const matmul_case *c, const matmul_data *d, thread_pool *pool, isa_level isa)
{
    const size_t scratch_bytes = matmul_scratch_bytes(&c->shape);
    const size_t threads = (size_t)thread_pool_threads(pool);
    void *scratch = mem_aligned_array(threads, scratch_bytes);
    assert_non_null(scratch);
    const cpu_kernels kernels = cpu_kernels_select(isa);
    const matmul_args args = {.shape = c->shape,
                              .input = d->input,
                              .packed = d->packed,
                              .bias = c->bias ? d->bias : NULL,
                              .residual = c->residual ? d->residual : NULL,
                              .output = d->output,
                              .output_stride = d->stride,
                              .scratch = scratch,
                              .scratch_stride = scratch_bytes};
    matmul_run(pool, &kernels, &args);
    mem_free(scratch);
}

/* Sum of one output over the window that lies inside the image, in float64. */
static double
exact_window(const matmul_shape *s, const matmul_data *d, size_t row, size_t output, double *bound)
{
    const size_t out_height = matmul_output_height(s), out_width = matmul_output_width(s);
    const size_t image = row / (out_height * out_width);
    const int64_t top =
        (int64_t)(row / out_width % out_height * s->stride) - (int64_t)s->pad_before;
    const int64_t left = (int64_t)(row % out_width * s->stride) - (int64_t)s->pad_before;
    double sum = 0, magnitude = 0;
    for (size_t i = 0; i < s->channels * s->kernel * s->kernel; i++) {
        const size_t channel = i / (s->kernel * s->kernel);
        const int64_t y = top + (int64_t)(i / s->kernel % s->kernel);
        const int64_t x = left + (int64_t)(i % s->kernel);
        if (y < 0 || x < 0 || y >= (int64_t)s->height || x >= (int64_t)s->width) continue;
        const size_t pixel = (image * s->height + (size_t)y) * s->width + (size_t)x;
        const double product = (double)d->input[pixel * s->channels + channel] *
                               (double)d->weight[output * s->channels * s->kernel * s->kernel + i];
        sum += product;
        magnitude += fabs(product);
    }
    *bound = 0x1p-24 * (double)(s->channels * s->kernel * s->kernel + 2) * (magnitude + 2);
    return sum;
}

static void check_exact(const matmul_case *c, const matmul_data *d)
{
    for (size_t i = 0; i < d->output_count; i++) {
        const size_t row = i / d->stride, output = i % d->stride;
        if (output >= c->shape.outputs) continue;
        double bound;
        double exact = exact_window(&c->shape, d, row, output, &bound);
        if (c->bias) exact += (double)d->bias[output];
        if (c->residual) exact += (double)d->residual[i];
        if (fabs((double)d->output[i] - exact) <= bound) continue;
        fail_msg("%s: row %zu output %zu is %.9g, expected %.9g", c->name, row, output,
                 (double)d->output[i], exact);
    }
}

static void check_guards(const matmul_case *c, const matmul_data *d)
{
    float *before = random_floats(d->output_count, 5);
    for (size_t i = 0; i < d->output_count; i++) {
        if (i % d->stride < c->shape.outputs || d->output[i] == before[i]) continue;
        fail_msg("%s: wrote past its outputs at %zu", c->name, i);
    }
    mem_free(before);
}

static void equals_float64_loops(void **state)
{
    (void)state;
    thread_pool *pool = make_pool(2);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        matmul_data d = make_data(&cases[i].shape, pool);
        run(&cases[i], &d, pool, cpu_newest());
        check_exact(&cases[i], &d);
        check_guards(&cases[i], &d);
        free_data(&d);
    }
    thread_pool_destroy(pool);
}

static void same_bytes_for_threads_and_isa(void **state)
{
    (void)state;
    static const int threads[] = {1, 2, 3, 7};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        thread_pool *one = make_pool(1);
        matmul_data d = make_data(&cases[i].shape, one);
        run(&cases[i], &d, one, ISA_REF);
        float *expected = d.output;
        thread_pool_destroy(one);

        for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
            thread_pool *pool = make_pool(threads[t]);
            for (isa_level isa = ISA_REF; isa < ISA_COUNT; isa++) {
                /* Each set with two threads, the newest with any number. */
                if (!cpu_has(isa) || (threads[t] != 2 && isa != cpu_newest())) continue;
                d.output = random_floats(d.output_count, 5);
                run(&cases[i], &d, pool, isa);
                if (memcmp(d.output, expected, d.output_count * sizeof(float)) != 0) {
                    fail_msg("%s: other bytes with %d threads, %s", cases[i].name, threads[t],
                             isa_name(isa));
                }
                mem_free(d.output);
            }
            thread_pool_destroy(pool);
        }
        d.output = expected;
        free_data(&d);
    }
}

/* Every output, channel and tap at its place; half precision and a trailing 1x1 read alike. */
static void packs_panels(void **state)
{
    (void)state;
    enum { OUTPUTS = 35, CHANNELS = 50, TAPS = 9, DEPTH = CHANNELS * TAPS };
    thread_pool *pool = make_pool(2);
    static uint16_t weight[OUTPUTS * DEPTH]; /* bfloat16: small integers are exact */
    for (size_t i = 0; i < OUTPUTS * DEPTH; i++) {
        const float value = (float)(i % 251);
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        weight[i] = (uint16_t)(bits >> 16);
    }
    const tensor conv = {DTYPE_BF16, shape_4(OUTPUTS, CHANNELS, 3, 3), weight};
    const tensor pointwise = {DTYPE_BF16, shape_4(OUTPUTS, DEPTH, 1, 1), weight};
    const tensor linear = {DTYPE_BF16, shape_2(OUTPUTS, DEPTH), weight};
    const size_t count = matmul_packed_count(conv.shape);
    assert_int_equal(count, 2 * DEPTH * GEMM_PANEL);
    assert_int_equal(matmul_packed_count(linear.shape), count);

    float *packed = random_floats(count, 1), *other = random_floats(count, 2);
    matmul_pack(pool, &conv, packed);
    for (size_t i = 0; i < count; i++) {
        const size_t output = i / (DEPTH * GEMM_PANEL) * GEMM_PANEL + i % GEMM_PANEL;
        const size_t tap = i / GEMM_PANEL % DEPTH / CHANNELS;
        const size_t channel = i / GEMM_PANEL % CHANNELS;
        const size_t from = output * DEPTH + channel * TAPS + tap;
        const float expected = output < OUTPUTS ? (float)(from % 251) : 0.0F;
        if (packed[i] != expected) fail_msg("packed[%zu] is %g", i, (double)packed[i]);
    }
    matmul_pack(pool, &pointwise, packed);
    matmul_pack(pool, &linear, other);
    assert_memory_equal(packed, other, count * sizeof(float));
    mem_free(other);
    mem_free(packed);
    thread_pool_destroy(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_float64_loops),
        cmocka_unit_test(same_bytes_for_threads_and_isa),
        cmocka_unit_test(packs_panels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
