/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/cost.h"

static uint64_t node_macs(const graph *in, const graph_node *node)
{
    const graph_node *first = &in->nodes[node->src[0]];
    const uint64_t made = shape_count(node->shape);
    switch (node->op) {
    case OP_linear:
        return made * shape_last(first->shape);
    case OP_conv2d:
        return made * shape_last(first->shape) * node->params.conv2d.kernel *
               node->params.conv2d.kernel;
    case OP_attention: /* q·kᵀ and p·v: tokens x keys x channels each, whatever the number of heads */
        return 2 * made * in->nodes[node->src[1]].shape.dim[1];
    default:
        return 0;
    }
}

graph_cost graph_node_cost(const graph *in, graph_value value)
{
    const graph_node *node = &in->nodes[value];
    graph_cost cost = {0};
    if (node->op == OP_input || node->op == OP_view) return cost;

    cost.macs = node_macs(in, node);
    for (int w = 0; w < OP_WEIGHTS_MAX; w++) {
        if (node->weight[w] >= 0)
            cost.parameters += shape_count(in->weights[node->weight[w]].shape);
    }
    for (int s = 0; s < OP_SOURCES_MAX; s++) {
        if (node->src[s] >= 0)
            cost.read_bytes += shape_count(in->nodes[node->src[s]].shape) * sizeof(float);
    }
    cost.written_bytes = shape_count(node->shape) * sizeof(float);
    return cost;
}

graph_cost graph_total_cost(const graph *of)
{
    graph_cost total = {0};
    for (int i = 0; i < of->n_nodes; i++) {
        const graph_cost cost = graph_node_cost(of, i);
        total.macs += cost.macs;
        total.parameters += cost.parameters;
        total.read_bytes += cost.read_bytes;
        total.written_bytes += cost.written_bytes;
    }
    return total;
}
