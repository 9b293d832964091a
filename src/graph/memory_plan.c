/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/memory_plan.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"

static size_t aligned(size_t bytes)
{
    return (bytes + MEM_ALIGNMENT - 1) / MEM_ALIGNMENT * MEM_ALIGNMENT;
}

static int larger_first(const void *a, const void *b)
{
    const memory_span *x = *(memory_span *const *)a;
    const memory_span *y = *(memory_span *const *)b;
    if (x->bytes != y->bytes) return x->bytes < y->bytes ? 1 : -1;
    return (x > y) - (x < y); /* their order in the array: the plan is the same on every machine */
}

static int lower_first(const void *a, const void *b)
{
    const memory_span *x = *(memory_span *const *)a;
    const memory_span *y = *(memory_span *const *)b;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

/* The lowest gap among the placed spans that live at the same time. `alive` is working memory. */
static size_t
lowest_gap(const memory_span *span, memory_span **placed, int n_placed, memory_span **alive)
{
    int n_alive = 0;
    for (int i = 0; i < n_placed; i++) {
        if (placed[i]->first <= span->last && span->first <= placed[i]->last)
            alive[n_alive++] = placed[i];
    }
    qsort(alive, (size_t)n_alive, sizeof(memory_span *), lower_first);

    size_t offset = 0;
    for (int i = 0; i < n_alive; i++) {
        if (alive[i]->offset >= offset + aligned(span->bytes)) break;
        const size_t end = alive[i]->offset + aligned(alive[i]->bytes);
        if (end > offset) offset = end;
    }
    return offset;
}

sd14_status memory_plan(memory_span *spans, int n_spans, size_t *out_bytes, sd14_error *error)
{
    memory_span **order = mem_array((size_t)n_spans, 2 * sizeof(memory_span *));
    if (order == NULL) FAIL_NO_MEMORY(error, "the memory plan");
    for (int i = 0; i < n_spans; i++) order[i] = &spans[i];
    qsort(order, (size_t)n_spans, sizeof(memory_span *), larger_first);

    *out_bytes = 0;
    for (int i = 0; i < n_spans; i++) {
        order[i]->offset = lowest_gap(order[i], order, i, order + n_spans);
        const size_t end = order[i]->offset + aligned(order[i]->bytes);
        if (end > *out_bytes) *out_bytes = end;
    }
    mem_free(order);
    return SD14_OK;
}

/* A node's sources, and through views what those stand for, live until it has run. */
static void find_spans(const graph *of, memory_span *spans)
{
    for (graph_value i = 0; i < of->n_nodes; i++) {
        const graph_node *node = &of->nodes[i];
        spans[i] = (memory_span){.first = i, .last = i};
        if (node->op == OP_input || node->op == OP_view) continue;
        spans[i].bytes = shape_count(node->shape) * sizeof(float);
        for (int s = 0; s < OP_SOURCES_MAX; s++) {
            if (node->src[s] != GRAPH_NONE) spans[graph_storage(of, node->src[s])].last = i;
        }
    }
    for (int i = 0; i < of->n_outputs; i++) {
        spans[graph_storage(of, of->outputs[i])].last = of->n_nodes;
    }
}

sd14_status graph_activation_bytes(const graph *of, size_t *out_bytes, sd14_error *error)
{
    memory_span *spans = mem_array((size_t)of->n_nodes, sizeof(*spans));
    if (spans == NULL) FAIL_NO_MEMORY(error, "the memory plan");
    find_spans(of, spans);
    const sd14_status status = memory_plan(spans, of->n_nodes, out_bytes, error);
    mem_free(spans);
    return status;
}
