/* SPDX-License-Identifier: Apache-2.0 */

/* linear and conv2d of 16-bit integers: near the float32 product, which tests/unit/matmul.c proves, and the same
 * bytes from every number of threads and every instruction set, packing included. */
#include "backends/cpu/matmul_i16.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "support/cmocka.h"
#include "tensor/distance.h"

/* Integers of about 12 bits on either side, and a sum that does not cancel: 1.6e-4 to be expected. */
static const double limit = 4e-4;

/* batch, height, width, channels, kernel, stride, pad before, pad after, outputs */
static const matmul_shape shapes[] = {
    {1, 1, 1, 1, 1, 1, 0, 0, 1, false},       {1, 1, 2, 71, 1, 1, 0, 0, 100, false},
    {1, 1, 150, 320, 1, 1, 0, 0, 33, false},  {1, 1, 7, 1300, 1, 1, 0, 0, 40, false},
    {1, 1, 25, 2560, 1, 1, 0, 0, 450, false}, {2, 8, 10, 12, 3, 2, 1, 1, 17, false},
    {2, 8, 9, 13, 3, 2, 0, 1, 17, false},     {1, 6, 5, 970, 3, 2, 1, 1, 8, false},
    {1, 13, 12, 3, 5, 3, 2, 1, 10, false},    {2, 5, 6, 200, 3, 2, 1, 1, 35, false},
};
enum { SHAPES = sizeof shapes / sizeof *shapes, GUARD = 5 };

typedef struct matmul_data {
    tensor weight;
    float *input, *bias, *residual, *output;
    size_t stride, count;
} matmul_data;

static float *random_floats(size_t count, uint32_t state)
{
    float *x = mem_aligned_array(count, sizeof(float));
    assert_non_null(x);
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525U + 1013904223U;
        x[i] = (float)(int32_t)state * 0x1p-31F;
    }
    return x;
}

static matmul_data make_data(const matmul_shape *s)
{
    matmul_data d = {.stride = s->outputs + GUARD};
    d.count = matmul_output_rows(s) * d.stride;
    d.input = random_floats(s->batch * s->height * s->width * s->channels, 1);
    d.bias = random_floats(s->outputs, 3);
    d.residual = random_floats(d.count, 4);
    d.output = random_floats(d.count, 5);
    const shape of = s->kernel == 1 ? shape_2(s->outputs, s->channels)
                                    : shape_4(s->outputs, s->channels, s->kernel, s->kernel);
    d.weight = (tensor){DTYPE_F32, of, random_floats(shape_count(of), 2)};
    return d;
}

static void free_data(matmul_data *d)
{
    mem_free((void *)(uintptr_t)d->weight.data);
    mem_free(d->input);
    mem_free(d->bias);
    mem_free(d->residual);
    mem_free(d->output);
}

static void *need(size_t bytes)
{
    void *block = mem_aligned_array(bytes, 1);
    assert_non_null(block);
    return block;
}

/* Packs and runs: output in full, guards untouched. */
static void
run(const matmul_shape *s, const matmul_data *d, int threads, isa_level isa, bool integers)
{
    thread_pool *pool = NULL;
    sd14_error error;
    assert_int_equal(thread_pool_create(threads, &pool, &error), SD14_OK);
    const cpu_kernels kernels = cpu_kernels_select(isa);
    const shape of = d->weight.shape;
    void *packed =
        need(integers ? matmul_i16_packed_bytes(of) : matmul_packed_count(of) * sizeof(float));
    const size_t stride = integers ? matmul_i16_scratch_bytes(s) : matmul_scratch_bytes(s);
    void *packing = need((size_t)threads * matmul_i16_pack_scratch_bytes(of));
    matmul_args args = {.shape = *s,
                        .input = d->input,
                        .packed = packed,
                        .bias = d->bias,
                        .residual = d->residual,
                        .output = d->output,
                        .output_stride = d->stride,
                        .scratch = need((size_t)threads * stride),
                        .scratch_stride = stride,
                        .shared = need(matmul_i16_shared_bytes(s))};
    if (integers) {
        matmul_i16_pack(pool, &kernels, &d->weight, packed, packing);
        matmul_i16_run(pool, &kernels, &args);
    } else {
        matmul_pack(pool, &d->weight, packed);
        matmul_run(pool, &kernels, &args);
    }
    mem_free(args.scratch);
    mem_free(args.shared);
    mem_free(packing);
    mem_free(packed);
    thread_pool_destroy(pool);
}

static void is_near_float32(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHAPES; i++) {
        matmul_data d = make_data(&shapes[i]);
        run(&shapes[i], &d, 2, cpu_newest(), false);
        float *expected = d.output;
        d.output = random_floats(d.count, 5);
        run(&shapes[i], &d, 2, cpu_newest(), true);
        const double apart = tensor_measure(d.output, expected, d.count).relative_l2;
        if (!(apart <= limit)) fail_msg("case %zu: relative L2 %.3g", i, apart);
        mem_free(expected);
        free_data(&d);
    }
}

static void same_bytes_for_threads_and_isa(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHAPES; i++) {
        matmul_data d = make_data(&shapes[i]);
        run(&shapes[i], &d, 1, ISA_REF, true);
        float *expected = d.output;
        for (isa_level isa = ISA_AVX2; isa < ISA_COUNT; isa++) {
            for (int threads = 1; threads <= 5 && cpu_has(isa); threads += 2) {
                d.output = random_floats(d.count, 5);
                run(&shapes[i], &d, threads, isa, true);
                if (memcmp(d.output, expected, d.count * sizeof(float)) != 0)
                    fail_msg("case %zu: other bytes with %d threads, %s", i, threads,
                             isa_name(isa));
                mem_free(d.output);
            }
        }
        d.output = expected;
        free_data(&d);
    }
}

/* A value that is not finite makes its own row NaN, and no other. */
static void infinity_stays_in_its_row(void **state)
{
    (void)state;
    const matmul_shape *s = &shapes[2];
    matmul_data d = make_data(s);
    d.input[3 * s->channels + 7] = INFINITY;
    run(s, &d, 2, cpu_newest(), true);
    for (size_t r = 0; r < matmul_output_rows(s); r++)
        assert_int_equal(isnan(d.output[r * d.stride]), r == 3);
    free_data(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_near_float32),
        cmocka_unit_test(same_bytes_for_threads_and_isa),
        cmocka_unit_test(infinity_stays_in_its_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
