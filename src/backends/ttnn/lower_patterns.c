/* SPDX-License-Identifier: Apache-2.0 */

/* Which nodes become one call together, and which part of a graph each chip does for itself. */
#include "backends/ttnn/lower.h"
#include "base/memory.h"

graph_value lower_only_reader(const lowering *l, graph_value value)
{
    if (graph_uses(l->graph, value) != 1) return GRAPH_NONE;
    for (graph_value i = value + 1; i < l->graph->n_nodes; i++) {
        for (int s = 0; s < OP_SOURCES_MAX; s++) {
            if (l->graph->nodes[i].src[s] == value) return i;
        }
    }
    return GRAPH_NONE;
}

bool lower_is_private_linear(const lowering *l, graph_value value)
{
    return l->graph->nodes[value].op == OP_linear && graph_uses(l->graph, value) == 1;
}

static void hide(lowering *l, graph_value value)
{
    l->nodes[value].hidden = true;
}

/* q, k and v in one product, or q in one and k and v in another. */
static void find_attention(lowering *l, const graph_node *node)
{
    const graph_node *nodes = l->graph->nodes;
    for (int s = 0; s < 3; s++) {
        if (!lower_is_private_linear(l, node->src[s])) return;
    }
    if (nodes[node->src[1]].src[0] != nodes[node->src[2]].src[0]) return;
    for (int s = 0; s < 3; s++) hide(l, node->src[s]);
}

/* The host repeats timesteps itself. */
static bool only_timesteps_read(const lowering *l, graph_value value)
{
    int readers = 0;
    for (graph_value i = value + 1; i < l->graph->n_nodes; i++) {
        const graph_node *node = &l->graph->nodes[i];
        readers += node->op == OP_timestep_embedding && node->src[0] == value;
    }
    return readers > 0 && readers == graph_uses(l->graph, value);
}

void lower_find_patterns(lowering *l)
{
    for (graph_value i = 0; i < l->graph->n_nodes; i++) {
        const graph_node *node = &l->graph->nodes[i];
        if (node->op == OP_guided_ddim_step) {
            static const int exact[] = {0, 1, 3};
            for (int s = 0; s < 3; s++) {
                const graph_value from = node->src[exact[s]];
                if (from != GRAPH_NONE) l->nodes[from].exact = true;
            }
        }
        if (node->op == OP_repeat_batch && only_timesteps_read(l, i)) hide(l, i);
        if (l->keep_nodes) continue;
        if (node->op == OP_attention) find_attention(l, node);
        const bool takes_linear =
            node->op == OP_geglu || node->op == OP_silu ||
            (node->op == OP_gelu && l->settings->math_approx); /* the epilogue's gelu is coarse */
        if (takes_linear && lower_is_private_linear(l, node->src[0])) hide(l, node->src[0]);
    }
}

/* ---- two chips ---------------------------------------------------------------------------------------- */

/* Marks a value and what it is made of, back to repeat_batch nodes: whether there is one. */
static bool mark(lowering *l, graph_value value)
{
    const graph_node *node = &l->graph->nodes[value];
    if (l->nodes[value].split) return false;
    l->nodes[value].split = true;
    if (node->op == OP_repeat_batch) return true;
    bool found = false;
    for (int s = 0; s < OP_SOURCES_MAX; s++) {
        if (node->src[s] != GRAPH_NONE && mark(l, node->src[s])) found = true;
    }
    return found;
}

/* Whether nothing outside the marked part reads inside, and every batch in it can be halved. */
static bool separable(const lowering *l, const graph_node *step)
{
    const graph *graph = l->graph;
    for (graph_value i = 0; i < graph->n_nodes; i++) {
        const graph_node *node = &graph->nodes[i];
        if (l->nodes[i].split) {
            if (node->shape.dim[0] != graph->nodes[step->src[1]].shape.dim[0]) return false;
            continue;
        }
        for (int s = 0; s < OP_SOURCES_MAX; s++) {
            if (node->src[s] != GRAPH_NONE && l->nodes[node->src[s]].split && node != step)
                return false;
        }
    }
    return true;
}

void lower_find_split(lowering *l)
{
    if (l->program->settings.chips != 2) return;
    for (graph_value i = 0; i < l->graph->n_nodes; i++) {
        const graph_node *step = &l->graph->nodes[i];
        if (step->op != OP_guided_ddim_step || !step->params.guided_ddim_step.guided) continue;
        if (mark(l, step->src[1]) && separable(l, step)) continue;
        for (graph_value k = 0; k < i; k++) l->nodes[k].split = false;
    }
}
