/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "graph/graph.h"

/* needed[i]: the outputs depend on node i, or it is an input. */
static void find_needed(const graph *in, bool *needed)
{
    for (int i = 0; i < in->n_inputs; i++) needed[in->inputs[i]] = true;
    for (int i = 0; i < in->n_outputs; i++) needed[in->outputs[i]] = true;
    for (int i = in->n_nodes - 1; i >= 0; i--) {
        for (int s = 0; needed[i] && s < OP_SOURCES_MAX; s++) {
            if (in->nodes[i].src[s] != GRAPH_NONE) needed[in->nodes[i].src[s]] = true;
        }
    }
}

sd14_status graph_prune(graph *of, sd14_error *error)
{
    const size_t count = (size_t)of->n_nodes;
    bool *needed = mem_array(count, sizeof(*needed));
    graph_value *moved = mem_array(count, sizeof(*moved));
    if (needed == NULL || moved == NULL) {
        mem_free(needed);
        mem_free(moved);
        FAIL_NO_MEMORY(error, "a graph");
    }
    find_needed(of, needed);
    int kept = 0;
    for (int i = 0; i < of->n_nodes; i++) {
        graph_node *node = &of->nodes[i];
        if (!needed[i]) {
            mem_free((void *)(uintptr_t)node->name);
            continue;
        }
        for (int s = 0; s < OP_SOURCES_MAX; s++) {
            if (node->src[s] != GRAPH_NONE) node->src[s] = moved[node->src[s]];
        }
        moved[i] = kept;
        of->nodes[kept++] = *node;
    }
    of->n_nodes = kept;
    for (int i = 0; i < of->n_inputs; i++) of->inputs[i] = moved[of->inputs[i]];
    for (int i = 0; i < of->n_outputs; i++) of->outputs[i] = moved[of->outputs[i]];
    mem_free(needed);
    mem_free(moved);
    return SD14_OK;
}
