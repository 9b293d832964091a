/* SPDX-License-Identifier: Apache-2.0 */

/* linear, conv2d and attention of a backend that emulates, bit for bit against the naive model. */
#include "backends/cpu/kernels/math_ref.h"
#include "support/emulated_reference.h"

enum { BATCH = 2, SIDE = 5, CHANNELS = 37, OUTPUTS = 45, ROWS = 70 };

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear),
        cmocka_unit_test(conv2d),
        cmocka_unit_test(attention),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
