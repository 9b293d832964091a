/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/node_graph.h"

#include <stdio.h>

#include "graph/builder.h"

sd14_status node_graph(const graph *in, graph_value value, graph **out_graph, sd14_error *error)
{
    graph_node node = in->nodes[value];
    if (node.op == OP_input) {
        FAIL(error, INVALID_ARGUMENT, "%s: %s is an input and computes nothing", in->name,
             node.name);
    }
    graph_builder *g = graph_builder_create(in->name);
    if (g == NULL) FAIL_NO_MEMORY(error, "a graph of one node");

    for (int s = 0; s < OP_SOURCES_MAX; s++) {
        if (node.src[s] == GRAPH_NONE) continue;
        const graph_node *source = &in->nodes[node.src[s]];
        char name[sizeof("source_") + 12];
        (void)snprintf(name, sizeof(name), "source_%d", s);
        node.src[s] = graph_input(g, name, source->type, source->shape);
    }
    for (int w = 0; w < OP_WEIGHTS_MAX; w++) {
        if (node.weight[w] < 0) continue;
        const graph_weight *weight = &in->weights[node.weight[w]];
        node.weight[w] = builder_weight(g, weight->name, "", weight->shape);
    }
    graph_output(g, builder_node(g, node.name, node));
    return graph_builder_finish(g, out_graph, error);
}
