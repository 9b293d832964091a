/* SPDX-License-Identifier: Apache-2.0 */

/* Each node of a network, alone: the same operator at the same shapes and the same cost. */
#include "graph/node_graph.h"

#include <string.h>

#include "graph/cost.h"
#include "models/model.h"
#include "support/cmocka.h"

static void assert_same_node(const graph *in, graph_value value)
{
    const graph_node *node = &in->nodes[value];
    sd14_error error = {{0}};
    graph *one = NULL;
    if (node_graph(in, value, &one, &error) != SD14_OK) fail_msg("%s", error.text);

    assert_int_equal(one->n_outputs, 1);
    const graph_node *copy = &one->nodes[one->outputs[0]];
    assert_string_equal(copy->name, node->name);
    assert_int_equal(copy->op, node->op);
    assert_true(shape_equal(copy->shape, node->shape));

    int sources = 0;
    for (int s = 0; s < OP_SOURCES_MAX; s++) {
        if (node->src[s] == GRAPH_NONE) continue;
        const graph_node *source = &in->nodes[node->src[s]];
        const graph_node *input = &one->nodes[one->inputs[sources]];
        assert_true(shape_equal(input->shape, source->shape));
        assert_int_equal(input->type, source->type);
        sources++;
    }
    assert_int_equal(one->n_inputs, sources);
    int weights = 0;
    for (int w = 0; w < OP_WEIGHTS_MAX; w++) {
        if (node->weight[w] < 0) continue;
        assert_string_equal(one->weights[weights++].name, in->weights[node->weight[w]].name);
    }
    assert_int_equal(one->n_weights, weights);

    const graph_cost alone = graph_total_cost(one), there = graph_node_cost(in, value);
    assert_int_equal(alone.macs, there.macs);
    assert_int_equal(alone.parameters, there.parameters);
    assert_int_equal(alone.read_bytes, there.read_bytes);
    assert_int_equal(alone.written_bytes, there.written_bytes);
    graph_destroy(one);
}

static void every_node_alone(void **state)
{
    (void)state;
    static model_config config;
    sd14_error error = {{0}};
    if (model_config_read(SD14_SOURCE_DIR "/models/emoji", &config, &error) != SD14_OK)
        fail_msg("%s", error.text);
    for (int part = 0; part < MODEL_PARTS; part++) {
        graph *whole = NULL;
        if (model_graph(&config, (model_part)part, 2, 64, 64, &whole, &error) != SD14_OK)
            fail_msg("%s", error.text);
        for (int i = 0; i < whole->n_nodes; i++) {
            if (whole->nodes[i].op != OP_input) assert_same_node(whole, i);
        }
        graph_destroy(whole);
    }
}

static void an_input_is_refused(void **state)
{
    (void)state;
    static model_config config;
    sd14_error error = {{0}};
    graph *whole = NULL, *one = NULL;
    assert_int_equal(model_config_read(SD14_SOURCE_DIR "/models/emoji", &config, &error), SD14_OK);
    assert_int_equal(model_graph(&config, MODEL_UNET, 1, 64, 64, &whole, &error), SD14_OK);
    assert_int_equal(node_graph(whole, whole->inputs[0], &one, &error),
                     SD14_ERROR_INVALID_ARGUMENT);
    assert_non_null(strstr(error.text, "sample"));
    assert_null(one);
    graph_destroy(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_node_alone),
                                       cmocka_unit_test(an_input_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
