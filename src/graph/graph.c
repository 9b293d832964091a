/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/graph.h"

#include <string.h>

#include "base/memory.h"

void graph_destroy(graph *of)
{
    if (of == NULL) return;
    for (int i = 0; i < of->n_nodes; i++) mem_free((void *)(uintptr_t)of->nodes[i].name);
    for (int i = 0; i < of->n_weights; i++) mem_free((void *)(uintptr_t)of->weights[i].name);
    mem_free(of->nodes);
    mem_free(of->weights);
    mem_free(of->inputs);
    mem_free(of->outputs);
    mem_free((void *)(uintptr_t)of->name);
    mem_free(of);
}

int graph_find_input(const graph *in, const char *name)
{
    for (int i = 0; i < in->n_inputs; i++) {
        if (strcmp(in->nodes[in->inputs[i]].name, name) == 0) return i;
    }
    return -1;
}

graph_value graph_find_module(const graph *in, const char *module)
{
    const size_t length = strlen(module);
    graph_value found = GRAPH_NONE;
    for (graph_value i = 0; i < in->n_nodes; i++) {
        if (strncmp(in->nodes[i].name, module, length) != 0) continue;
        const char after = in->nodes[i].name[length];
        if (after == '\0' || after == '.') found = i;
        if (after == '\0') break;
    }
    return found;
}

int graph_uses(const graph *in, graph_value value)
{
    int uses = 0;
    for (int i = value + 1; i < in->n_nodes; i++) {
        for (int s = 0; s < OP_SOURCES_MAX; s++) uses += in->nodes[i].src[s] == value;
    }
    for (int i = 0; i < in->n_outputs; i++) uses += in->outputs[i] == value;
    return uses;
}

graph_value graph_storage(const graph *in, graph_value value)
{
    while (in->nodes[value].op == OP_view) value = in->nodes[value].src[0];
    return value;
}
