/* SPDX-License-Identifier: Apache-2.0 */

/*
 * linear, conv2d and attention of a backend that emulates, against the model of docs/numerics.md written down once
 * more with nothing but loops; and the same bytes for any number of threads and any kernels.
 */
#include <math.h>
#include <string.h>

#include "backends/cpu/cpu_backend.h"
#include "backends/cpu/kernels/math_ref.h"
#include "support/graph_run.h"

static const char *const choices[] = {
    "wormhole",
    "wormhole,fidelity=LoFi",
    "wormhole,fidelity=HiFi2",
    "wormhole,fidelity=HiFi3",
    "wormhole,accumulation=bfloat16",
    "wormhole,accumulation=bfloat16,fidelity=HiFi3",
    "wormhole,accumulation=bfloat16,fidelity=HiFi2,weights=bfloat8_b",
    "wormhole,weights=bfloat8_b,activations=bfloat8_b,fidelity=LoFi",
    "wormhole,weights=float32,activations=float32",
    "wormhole,weights=float32,activations=float32,fidelity=HiFi3",
};
enum { CHOICES = sizeof(choices) / sizeof(choices[0]) };

static emulation parsed(const char *text)
{
    emulation made;
    sd14_error error;
    if (emulation_parse(text, &made, &error) != SD14_OK) fail_msg("%s", error.text);
    return made;
}

static backend *create(const emulation *of, int threads, isa_level isa)
{
    const cpu_backend_options options = {.threads = threads, .isa_max = isa, .emulation = of};
    backend *made = NULL;
    sd14_error error;
    if (cpu_backend_create(&options, &made, &error) != SD14_OK) fail_msg("%s", error.text);
    return made;
}

/* ---- the model, naively -------------------------------------------------------------------------- */

/* `bits` of x counted from its exponent, or from a given one; nearest, ties to even. */
static float keep(float x, int bits, int exponent)
{
    return (float)ldexp(nearbyint(ldexp((double)x, bits - exponent)), exponent - bits);
}

static float bfloat16(float x)
{
    int exponent;
    (void)frexpf(x, &exponent);
    return x == 0.0F ? x : keep(x, 8, exponent);
}

/* Cut towards zero, as operands are. */
static float cut(float x, int bits)
{
    int exponent;
    (void)frexpf(x, &exponent);
    return x == 0.0F ? x : (float)ldexp(trunc(ldexp((double)x, bits - exponent)), exponent - bits);
}

/* Element i of n values `stride` apart, stored. */
static float stored(storage_format format, const float *values, size_t i, size_t n, size_t stride)
{
    const float x = values[i * stride];
    if (format == STORAGE_FLOAT32 || x == 0.0F) return x;
    if (format == STORAGE_BFLOAT16) return bfloat16(x);
    int shared = -1000, exponent;
    for (size_t k = i / 16 * 16; k < n && k < i / 16 * 16 + 16; k++) {
        (void)frexpf(values[k * stride], &exponent);
        if (values[k * stride] != 0.0F && exponent > shared) shared = exponent;
    }
    const double unit = ldexp(1.0, shared - 24); /* what lies below is cut off first */
    const float seen = (float)(trunc((double)x / unit) * unit);
    const float largest = (float)ldexp(127.0, shared - 7);
    return fmaxf(-largest, fminf(largest, keep(seen, 7, shared))) + 0.0F; /* never -0 */
}

/* A product's sum, term by term; `left` and `right` are its operands as stored. */
static float
sum_of(const numerics *of, const float *left, const float *right, size_t taps, size_t depth)
{
    const bool wide = of->accumulation == STORAGE_FLOAT32;
    const size_t tile = wide ? 512 : 32, step = wide ? 512 : 16;
    float sum = 0.0F;
    for (size_t first = 0; first < taps * depth; first += tile) {
        /* A tile ends with its tap. */
        const size_t tap_end = (first / depth + 1) * depth;
        const size_t end = first + tile < tap_end ? first + tile : tap_end;
        for (int phase = 0; phase <= (int)of->fidelity; phase++) {
            for (size_t k0 = first; k0 < end; k0 += step) {
                float part = 0.0F;
                float *chain = wide ? &sum : &part;
                for (size_t k = k0; k < end && k < k0 + step; k++) {
                    const float l7 = cut(left[k], 7), l = cut(left[k], 11);
                    const float r5 = cut(right[k], 5), r = cut(right[k], 10);
                    const float l_now = (phase & 2) == 0 ? l7 : l - l7;
                    const float r_now = (phase & 1) == 0 ? r5 : r - r5;
                    /* Wide sums make passes that share a part at once. */
                    if (wide && of->fidelity == FIDELITY_HIFI4 && phase == 0)
                        *chain = fmaf(l, r, *chain);
                    else if (wide &&
                             (of->fidelity == FIDELITY_HIFI2 || of->fidelity == FIDELITY_HIFI3) &&
                             phase == 0)
                        *chain = fmaf(l7, r, *chain);
                    else if (!wide || of->fidelity == FIDELITY_LOFI ||
                             (of->fidelity == FIDELITY_HIFI3 && phase == 2))
                        *chain = fmaf(l_now, r_now, *chain);
                }
                if (!wide) sum = bfloat16(sum + part);
            }
        }
        first = end - tile;
    }
    return sum;
}

/* ---- cases --------------------------------------------------------------------------------------- */

enum { BATCH = 2, SIDE = 5, CHANNELS = 37, OUTPUTS = 45, ROWS = 70 };

/* Rows of `columns`, each stored; the caller's to free. */
static float *stored_rows(storage_format format, const float *from, size_t rows, size_t columns)
{
    float *made = mem_array(rows * columns, sizeof(float));
    assert_non_null(made);
    for (size_t row = 0; row < rows; row++) {
        for (size_t i = 0; i < columns; i++)
            made[row * columns + i] = stored(format, from + row * columns, i, columns, 1);
    }
    return made;
}

/* A weight [outputs, channels, taps]: 16 outputs of a tap and channel share an exponent. */
static float *stored_weight(storage_format format, const float *from, size_t channels, size_t taps)
{
    const size_t depth = channels * taps;
    float *made = mem_array(OUTPUTS * depth, sizeof(float));
    assert_non_null(made);
    for (size_t n = 0; n < OUTPUTS; n++) {
        for (size_t t = 0; t < taps; t++) {
            for (size_t c = 0; c < channels; c++)
                made[n * depth + t * channels + c] =
                    stored(format, from + c * taps + t, n, OUTPUTS, depth);
        }
    }
    return made;
}

static graph *make(void (*describe)(graph_builder *g), const char *component)
{
    graph_builder *g = graph_builder_create(component);
    graph *made = NULL;
    sd14_error error;
    describe(g);
    if (graph_builder_finish(g, &made, &error) != SD14_OK) fail_msg("%s", error.text);
    return made;
}

static void assert_same(const float *found, const float *wanted, size_t count, const char *what)
{
    for (size_t i = 0; i < count; i++) {
        if (memcmp(&found[i], &wanted[i], sizeof(float)) != 0)
            fail_msg("%s: %zu: %.9g, not %.9g", what, i, (double)found[i], (double)wanted[i]);
    }
}

static void describe_linear(graph_builder *g)
{
    const graph_value x = graph_input(g, "x", DTYPE_F32, shape_2(ROWS, CHANNELS));
    graph_output(g, graph_linear(g, "linear", x, OUTPUTS, true));
}

static void describe_conv2d(graph_builder *g)
{
    const graph_value x = graph_input(g, "x", DTYPE_F32, shape_4(BATCH, SIDE, SIDE, CHANNELS));
    graph_output(g, graph_conv2d(g, "conv2d", x, OUTPUTS, 3, 1, 1, 1));
}

/* Both, as a convolution: a linear is one of 1x1 on a picture of one column. */
static float *naive_matmul(const numerics *of,
                           const graph_data *data,
                           size_t batch,
                           size_t height,
                           size_t width,
                           size_t kernel)
{
    const size_t taps = kernel * kernel, depth = taps * CHANNELS;
    float *x = stored_rows(of->activations, data->inputs[0], batch * height * width, CHANNELS);
    float *w = stored_weight(of->weights, data->weights[0].data, CHANNELS, taps);
    const float *bias = data->weights[1].data;
    float *left = mem_array(depth, sizeof(float)), row[OUTPUTS];
    float *y = mem_array(batch * height * width * OUTPUTS, sizeof(float));
    assert_true(left != NULL && y != NULL);
    for (size_t pixel = 0; pixel < batch * height * width; pixel++) {
        const size_t b = pixel / (height * width), line = pixel / width % height;
        for (size_t t = 0; t < taps; t++) {
            const size_t from_y = line + t / kernel - kernel / 2;
            const size_t from_x = pixel % width + t % kernel - kernel / 2;
            const bool inside = from_y < height && from_x < width;
            for (size_t c = 0; c < CHANNELS; c++)
                left[t * CHANNELS + c] =
                    inside ? x[((b * height + from_y) * width + from_x) * CHANNELS + c] : 0.0F;
        }
        for (size_t n = 0; n < OUTPUTS; n++) {
            const float added = of->weights == STORAGE_FLOAT32 ? bias[n] : bfloat16(bias[n]);
            row[n] = sum_of(of, left, w + n * depth, taps, CHANNELS) + added;
        }
        for (size_t n = 0; n < OUTPUTS; n++)
            y[pixel * OUTPUTS + n] = stored(of->activations, row, n, OUTPUTS, 1);
    }
    mem_free(x);
    mem_free(w);
    mem_free(left);
    return y;
}

static void check_matmul(bool linear)
{
    graph *graph = make(linear ? describe_linear : describe_conv2d, "unet");
    for (size_t i = 0; i < CHOICES; i++) {
        const emulation of = parsed(choices[i]);
        graph_data data = graph_data_make(graph, DTYPE_F32, 5, 1); /* loading forgets it */
        float *wanted = linear ? naive_matmul(&of.of[COMPONENT_UNET], &data, 1, ROWS, 1, 1)
                               : naive_matmul(&of.of[COMPONENT_UNET], &data, BATCH, SIDE, SIDE, 3);
        backend *cpu = create(&of, 2, ISA_COUNT - 1);
        float *found = graph_output_of(cpu, graph, &data, false);
        assert_same(found, wanted, shape_count(graph->nodes[graph->outputs[0]].shape), choices[i]);
        mem_free(found);
        mem_free(wanted);
        cpu->vtable->destroy(cpu);
        graph_data_release(graph, &data);
    }
    graph_destroy(graph);
}

static void linear(void **state)
{
    (void)state;
    check_matmul(true);
}

static void conv2d(void **state)
{
    (void)state;
    check_matmul(false);
}

/* ---- attention ----------------------------------------------------------------------------------- */

enum { HEADS = 2, DIM = 20, QUERIES = 67, WIDTH = HEADS * DIM };

static void describe_attention(graph_builder *g)
{
    const shape of = shape_3(BATCH, QUERIES, WIDTH);
    const graph_value q = graph_input(g, "q", DTYPE_F32, of);
    const graph_value k = graph_input(g, "k", DTYPE_F32, of);
    const graph_value v = graph_input(g, "v", DTYPE_F32, of);
    graph_output(g, graph_attention(g, "attention", q, k, v, HEADS, 0.25F, true));
}

/* One query's outputs; every row of q, k and v is as stored. */
static void naive_query(
    const numerics *of, const float *q, const float *k, const float *v, size_t query, float *y)
{
    float p[QUERIES] = {0}, column[QUERIES], max = -INFINITY, sum = 0.0F;
    for (size_t j = 0; j <= query; j++) {
        p[j] = bfloat16(sum_of(of, q, k + j * WIDTH, 1, DIM)) * 0.25F;
        max = fmaxf(max, p[j]);
    }
    for (size_t j = 0; j <= query; j++) {
        p[j] = bfloat16(ref_exp(p[j] - max));
        sum += p[j];
    }
    for (size_t i = 0; i < DIM; i++) {
        for (size_t j = 0; j < QUERIES; j++) column[j] = v[j * WIDTH + i];
        y[i] = sum_of(of, p, column, 1, QUERIES) / sum;
    }
}

static void attention(void **state)
{
    (void)state;
    graph *graph = make(describe_attention, "text_encoder");
    graph_data data = graph_data_make(graph, DTYPE_F32, 11, 1);
    for (size_t i = 0; i < CHOICES; i++) {
        const emulation emulated = parsed(choices[i]);
        const numerics *of = &emulated.of[COMPONENT_TEXT_ENCODER];
        backend *cpu = create(&emulated, 2, ISA_COUNT - 1);
        float *found = graph_output_of(cpu, graph, &data, false);
        float *in[3];
        for (int s = 0; s < 3; s++)
            in[s] = stored_rows(of->activations, data.inputs[s], BATCH * QUERIES, WIDTH);
        float *wanted = mem_array(BATCH * QUERIES * WIDTH, sizeof(float));
        assert_non_null(wanted);
        for (size_t row = 0; row < BATCH * QUERIES; row++) {
            const size_t keys = row / QUERIES * QUERIES * WIDTH;
            float y[WIDTH];
            for (size_t head = 0; head < WIDTH; head += DIM)
                naive_query(of, in[0] + row * WIDTH + head, in[1] + keys + head,
                            in[2] + keys + head, row % QUERIES, y + head);
            for (size_t c = 0; c < WIDTH; c++)
                wanted[row * WIDTH + c] = stored(of->activations, y, c, WIDTH, 1);
        }
        assert_same(found, wanted, BATCH * QUERIES * WIDTH, choices[i]);
        for (int s = 0; s < 3; s++) mem_free(in[s]);
        mem_free(wanted);
        mem_free(found);
        cpu->vtable->destroy(cpu);
    }
    graph_data_release(graph, &data);
    graph_destroy(graph);
}

/* ---- all of a network's ways --------------------------------------------------------------------- */

static void describe_block(graph_builder *g)
{
    const graph_value x = graph_input(g, "x", DTYPE_F32, shape_4(BATCH, 8, 8, 64));
    const graph_value t = graph_input(g, "t", DTYPE_F32, shape_1(BATCH));
    graph_value h = graph_unary(g, "silu", OP_silu, graph_group_norm(g, "norm", x, 32, 1e-5F));
    h = graph_conv2d(g, "conv", h, 64, 3, 1, 1, 1);
    graph_value time = graph_timestep_embedding(g, "time", t, 64, true, 0.0F);
    h = graph_add(g, "add_time", h, graph_linear(g, "time_proj", time, 64, true));
    h = graph_view(g, "tokens", graph_add(g, "sum", x, h), shape_3(BATCH, 64, 64));
    const graph_value n = graph_layer_norm(g, "layer_norm", h, 1e-5F);
    graph_value q = graph_linear(g, "q", n, 64, false), k = graph_linear(g, "k", n, 64, false);
    q = graph_attention(g, "attention", q, k, n, 4, 0.25F, false);
    graph_output(g, graph_add(g, "out", h, graph_linear(g, "ff", q, 64, true)));
}

static void any_threads_and_kernels(void **state)
{
    (void)state;
    graph *graph = make(describe_block, "unet");
    const size_t bytes = shape_count(graph->nodes[graph->outputs[0]].shape) * sizeof(float);
    for (size_t i = 0; i < CHOICES; i++) {
        const emulation of = parsed(choices[i]);
        float *first = NULL;
        for (int isa = ISA_REF; isa < ISA_COUNT; isa++) {
            for (int threads = 1; threads <= 3 && cpu_has((isa_level)isa); threads++) {
                backend *cpu = create(&of, threads, (isa_level)isa);
                graph_data data = graph_data_make(graph, DTYPE_F16, 3, 1);
                float *found = graph_output_of(cpu, graph, &data, threads == 2);
                graph_data_release(graph, &data);
                if (first != NULL && memcmp(first, found, bytes) != 0)
                    fail_msg("%s: other bytes with %d threads and %s", choices[i], threads,
                             isa_name((isa_level)isa));
                if (first == NULL) {
                    first = found;
                } else {
                    mem_free(found);
                }
                cpu->vtable->destroy(cpu);
            }
        }
        mem_free(first);
    }
    graph_destroy(graph);
}

/* ---- what is rounded, and as whose --------------------------------------------------------------- */

static void describe_step(graph_builder *g)
{
    const shape of = shape_4(1, 2, 2, 4);
    const graph_value latent = graph_input(g, "latent", DTYPE_F32, of);
    const graph_value noise = graph_input(g, "noise_pred", DTYPE_F32, of);
    const graph_value k = graph_input(g, "coefficients", DTYPE_F32, shape_1(DDIM_COEFFICIENTS));
    graph_output(g, graph_guided_ddim_step(g, "step", latent, noise, k, GRAPH_NONE, false));
}

static void describe_time(graph_builder *g)
{
    const graph_value t = graph_input(g, "t", DTYPE_F32, shape_1(1));
    graph_output(g, graph_timestep_embedding(g, "time", t, 32, true, 0.0F));
}

static float *run_on(const graph *of, const graph_data *data, const char *text)
{
    const emulation emulated = parsed(text == NULL ? "wormhole" : text);
    backend *cpu = create(text == NULL ? NULL : &emulated, 1, ISA_REF);
    float *made = graph_output_of(cpu, of, data, false);
    cpu->vtable->destroy(cpu);
    return made;
}

/* Coefficients and timesteps keep their bits; what is stored does not. */
static void numbers_are_not_rounded(void **state)
{
    (void)state;
    graph *time = make(describe_time, "unet");
    graph_data data = graph_data_make(time, DTYPE_F32, 3, 1);
    *(float *)data.inputs[0] = 951.0F; /* 952 as a bfloat16 */
    float *plain = run_on(time, &data, NULL), *found = run_on(time, &data, "wormhole");
    for (size_t i = 0; i < 32; i++) plain[i] = bfloat16(plain[i]);
    assert_same(found, plain, 32, "timestep");
    mem_free(plain);
    mem_free(found);
    graph_data_release(time, &data);
    graph_destroy(time);

    graph *step = make(describe_step, "scheduler");
    data = graph_data_make(step, DTYPE_F32, 9, 1);
    plain = run_on(step, &data, NULL);
    found =
        run_on(step, &data, "wormhole,scheduler.activations=float32,unet.activations=bfloat8_b");
    assert_same(found, plain, 16, "a scheduler in float32");
    mem_free(found);
    mem_free(plain);
    for (int i = 0; i < 2; i++) {
        float *values = data.inputs[i];
        for (size_t k = 0; k < 16; k++) values[k] = bfloat16(values[k]);
    }
    plain = run_on(step, &data, NULL);
    for (size_t i = 0; i < 16; i++) plain[i] = bfloat16(plain[i]);
    found = run_on(step, &data, "wormhole");
    assert_same(found, plain, 16, "a scheduler in bfloat16");
    mem_free(found);
    mem_free(plain);
    graph_data_release(step, &data);
    graph_destroy(step);
}

static void describe_embedding(graph_builder *g)
{
    const graph_value ids = graph_input(g, "ids", DTYPE_I32, shape_2(1, 9));
    graph_output(g, graph_embedding(g, "embedding", ids, 7, 32));
}

static void tables_are_weights(void **state)
{
    (void)state;
    graph *graph = make(describe_embedding, "text_encoder");
    graph_data data = graph_data_make(graph, DTYPE_F32, 3, 7);
    float *wanted = run_on(graph, &data, NULL);
    float *found = run_on(graph, &data, "wormhole,activations=float32,weights=float32");
    assert_same(found, wanted, 9 * 32, "a float32 table");
    mem_free(found);
    for (size_t i = 0; i < 9 * 32; i++) wanted[i] = bfloat16(wanted[i]);
    found = run_on(graph, &data, "wormhole,activations=float32,weights=bfloat8_b");
    assert_same(found, wanted, 9 * 32, "a bfloat16 table");
    mem_free(found);
    mem_free(wanted);
    graph_data_release(graph, &data);
    graph_destroy(graph);
}

/* What a plan says is what is taken. */
static void planned(void **state)
{
    (void)state;
    graph *graph = make(describe_block, "unet");
    for (size_t i = 0; i < CHOICES; i++) {
        const emulation of = parsed(choices[i]);
        graph_data data = graph_data_make(graph, DTYPE_F32, 3, 1);
        backend *cpu = create(&of, 2, ISA_COUNT - 1);
        const backend_compile_options options = {.keep_nodes = false};
        backend_plan plan;
        backend_weights *weights = NULL;
        backend_program *program = NULL;
        sd14_error error;
        assert_int_equal(cpu->vtable->plan(cpu, graph, data.weights, &options, &plan, &error),
                         SD14_OK);
        assert_int_equal(
            cpu->vtable->load_weights(cpu, graph, data.weights, NULL, &weights, &error), SD14_OK);
        assert_int_equal(cpu->vtable->compile(cpu, graph, weights, &options, &program, &error),
                         SD14_OK);
        assert_int_equal(plan.weights, cpu->vtable->weights_bytes(weights));
        const backend_memory memory = cpu->vtable->program_memory(program);
        assert_int_equal(plan.program.activations, memory.activations);
        assert_int_equal(plan.program.scratch, memory.scratch);
        cpu->vtable->program_destroy(program);
        cpu->vtable->weights_destroy(weights);
        cpu->vtable->destroy(cpu);
        graph_data_release(graph, &data);
    }
    graph_destroy(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear),
        cmocka_unit_test(conv2d),
        cmocka_unit_test(attention),
        cmocka_unit_test(any_threads_and_kernels),
        cmocka_unit_test(numbers_are_not_rounded),
        cmocka_unit_test(tables_are_weights),
        cmocka_unit_test(planned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
