/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Every operator on the TT-NN backend: the cases of support/op_cases.h, each a program of its own, with every
 * choice of types. With the ttnn of standin/, which computes in Tenstorrent's formats, the numbers must be the CPU
 * backend's; the real one's mock device only says whether a card would take the calls.
 */
#include <stdio.h>
#include <stdlib.h>

#include "backends/cpu/cpu_backend.h"
#include "backends/ttnn/ttnn_backend.h"
#include "support/op_case_data.h"
#include "tensor/distance.h"

static backend *the_cpu;
static bool computes; /* the device's numbers mean something */

/* The CPU's inputs grow to 4: an exponential of their products says which key is the largest, and nothing else. */
static void calm(const op_case *of, const graph *graph, const graph_data *data)
{
    if (of->op != OP_attention) return;
    for (int k = 0; k < graph->n_inputs; k++) {
        float *values = data->inputs[k];
        const size_t count = shape_count(graph->nodes[graph->inputs[k]].shape);
        for (size_t i = 0; i < count; i++) values[i] *= 0.25F;
    }
}

static double check_case(backend *device, size_t number, double least, const char *words)
{
    const op_case *of = &op_cases[number];
    graph *graph = op_case_make_graph(of);
    graph_data data = op_case_make_data(of, graph, DTYPE_F16, number);
    calm(of, graph, &data);
    double pcc = 1.0;
    for (int keep_nodes = 0; keep_nodes < 2; keep_nodes++) {
        float *ours = graph_output_of(device, graph, &data, keep_nodes == 1);
        float *theirs = graph_output_of(the_cpu, graph, &data, false);
        const size_t count = shape_count(graph->nodes[graph->outputs[0]].shape);
        const tensor_distance apart = tensor_measure(ours, theirs, count);
        /* Of a few numbers there is no correlation: each is off by some units of its 8 or 7 bits. */
        const double near = count > 4 || apart.relative_l2 > 0.03 ? apart.pcc : 1.0;
        if (computes && !(near >= least)) {
            fail_msg("%s, case %zu, %s: PCC %.6f, relative L2 %.3g", op_name(of->op), number, words,
                     apart.pcc, apart.relative_l2);
        }
        if (near < pcc) pcc = near;
        mem_free(ours);
        mem_free(theirs);
    }
    graph_data_release(graph, &data);
    graph_destroy(graph);
    return pcc;
}

static void check_all(const char *options_text, double least)
{
    sd14_error error = {{0}};
    ttnn_options options;
    backend *device = NULL;
    double worst[OP_COUNT];
    if (ttnn_options_read(options_text, &options, &error) != SD14_OK ||
        ttnn_backend_create(&options, NULL, &device, &error) != SD14_OK)
        fail_msg("%s", error.text);
    for (int op = 0; op < OP_COUNT; op++) worst[op] = 2.0;
    for (size_t i = 0; i < OP_CASE_COUNT; i++) {
        const graph_op op = op_cases[i].op;
        const double pcc = check_case(device, i, least, options_text);
        if (pcc < worst[op]) worst[op] = pcc;
    }
    for (int op = OP_input + 1; op < OP_COUNT; op++) {
        if (worst[op] > 1.5) fail_msg("%s has no case", op_name((graph_op)op));
        if (computes) print_message("%s: PCC >= %.6f\n", op_name((graph_op)op), worst[op]);
    }
    device->vtable->destroy(device);
}

static void in_bfloat16(void **state)
{
    (void)state;
    check_all("{}", 0.999);
}

static void with_composed_norms(void **state)
{
    (void)state;
    check_all("{\"unet\": {\"group_norm\": \"composed\"}}", 0.999);
}

static void in_shards(void **state)
{
    (void)state;
    check_all("{\"unet\": {\"memory\": \"sharded\"}}", 0.999);
}

static void with_weights_in_bfloat8(void **state)
{
    (void)state;
    check_all("{\"unet\": {\"weights\": \"bfloat8_b\"}}", 0.999);
}

static int set_up(void **state)
{
    (void)state;
    sd14_error error = {{0}};
    const cpu_backend_options options = {.threads = 1, .isa_max = ISA_COUNT - 1};
    computes = getenv("TT_METAL_MOCK_CLUSTER_DESC_PATH") == NULL;
    if (cpu_backend_create(&options, &the_cpu, &error) == SD14_OK) return 0;
    print_error("%s\n", error.text);
    return -1;
}

static int tear_down(void **state)
{
    (void)state;
    the_cpu->vtable->destroy(the_cpu);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_bfloat16),
        cmocka_unit_test(with_composed_norms),
        cmocka_unit_test(in_shards),
        cmocka_unit_test(with_weights_in_bfloat8),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
