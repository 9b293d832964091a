/* SPDX-License-Identifier: Apache-2.0 */

/* Every operator, asked through the backend interface: the cases of support/op_cases.h against float64, with
 * weights of every float type, then the same bytes for every number of threads and instruction set. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "backends/cpu/cpu_backend.h"
#include "sampling/ddim.h"
#include "support/graph_run.h"
#include "support/op_case_data.h"
#include "support/op_reference.h"

static backend *the_backend;

static const float *converted(const tensor *from)
{
    float *made = mem_array(shape_count(from->shape), sizeof(float));
    assert_non_null(made);
    tensor_to_f32(from, 0, shape_count(from->shape), made);
    return made;
}

static op_reference reference_of(const op_case *of, const graph *graph, const graph_data *data)
{
    op_values values = {.node = &graph->nodes[graph->outputs[0]]};
    for (int i = 0; i < graph->n_inputs; i++) {
        values.in[i] = graph->nodes[graph->inputs[i]].shape;
        values.x[i] = data->inputs[i];
        values.ids = data->inputs[0];
    }
    if (of->op == OP_guided_ddim_step && graph->n_inputs < 4) values.x[3] = NULL;
    for (int w = 0; w < graph->n_weights; w++) values.weight[w] = converted(&data->weights[w]);

    const size_t count = shape_count(values.node->shape);
    op_reference made = {mem_array(count, sizeof(double)), mem_array(count, sizeof(double))};
    assert_non_null(made.value);
    assert_non_null(made.limit);
    op_reference_compute(&values, &made);
    for (int w = 0; w < graph->n_weights; w++) mem_free((void *)(uintptr_t)values.weight[w]);
    return made;
}

/* Runs a case. Returns how much of its limit is used, 0 where the limit is 0. */
static double check_case(backend *on, size_t number, dtype type)
{
    double used = 0.0;
    const op_case *of = &op_cases[number];
    graph *graph = op_case_make_graph(of);
    graph_data data = op_case_make_data(of, graph, type, number);
    op_reference expected = reference_of(of, graph, &data);
    float *output = graph_output_of(on, graph, &data, false);

    const size_t count = shape_count(graph->nodes[graph->outputs[0]].shape);
    for (size_t i = 0; i < count; i++) {
        const double apart = fabs((double)output[i] - expected.value[i]);
        if (!(apart <= expected.limit[i])) {
            fail_msg("%s, case %zu, %s: element %zu is %.9g, expected %.9g +- %.2g",
                     op_name(of->op), number, dtype_name(type), i, (double)output[i],
                     expected.value[i], expected.limit[i]);
        }
        if (apart > 0.0) used = fmax(used, apart / expected.limit[i]);
    }
    mem_free(output);
    mem_free(expected.value);
    mem_free(expected.limit);
    graph_data_release(graph, &data);
    graph_destroy(graph);
    return used;
}

static void operators_compute_what_they_mean(void **state)
{
    (void)state;
    static const dtype types[] = {DTYPE_F32, DTYPE_F16, DTYPE_BF16};
    double used[OP_COUNT] = {0.0};
    int asked[OP_COUNT] = {0};
    for (size_t i = 0; i < OP_CASE_COUNT; i++) {
        const graph_op op = op_cases[i].op;
        asked[op]++;
        for (size_t t = 0; t < 3; t++) {
            used[op] = fmax(used[op], check_case(the_backend, i, types[t]));
        }
    }
    for (int op = OP_input + 1; op < OP_COUNT; op++) {
        if (asked[op] == 0) fail_msg("%s has no case", op_name((graph_op)op));
        print_message("%s: %d cases, at most %.0f%% of the limit\n", op_name((graph_op)op),
                      asked[op], 100.0 * used[op]);
    }
}

/* The first backend asked fills `first`; the others must agree. */
static void check_bytes(backend *on, float *first[OP_CASE_COUNT], const char *words)
{
    for (size_t i = 0; i < OP_CASE_COUNT; i++) {
        graph *graph = op_case_make_graph(&op_cases[i]);
        graph_data data = op_case_make_data(&op_cases[i], graph, DTYPE_F16, i);
        float *output = graph_output_of(on, graph, &data, false);
        const size_t count = shape_count(graph->nodes[graph->outputs[0]].shape);
        if (first[i] == NULL) {
            first[i] = output;
        } else {
            if (memcmp(first[i], output, count * sizeof(float)) != 0)
                fail_msg("%s, case %zu: other bytes with %s", op_name(op_cases[i].op), i, words);
            mem_free(output);
        }
        graph_data_release(graph, &data);
        graph_destroy(graph);
    }
}

static void threads_and_instruction_sets_change_no_byte(void **state)
{
    (void)state;
    static const int threads[] = {1, 2, 3, 7};
    float *first[OP_CASE_COUNT] = {NULL};
    for (int isa = ISA_REF; isa < ISA_COUNT; isa++) {
        if (!cpu_has((isa_level)isa)) {
            print_message("skipped: this processor has no %s\n", isa_name((isa_level)isa));
            continue;
        }
        for (size_t t = 0; t < 4; t++) {
            sd14_error error = {{0}};
            char words[32];
            const cpu_backend_options options = {.threads = threads[t], .isa_max = (isa_level)isa};
            backend *on = NULL;
            assert_int_equal(cpu_backend_create(&options, &on, &error), SD14_OK);
            assert_int_equal(cpu_backend_threads(on), threads[t]);
            (void)snprintf(words, sizeof(words), "%d threads, %s", threads[t],
                           isa_name((isa_level)isa));
            check_bytes(on, first, words);
            on->vtable->destroy(on);
        }
    }
    for (size_t i = 0; i < OP_CASE_COUNT; i++) mem_free(first[i]);
}

/* ---- values of torch ------------------------------------------------------------------------------- */

/* diffusers 0.42.1 get_timestep_embedding(torch.tensor(t), channels, flip_sin_to_cos,
 * downscale_freq_shift) on torch 2.15. */
static const float torch_flipped[3 * 8] = {-0x1.3d3b1cp-1F,
                                           0x1.510f5ap-1F,
                                           -0x1.fe2450p-1F,
                                           0x1.2967b8p-1F,
                                           0x1.91e19ap-1F,
                                           0x1.8166dep-1F,
                                           -0x1.5ca5e4p-4F,
                                           0x1.a0c42ep-1F,
                                           0x1.14a282p-1F,
                                           0x1.fd7130p-1F,
                                           0x1.fff972p-1F,
                                           0x1.fffff0p-1F,
                                           0x1.aed548p-1F,
                                           0x1.98eaecp-4F,
                                           0x1.47acaep-7F,
                                           0x1.0624dap-10F,
                                           1.0F,
                                           1.0F,
                                           1.0F,
                                           1.0F,
                                           0.0F,
                                           0.0F,
                                           0.0F,
                                           0.0F};
static const float torch_shifted[3 * 6] = {
    -0x1.fe318ap-1F, -0x1.e97e0ep-1F, 0x1.9a3f5cp-5F,  -0x1.57c65ap-4F, 0x1.2c4648p-2F,
    0x1.ff5b8ap-1F,  -0x1.b18870p-6F, -0x1.123a94p-1F, 0x1.988296p-4F,  0x1.ffd21ap-1F,
    -0x1.b05e58p-1F, 0x1.fd727ep-1F,  -0x1.95178ap-3F, 0x1.771026p-2F,  0x1.eb84d0p-9F,
    0x1.f5e25ep-1F,  0x1.dc6b7ep-1F,  0x1.ffff14p-1F};

/* torch's exp, sin and cos may be off by a unit in the last place, and so may the angle made of them:
 * 999 rounded is off by 2^-15. Small angles have nothing to be off by. */
static void timestep_embedding_equals_torch(void **state)
{
    (void)state;
    static const struct {
        float t[3];
        op_case of;
        const float *expected;
    } runs[] = {
        {{951.0F, 1.0F, 0.0F},
         {.op = OP_timestep_embedding,
          .in = {{1, {3}}},
          .channels = 8,
          .params = {.timestep_embedding = {true, 0.0F}}},
         torch_flipped},
        {{501.0F, 999.0F, 37.5F},
         {.op = OP_timestep_embedding,
          .in = {{1, {3}}},
          .channels = 6,
          .params = {.timestep_embedding = {false, 1.0F}}},
         torch_shifted},
    };
    for (size_t run = 0; run < 2; run++) {
        graph *graph = op_case_make_graph(&runs[run].of);
        graph_data data = graph_data_make(graph, DTYPE_F32, 1, 1);
        memcpy(data.inputs[0], runs[run].t, sizeof(runs[run].t));
        float *output = graph_output_of(the_backend, graph, &data, false);
        const size_t channels = runs[run].of.channels;
        int differing = 0;
        for (size_t i = 0; i < 3 * channels; i++) {
            const double apart = fabs((double)output[i] - (double)runs[run].expected[i]);
            const double angle = fmax(1.0, (double)runs[run].t[i / channels]);
            if (!(apart <= 2.0 * op_unit * angle)) {
                fail_msg("element %zu is %a, torch's %a", i, (double)output[i],
                         (double)runs[run].expected[i]);
            }
            differing += apart > 0.0;
        }
        print_message("timestep_embedding: %d of %zu values differ from torch's\n", differing,
                      3 * channels);
        mem_free(output);
        graph_data_release(graph, &data);
        graph_destroy(graph);
    }
}

static void both_orders_of_coefficients_are_one(void **state)
{
    (void)state;
    assert_int_equal(DDIM_STEP_GUIDANCE, DDIM_GUIDANCE);
    assert_int_equal(DDIM_STEP_SQRT_BETA, DDIM_SQRT_BETA);
    assert_int_equal(DDIM_STEP_SQRT_ALPHA, DDIM_SQRT_ALPHA);
    assert_int_equal(DDIM_STEP_SQRT_ALPHA_PREV, DDIM_SQRT_ALPHA_PREV);
    assert_int_equal(DDIM_STEP_DIRECTION, DDIM_DIRECTION);
    assert_int_equal(DDIM_STEP_SIGMA, DDIM_SIGMA);
    assert_int_equal(DDIM_STEP_COEFFICIENTS, DDIM_COEFFICIENTS);
}

/* ---- refusals --------------------------------------------------------------------------------------- */

static void ids_outside_the_table_are_refused(void **state)
{
    (void)state;
    static const int32_t bad[] = {-1, OP_CASE_IDS_BELOW, INT32_MAX, INT32_MIN};
    const op_case of = {.op = OP_embedding, .in = {{2, {2, 3}}}, .channels = 5};
    graph *graph = op_case_make_graph(&of);
    graph_data data = graph_data_make(graph, DTYPE_F16, 5, OP_CASE_IDS_BELOW);
    float values[2 * 3 * 5];
    float *output = values;
    const backend_run run = {.outputs = &output};
    for (size_t i = 0; i < 4; i++) {
        sd14_error error = {{0}};
        ((int32_t *)data.inputs[0])[5] = bad[i];
        assert_int_equal(graph_run(the_backend, graph, &data, false, &run, &error),
                         SD14_ERROR_MODEL);
        assert_non_null(strstr(error.text, "embedding: op: id"));
    }
    graph_data_release(graph, &data);
    graph_destroy(graph);
}

typedef struct cancelling {
    atomic_bool flag;
    int seen;
} cancelling;

static void cancel_at_second(void *user, const graph *of, graph_value value, const float *data)
{
    (void)of;
    (void)value;
    (void)data;
    cancelling *state = user;
    if (++state->seen == 2) atomic_store(&state->flag, true);
}

static void cancel_stops_between_operators(void **state)
{
    (void)state;
    sd14_error error = {{0}};
    graph *graph = NULL;
    graph_builder *g = graph_builder_create("chain");
    graph_value x = graph_input(g, "x", DTYPE_F32, shape_2(1, 4));
    for (int i = 0; i < 5; i++) x = graph_unary(g, "silu", OP_silu, x);
    graph_output(g, x);
    assert_int_equal(graph_builder_finish(g, &graph, &error), SD14_OK);
    graph_data data = graph_data_make(graph, DTYPE_F32, 3, 1);

    float values[4] = {7.0F, 7.0F, 7.0F, 7.0F};
    float *output = values;
    cancelling seen = {.seen = 0};
    atomic_init(&seen.flag, false);
    const backend_run run = {
        .outputs = &output, .cancel = &seen.flag, .tap = cancel_at_second, .tap_user = &seen};
    assert_int_equal(graph_run(the_backend, graph, &data, true, &run, &error),
                     SD14_ERROR_CANCELLED);
    assert_int_equal(seen.seen, 2);
    assert_true(values[0] == 7.0F && values[3] == 7.0F);

    seen.seen = -10; /* still set: nothing runs; cleared: all do */
    assert_int_equal(graph_run(the_backend, graph, &data, true, &run, &error),
                     SD14_ERROR_CANCELLED);
    assert_int_equal(seen.seen, -10);
    atomic_store(&seen.flag, false);
    assert_int_equal(graph_run(the_backend, graph, &data, true, &run, &error), SD14_OK);
    assert_int_equal(seen.seen, -5);
    graph_data_release(graph, &data);
    graph_destroy(graph);
}

static int set_up(void **state)
{
    (void)state;
    sd14_error error = {{0}};
    const cpu_backend_options options = {.threads = 2, .isa_max = ISA_COUNT - 1};
    return cpu_backend_create(&options, &the_backend, &error) == SD14_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    the_backend->vtable->destroy(the_backend);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators_compute_what_they_mean),
        cmocka_unit_test(threads_and_instruction_sets_change_no_byte),
        cmocka_unit_test(timestep_embedding_equals_torch),
        cmocka_unit_test(both_orders_of_coefficients_are_one),
        cmocka_unit_test(ids_outside_the_table_are_refused),
        cmocka_unit_test(cancel_stops_between_operators),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
