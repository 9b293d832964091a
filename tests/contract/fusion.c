/* SPDX-License-Identifier: Apache-2.0 */

/* What a backend fuses is its own business as long as nobody can tell: graphs full of neighbours that invite
 * fusion, run with every node kept and without, must give the same bytes. */
#include <string.h>

#include "backends/cpu/cpu_backend.h"
#include "support/graph_run.h"

typedef void describe(graph_builder *g, graph_value x);

/* What may be made of group_norm and silu. x is [2, 6, 6, 8] in all of these. */
static void norm_silu(graph_builder *g, graph_value x)
{
    const graph_value h = graph_group_norm(g, "norm", x, 4, 1e-5F);
    graph_output(g, graph_unary(g, "silu", OP_silu, h));
}

static void norm_view_silu(graph_builder *g, graph_value x)
{
    graph_value h = graph_group_norm(g, "norm", x, 4, 1e-5F);
    h = graph_view(g, "tokens", h, shape_3(2, 36, 8));
    h = graph_unary(g, "silu", OP_silu, h);
    graph_output(g, graph_view(g, "image", h, shape_4(2, 6, 6, 8)));
}

/* The norm's own value is wanted as well: nothing may be fused. */
static void norm_silu_and_norm(graph_builder *g, graph_value x)
{
    const graph_value h = graph_group_norm(g, "norm", x, 4, 1e-5F);
    graph_output(g, graph_add(g, "sum", graph_unary(g, "silu", OP_silu, h), h));
}

static void norm_is_an_output(graph_builder *g, graph_value x)
{
    const graph_value h = graph_group_norm(g, "norm", x, 4, 1e-5F);
    graph_output(g, graph_unary(g, "silu", OP_silu, h));
    graph_output(g, h);
}

static void silu_twice(graph_builder *g, graph_value x)
{
    graph_value h = graph_group_norm(g, "norm", x, 4, 1e-5F);
    h = graph_unary(g, "once", OP_silu, h);
    graph_output(g, graph_unary(g, "twice", OP_silu, h));
}

/* A resnet: norm, silu and convolution twice, the sum with what came in. */
static void resnet(graph_builder *g, graph_value x)
{
    graph_value h = x;
    for (int i = 0; i < 2; i++) {
        h = graph_group_norm(g, "norm", h, 4, 1e-5F);
        h = graph_unary(g, "silu", OP_silu, h);
        h = graph_conv2d(g, "conv", h, 8, 3, 1, 1, 1);
    }
    graph_output(g, graph_add(g, "sum", x, h));
}

/* What came in is made here and read last by the sum: it must outlive all between. */
static void inner_resnet(graph_builder *g, graph_value x)
{
    const graph_value made = graph_unary(g, "made", OP_gelu, x);
    graph_value h = made;
    for (int i = 0; i < 3; i++) {
        h = graph_layer_norm(g, "norm", h, 1e-5F);
        h = graph_linear(g, "linear", h, 8, true);
    }
    graph_output(g, graph_add(g, "sum", made, h));
}

static void conv_plus_x(graph_builder *g, graph_value x)
{
    const graph_value h = graph_conv2d(g, "conv", x, 8, 3, 1, 1, 1);
    graph_output(g, graph_add(g, "sum", h, x));
}

static void linear_plus_x(graph_builder *g, graph_value x)
{
    const graph_value h = graph_linear(g, "linear", x, 8, true);
    graph_output(g, graph_add(g, "sum", h, x));
}

static void x_plus_linear(graph_builder *g, graph_value x)
{
    const graph_value h = graph_linear(g, "linear", x, 8, false);
    graph_output(g, graph_add(g, "sum", x, h));
}

/* Views on both sides, and one after the sum. */
static void viewed_sum(graph_builder *g, graph_value x)
{
    const shape tokens = shape_3(2, 36, 8);
    graph_value h = graph_conv2d(g, "conv", x, 8, 1, 1, 0, 0);
    h = graph_view(g, "conv.tokens", h, tokens);
    h = graph_view(g, "conv.again", h, tokens);
    h = graph_add(g, "sum", graph_view(g, "x.tokens", x, tokens), h);
    h = graph_linear(g, "linear", graph_view(g, "rows", h, shape_2(72, 8)), 8, true);
    graph_output(g, graph_view(g, "image", h, shape_4(2, 6, 6, 8)));
}

static void sum_of_products(graph_builder *g, graph_value x)
{
    const graph_value a = graph_conv2d(g, "a", x, 8, 3, 1, 1, 1);
    const graph_value b = graph_linear(g, "b", x, 8, true);
    const graph_value c = graph_linear(g, "c", x, 8, false);
    graph_output(g, graph_add(g, "sum", graph_add(g, "b + a", b, a), c));
}

/* The other summand is made after the product: it is not there yet when the product ends. */
static void late_summand(graph_builder *g, graph_value x)
{
    const graph_value a = graph_linear(g, "a", x, 8, true);
    const graph_value late = graph_unary(g, "late", OP_gelu, x);
    const graph_value sum = graph_add(g, "sum", a, late);
    const graph_value more = graph_linear(g, "more", late, 8, true);
    graph_output(g, graph_add(g, "last", graph_add(g, "second", more, sum), a));
}

/* One product as both summands. */
static void doubled(graph_builder *g, graph_value x)
{
    const graph_value h = graph_linear(g, "linear", x, 8, true);
    graph_output(g, graph_add(g, "sum", h, h));
}

/* A product, and a view of it, summed. */
static void sum_with_own_view(graph_builder *g, graph_value x)
{
    const graph_value h = graph_linear(g, "linear", x, 8, true);
    const graph_value same = graph_view(g, "view", h, shape_4(2, 6, 6, 8));
    graph_output(g, graph_add(g, "sum", same, h));
}

/* Not residuals: one row per item, one item for the batch. */
static void broadcast_sums(graph_builder *g, graph_value x)
{
    const graph_value t = graph_input(g, "t", DTYPE_F32, shape_2(2, 5));
    const graph_value one = graph_input(g, "one", DTYPE_F32, shape_4(1, 6, 6, 8));
    graph_value h = graph_conv2d(g, "conv", x, 8, 3, 1, 1, 1);
    h = graph_add(g, "time", h, graph_linear(g, "time_emb_proj", t, 8, true));
    h = graph_linear(g, "linear", h, 8, true);
    graph_output(g, graph_add(g, "positions", h, one));
}

/* The summand is an input, an output, and made again: its memory must last. */
static void long_lived(graph_builder *g, graph_value x)
{
    const graph_value kept = graph_unary(g, "kept", OP_silu, x);
    graph_value h = kept;
    for (int i = 0; i < 6; i++) {
        h = graph_group_norm(g, "norm", h, 2, 1e-5F);
        h = graph_unary(g, "silu", OP_silu, h);
        h = graph_add(g, "sum", h, graph_conv2d(g, "conv", h, 8, 3, 1, 1, 1));
        h = graph_add(g, "again", graph_linear(g, "linear", h, 8, true), kept);
    }
    graph_output(g, h);
    graph_output(g, kept);
}

/* Channels enough for Winograd, which then does the upsampling too. */
static graph_value wide(graph_builder *g, graph_value x)
{
    return graph_conv2d(g, "wide", x, 40, 1, 1, 0, 0);
}

static void upsampled_conv(graph_builder *g, graph_value x)
{
    graph_value h = graph_unary(g, "large", OP_upsample_nearest_2x, wide(g, x));
    h = graph_conv2d(g, "conv", h, 33, 3, 1, 1, 1);
    graph_output(g, graph_conv2d(g, "back", h, 8, 3, 2, 1, 1));
}

/* The large picture is wanted as well: by another operator, by a second convolution. */
static void upsampled_twice(graph_builder *g, graph_value x)
{
    const graph_value large = graph_unary(g, "large", OP_upsample_nearest_2x, wide(g, x));
    const graph_value a = graph_conv2d(g, "a", large, 32, 3, 1, 1, 1);
    const graph_value b = graph_conv2d(g, "b", large, 32, 1, 1, 0, 0);
    graph_output(g, graph_conv2d(g, "back", graph_add(g, "sum", a, b), 8, 3, 2, 1, 1));
    const graph_value c = graph_conv2d(g, "c", large, 32, 3, 1, 1, 1);
    graph_output(g, graph_conv2d(g, "c.back", c, 8, 3, 2, 1, 1));
}

/* What products of integers read, and nobody else, is made of integers. */
static void norm_to_products(graph_builder *g, graph_value x)
{
    const graph_value h = graph_layer_norm(g, "norm", x, 1e-5F);
    const graph_value q = graph_linear(g, "q", h, 8, true);
    const graph_value k = graph_linear(g, "k", graph_view(g, "rows", h, shape_2(72, 8)), 8, true);
    graph_output(g, graph_add(g, "sum", q, graph_view(g, "image", k, shape_4(2, 6, 6, 8))));
}

static void norm_silu_to_conv(graph_builder *g, graph_value x)
{
    graph_value h = graph_group_norm(g, "norm", x, 4, 1e-5F);
    h = graph_unary(g, "silu", OP_silu, h);
    graph_output(g, graph_conv2d(g, "conv", h, 8, 1, 1, 0, 0));
}

/* Of an odd number of channels, so that a row ends in a zero; by stride 2. */
static void geglu_to_products(graph_builder *g, graph_value x)
{
    graph_value h = graph_linear(g, "proj", x, 14, true);
    h = graph_unary(g, "geglu", OP_geglu, h);
    graph_output(g, graph_linear(g, "out", h, 8, true));
    graph_output(g, graph_conv2d(g, "down", h, 8, 3, 2, 1, 1));
}

/* Not of integers: read by a sum too, by a convolution of floats, as rows of other lengths, or an output. */
static void norm_to_others_too(graph_builder *g, graph_value x)
{
    graph_value h = graph_layer_norm(g, "norm", x, 1e-5F);
    h = graph_add(g, "sum", graph_linear(g, "linear", h, 8, true), h);
    h = graph_group_norm(g, "group_norm", h, 4, 1e-5F);
    h = graph_add(g, "convs", graph_conv2d(g, "conv1", h, 8, 1, 1, 0, 0),
                  graph_conv2d(g, "conv3", h, 8, 3, 1, 1, 1));
    h = graph_layer_norm(g, "long", h, 1e-5F);
    h = graph_linear(g, "pairs", graph_view(g, "rows", h, shape_2(36, 16)), 16, true);
    h = graph_layer_norm(g, "last", graph_view(g, "image", h, shape_4(2, 6, 6, 8)), 1e-5F);
    graph_output(g, graph_linear(g, "of last", h, 8, true));
    graph_output(g, h);
}

/* The output is a view of an input, and an input. */
static void nothing_to_do(graph_builder *g, graph_value x)
{
    graph_output(g, graph_view(g, "view", x, shape_1(576)));
    graph_output(g, x);
}

static const struct {
    const char *name;
    describe *describe;
    int integers; /* values that "fast" has as integers */
} graphs[] = {
#define GRAPH(name)                                                                                \
    {                                                                                              \
#        name, name, 0                                                                             \
    }
    GRAPH(norm_silu),
    GRAPH(norm_view_silu),
    GRAPH(norm_silu_and_norm),
    GRAPH(norm_is_an_output),
    GRAPH(silu_twice),
    GRAPH(resnet),
    GRAPH(conv_plus_x),
    GRAPH(linear_plus_x),
    GRAPH(x_plus_linear),
    GRAPH(viewed_sum),
    GRAPH(sum_of_products),
    GRAPH(late_summand),
    GRAPH(doubled),
    GRAPH(sum_with_own_view),
    GRAPH(broadcast_sums),
    GRAPH(long_lived),
    GRAPH(nothing_to_do),
    GRAPH(upsampled_conv),
    GRAPH(upsampled_twice),
    GRAPH(norm_to_others_too),
#undef GRAPH
    {"inner_resnet", inner_resnet, 3},
    {"norm_to_products", norm_to_products, 1},
    {"norm_silu_to_conv", norm_silu_to_conv, 1},
    {"geglu_to_products", geglu_to_products, 1},
};

enum { GRAPHS = sizeof(graphs) / sizeof(graphs[0]), OUTPUTS_MAX = 2, COUNT = 2 * 6 * 6 * 8 };

static graph *build(size_t i)
{
    sd14_error error = {{0}};
    graph *made = NULL;
    graph_builder *g = graph_builder_create(graphs[i].name);
    assert_non_null(g);
    graphs[i].describe(g, graph_input(g, "x", DTYPE_F32, shape_4(2, 6, 6, 8)));
    if (graph_builder_finish(g, &made, &error) != SD14_OK) fail_msg("%s", error.text);
    assert_in_range(made->n_outputs, 1, OUTPUTS_MAX);
    return made;
}

static void count_node(void *user, const graph *of, graph_value value, const float *data)
{
    (void)of;
    (void)value;
    assert_non_null(data);
    ++*(int *)user;
}

/* The data is made each time: loading lets go of the pages it has read. */
static void run_into(backend *on,
                     const graph *of,
                     uint64_t seed,
                     bool keep_nodes,
                     int *nodes,
                     float values[OUTPUTS_MAX][COUNT])
{
    sd14_error error = {{0}};
    float *outputs[OUTPUTS_MAX] = {values[0], values[1]};
    const backend_run run = {.outputs = outputs, .tap = count_node, .tap_user = nodes};
    memset(values, 0xFF, sizeof(float) * OUTPUTS_MAX * COUNT);
    graph_data data = graph_data_make(of, DTYPE_F32, seed, 1);
    if (graph_run(on, of, &data, keep_nodes, &run, &error) != SD14_OK) fail_msg("%s", error.text);
    graph_data_release(of, &data);
}

/* -> how many values were made when fused, which taps see: those of floats. */
static void compare(bool fast, int fused_nodes_of[GRAPHS])
{
    sd14_error error = {{0}};
    backend *on = NULL;
    const cpu_backend_options options = {.threads = 2, .isa_max = ISA_COUNT - 1, .fast = fast};
    assert_int_equal(cpu_backend_create(&options, &on, &error), SD14_OK);
    for (size_t i = 0; i < GRAPHS; i++) {
        static float kept[OUTPUTS_MAX][COUNT];
        static float fused[OUTPUTS_MAX][COUNT];
        int kept_nodes = 0;
        int fused_nodes = 0;
        graph *graph = build(i);
        run_into(on, graph, i + 1, true, &kept_nodes, kept);
        run_into(on, graph, i + 1, false, &fused_nodes, fused);
        if (memcmp(kept, fused, sizeof(kept)) != 0) fail_msg("%s: other bytes", graphs[i].name);
        print_message("%s%s: %d values of %d\n", graphs[i].name, fast ? ", fast" : "", fused_nodes,
                      kept_nodes);
        fused_nodes_of[i] = fused_nodes;
        graph_destroy(graph);
    }
    on->vtable->destroy(on);
}

static void fusing_changes_no_byte(void **state)
{
    (void)state;
    int floats[GRAPHS], fast[GRAPHS];
    compare(false, floats);
    compare(true, fast);
    for (size_t i = 0; i < GRAPHS; i++) assert_int_equal(floats[i] - fast[i], graphs[i].integers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(fusing_changes_no_byte)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
