/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Times of the matrix products of Stable Diffusion 1.4 at 512x512, guided (batch 2):
 *
 *     bench_kernels [threads [isa [part of a name]]]
 *
 * One line per case: best time, rate, and its part of the processor's peak, measured alongside. A 3x3 convolution that
 * suits Winograd has a second line: the rate a direct one would need to take that time; one behind an upsampling a third,
 * which reads the small picture. "i16" are products of 16-bit
 * integers, rounding the input included, beside the peak of those.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/cpu/attention_i16.h"
#include "backends/cpu/conv_winograd.h"
#include "backends/cpu/matmul_i16.h"
#include "backends/cpu/peak.h"
#include "base/clock.h"
#include "base/memory.h"

#define CONV3(batch_, size_, channels_, outputs_)                                                  \
    {                                                                                              \
        .batch = batch_, .height = size_, .width = size_, .channels = channels_, .kernel = 3,      \
        .stride = 1, .pad_before = 1, .pad_after = 1, .outputs = outputs_                          \
    }
#define CONV3_DOWN(batch_, size_, channels_, outputs_)                                             \
    {                                                                                              \
        .batch = batch_, .height = size_, .width = size_, .channels = channels_, .kernel = 3,      \
        .stride = 2, .pad_before = 1, .pad_after = 1, .outputs = outputs_                          \
    }
#define LINEAR(rows, channels_, outputs_)                                                          \
    {                                                                                              \
        .batch = 1, .height = 1, .width = rows, .channels = channels_, .kernel = 1, .stride = 1,   \
        .outputs = outputs_                                                                        \
    }

typedef struct matmul_case {
    const char *name;
    matmul_shape shape;
    bool behind_upsampling;
} matmul_case;

static const matmul_case matmul_cases[] = {
    {"unet conv_in 64", CONV3(2, 64, 4, 320), false},
    {"unet conv 64 320", CONV3(2, 64, 320, 320), false},
    {"unet conv 64 960-320", CONV3(2, 64, 960, 320), false},
    {"unet conv 32 640", CONV3(2, 32, 640, 640), false},
    {"unet conv 16 1280", CONV3(2, 16, 1280, 1280), false},
    {"unet conv 16 2560-1280", CONV3(2, 16, 2560, 1280), false},
    {"unet conv 8 1280", CONV3(2, 8, 1280, 1280), false},
    {"unet upsample 16 1280", CONV3(2, 16, 1280, 1280), true},
    {"unet upsample 32 1280", CONV3(2, 32, 1280, 1280), true},
    {"unet upsample 64 640", CONV3(2, 64, 640, 640), true},
    {"unet conv_out 64", CONV3(2, 64, 320, 4), false},
    {"unet down 64 320", CONV3_DOWN(2, 64, 320, 320), false},
    {"unet skip 64 640-320", LINEAR(8192, 640, 320), false},
    {"unet linear 64 320", LINEAR(8192, 320, 320), false},
    {"unet geglu 64", LINEAR(8192, 320, 2560), false},
    {"unet ff_out 64", LINEAR(8192, 1280, 320), false},
    {"unet linear 32 640", LINEAR(2048, 640, 640), false},
    {"unet geglu 32", LINEAR(2048, 640, 5120), false},
    {"unet ff_out 32", LINEAR(2048, 2560, 640), false},
    {"unet linear 16 1280", LINEAR(512, 1280, 1280), false},
    {"unet geglu 16", LINEAR(512, 1280, 10240), false},
    {"unet ff_out 16", LINEAR(512, 5120, 1280), false},
    {"unet text k/v 320", LINEAR(154, 768, 320), false},
    {"unet time 1280", LINEAR(2, 1280, 1280), false},
    {"clip fc1", LINEAR(154, 768, 3072), false},
    {"vae conv 64 512", CONV3(1, 64, 512, 512), false},
    {"vae conv 128 512", CONV3(1, 128, 512, 512), false},
    {"vae conv 256 256", CONV3(1, 256, 256, 256), false},
    {"vae conv 512 256-128", CONV3(1, 512, 256, 128), false},
    {"vae conv 512 128", CONV3(1, 512, 128, 128), false},
    {"vae upsample 128 512", CONV3(1, 128, 512, 512), true},
    {"vae upsample 256 512", CONV3(1, 256, 512, 512), true},
    {"vae upsample 512 256", CONV3(1, 512, 256, 256), true},
    {"vae conv_out 512", CONV3(1, 512, 128, 3), false},
};

typedef struct attention_case {
    const char *name;
    size_t batch, heads, head_dim, queries, keys;
    bool causal;
} attention_case;

static const attention_case attention_cases[] = {
    {"unet attention 64", 2, 8, 40, 4096, 4096, false},
    {"unet attention 32", 2, 8, 80, 1024, 1024, false},
    {"unet attention 16", 2, 8, 160, 256, 256, false},
    {"unet cross attention 64", 2, 8, 40, 4096, 77, false},
    {"clip attention", 2, 12, 64, 77, 77, true},
    {"vae attention", 1, 1, 512, 4096, 4096, false},
};

typedef struct bench {
    thread_pool *pool;
    cpu_kernels kernels;
    double peak, peak_i16;
    const char *filter;
    void *scratch;
    size_t scratch_stride;
} bench;

static const double budget_ns = 4e8; /* per case, at least two runs */

static void *need(size_t count, size_t bytes)
{
    void *block = mem_aligned_array(count, bytes);
    if (block != NULL) return block;
    (void)fputs("bench_kernels: not enough memory\n", stderr);
    exit(4);
}

/* Floats between -1 and 1. */
static float *random_floats(size_t count)
{
    float *x = need(count, sizeof(float));
    uint32_t state = 1;
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525U + 1013904223U;
        x[i] = (float)(int32_t)state * 0x1p-31F;
    }
    return x;
}

typedef void run_fn(const bench *b, const void *args);

static void
measure(const bench *b, double peak, const char *name, double flops, run_fn *run, const void *args)
{
    double best = 1e300, total = 0;
    for (int runs = 0; runs < 2 || total < budget_ns; runs++) {
        const int64_t start = clock_ns();
        run(b, args);
        const double elapsed = (double)(clock_ns() - start);
        if (elapsed < best) best = elapsed;
        total += elapsed;
    }
    (void)printf("%-24s %10.3f ms %8.1f GFLOP/s", name, best * 1e-6, flops / best);
    if (peak > 0) (void)printf(" %6.1f %%", 100 * flops / best / peak);
    (void)putchar('\n');
    (void)fflush(stdout);
}

static void run_matmul(const bench *b, const void *args)
{
    matmul_run(b->pool, &b->kernels, args);
}

static void run_winograd(const bench *b, const void *args)
{
    conv_winograd_run(b->pool, &b->kernels, args, false);
}

static void run_winograd_i16(const bench *b, const void *args)
{
    conv_winograd_run(b->pool, &b->kernels, args, true);
}

/* The direct one's arguments, but for the weights, whose values do not matter, and of the input a part. */
static void bench_winograd(
    const bench *b, double flops, const matmul_args *direct, bool upsampled, bool integers)
{
    const matmul_shape *s = &direct->shape;
    const shape weight = shape_4(s->outputs, s->channels, 3, 3);
    const bool kept = conv_winograd_keeps(weight, integers);
    if (integers && !kept) return;
    const size_t floats = integers ? conv_winograd_i16_bytes(weight, upsampled) / sizeof(float)
                                   : conv_winograd_count(weight, upsampled);
    float *u = random_floats(kept ? floats : 0);
    matmul_args args = *direct;
    args.shape.upsampled = upsampled;
    if (upsampled) {
        args.shape.height /= 2;
        args.shape.width /= 2;
    }
    args.shared = need(conv_winograd_shared_bytes(&args.shape, integers), 1);
    if (kept) args.packed = u;
    char name[48];
    (void)snprintf(name, sizeof(name), "  %s%s%s", integers ? "i16 " : "",
                   upsampled ? "upsampled" : "winograd", kept ? "" : ", U not kept");
    measure(b, integers ? b->peak_i16 : b->peak, name, flops,
            integers ? run_winograd_i16 : run_winograd, &args);
    mem_free(args.shared);
    mem_free(u);
}

static void run_matmul_i16(const bench *b, const void *args)
{
    matmul_i16_run(b->pool, &b->kernels, args);
}

static void run_attention(const bench *b, const void *args)
{
    attention_run(b->pool, &b->kernels, args);
}

static void run_attention_i16(const bench *b, const void *args)
{
    attention_i16_run(b->pool, &b->kernels, args);
}

static void bench_matmul(const bench *b, const matmul_case *c)
{
    const matmul_shape *s = &c->shape;
    const size_t rows = matmul_output_rows(s);
    const size_t depth = s->kernel * s->kernel * s->channels;
    const shape weight_shape = {2, {s->outputs, depth}};
    float *input = random_floats(s->batch * s->height * s->width * s->channels);
    float *packed = random_floats(matmul_packed_count(weight_shape));
    float *bias = random_floats(s->outputs);
    float *output = random_floats(rows * s->outputs);

    const matmul_args args = {.shape = *s,
                              .input = input,
                              .packed = packed,
                              .bias = bias,
                              .output = output,
                              .output_stride = s->outputs,
                              .scratch = b->scratch,
                              .scratch_stride = b->scratch_stride};
    const double flops = 2.0 * (double)rows * (double)depth * (double)s->outputs;
    measure(b, b->peak, c->name, flops, run_matmul, &args);
    for (int integers = 0; integers <= 1; integers++) {
        if (conv_winograd_suits(s)) bench_winograd(b, flops, &args, false, integers);
        if (c->behind_upsampling) bench_winograd(b, flops, &args, true, integers);
    }
    mem_free(output);
    mem_free(bias);
    mem_free(packed);
    mem_free(input);
}

static void bench_matmul_i16(const bench *b, const matmul_case *c)
{
    const matmul_shape *s = &c->shape;
    const size_t rows = matmul_output_rows(s);
    const size_t depth = s->kernel * s->kernel * s->channels;
    char name[64];
    (void)snprintf(name, sizeof name, "i16 %s", c->name);
    const tensor weight = {DTYPE_F32, {2, {s->outputs, depth}}, random_floats(s->outputs * depth)};
    void *packed = need(matmul_i16_packed_bytes(weight.shape), 1);
    void *packing =
        need((size_t)thread_pool_threads(b->pool), matmul_i16_pack_scratch_bytes(weight.shape));
    matmul_i16_pack(b->pool, &b->kernels, &weight, packed, packing);
    float *input = random_floats(s->batch * s->height * s->width * s->channels);
    float *bias = random_floats(s->outputs);
    float *output = random_floats(rows * s->outputs);
    void *shared = need(matmul_i16_shared_bytes(s), 1);

    const matmul_args args = {.shape = *s,
                              .input = input,
                              .packed = packed,
                              .bias = bias,
                              .output = output,
                              .output_stride = s->outputs,
                              .scratch = b->scratch,
                              .scratch_stride = b->scratch_stride,
                              .shared = shared};
    measure(b, b->peak_i16, name, 2.0 * (double)rows * (double)depth * (double)s->outputs,
            run_matmul_i16, &args);
    mem_free(shared);
    mem_free(output);
    mem_free(bias);
    mem_free(input);
    mem_free(packing);
    mem_free(packed);
    mem_free((void *)(uintptr_t)weight.data);
}

static void bench_attention(const bench *b, const attention_case *c)
{
    const size_t channels = c->heads * c->head_dim;
    float *q = random_floats(c->batch * c->queries * channels);
    float *k = random_floats(c->batch * c->keys * channels);
    float *v = random_floats(c->batch * c->keys * channels);
    float *output = random_floats(c->batch * c->queries * channels);

    attention_args args = {.batch = c->batch,
                           .heads = c->heads,
                           .head_dim = c->head_dim,
                           .queries = c->queries,
                           .keys = c->keys,
                           .scale = 1 / sqrtf((float)c->head_dim),
                           .causal = c->causal,
                           .q = q,
                           .k = k,
                           .v = v,
                           .output = output,
                           .q_stride = channels,
                           .k_stride = channels,
                           .v_stride = channels,
                           .output_stride = channels,
                           .scratch = b->scratch,
                           .scratch_stride = b->scratch_stride};
    const double products = 4.0 * (double)(c->batch * channels) * (double)(c->queries * c->keys);
    measure(b, b->peak, c->name, products, run_attention, &args);
    if (attention_i16_suits(&args)) {
        char name[64];
        (void)snprintf(name, sizeof name, "i16 %s", c->name);
        args.shared = need(attention_i16_shared_bytes(&args), 1);
        measure(b, b->peak_i16, name, products, run_attention_i16, &args);
        mem_free(args.shared);
    }
    mem_free(output);
    mem_free(v);
    mem_free(k);
    mem_free(q);
}

static bool wanted(const bench *b, const char *name)
{
    return b->filter == NULL || strstr(name, b->filter) != NULL;
}

int main(int argc, char **argv)
{
    const int threads = argc > 1 ? (int)strtol(argv[1], NULL, 10) : cpu_usable_cores();
    const isa_level isa = argc > 2 ? isa_parse(argv[2]) : cpu_newest();
    bench b = {.filter = argc > 3 ? argv[3] : NULL, .scratch_stride = (size_t)4 << 20};
    sd14_error error;
    if (isa == ISA_COUNT || thread_pool_create(threads, &b.pool, &error) != SD14_OK) {
        (void)fputs(
            "usage: bench_kernels [threads [ref|avx2|avx_vnni|avx512|avx512_vnni [part]]]\n",
            stderr);
        return 2;
    }
    b.kernels = cpu_kernels_select(isa);
    b.peak = peak_flops_per_ns(b.pool, isa);
    b.peak_i16 = peak_i16_ops_per_ns(b.pool, isa);
    b.scratch = need((size_t)threads, b.scratch_stride);
    (void)printf("%s, %d threads, peak %.1f GFLOP/s, of 16-bit integers %.1f\n", isa_name(isa),
                 threads, b.peak, b.peak_i16);

    for (size_t i = 0; i < sizeof matmul_cases / sizeof *matmul_cases; i++) {
        if (wanted(&b, matmul_cases[i].name)) bench_matmul(&b, &matmul_cases[i]);
    }
    for (size_t i = 0; i < sizeof matmul_cases / sizeof *matmul_cases; i++) {
        const matmul_case *c = &matmul_cases[i];
        const bool conv3 = c->shape.kernel == 3 && c->shape.stride == 1; /* never of integers */
        if (!conv3 && wanted(&b, c->name)) bench_matmul_i16(&b, c);
    }
    for (size_t i = 0; i < sizeof attention_cases / sizeof *attention_cases; i++) {
        if (wanted(&b, attention_cases[i].name)) bench_attention(&b, &attention_cases[i]);
    }
    mem_free(b.scratch);
    thread_pool_destroy(b.pool);
    return 0;
}
