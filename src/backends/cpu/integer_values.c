/* SPDX-License-Identifier: Apache-2.0 */

/* Values that only products of 16-bit integers read are made as such: rounded once, while a row is in the cache. */
#include "backends/cpu/i16_rows.h"
#include "backends/cpu/program.h"

/* Floats of rows on their way to integers: half of the L1 cache. */
enum { ROW_FLOATS = 4096 };

static size_t rows_at_once(size_t channels)
{
    return larger(ROW_FLOATS / channels, 1);
}

static bool makes_rows(graph_op op)
{
    return op == OP_layer_norm || op == OP_group_norm || op == OP_geglu;
}

static bool reads_integers(const backend_program *program, graph_value reader, int source)
{
    const graph *graph = program->graph;
    const graph_node *node = &graph->nodes[reader];
    if (node->op == OP_view)
        return shape_last(node->shape) == shape_last(graph->nodes[node->src[0]].shape);
    return source == 0 && cpu_weight_form(program->cpu, graph, node) == WEIGHT_PANELS_I16;
}

static bool only_products_read(const backend_program *program, graph_value value)
{
    const graph *graph = program->graph;
    for (int i = 0; i < graph->n_outputs; i++) {
        if (graph_storage(graph, graph->outputs[i]) == value) return false;
    }
    for (graph_value i = 0; i < graph->n_nodes; i++) {
        for (int s = 0; s < OP_SOURCES_MAX; s++) {
            const graph_value from = graph->nodes[i].src[s];
            if (from != GRAPH_NONE && graph_storage(graph, from) == value &&
                !reads_integers(program, i, s))
                return false;
        }
    }
    return true;
}

void cpu_find_integers(backend_program *program)
{
    const graph *graph = program->graph;
    for (int i = 0; i < program->n_steps; i++) {
        const cpu_step *step = &program->steps[i];
        const graph_node *node = &graph->nodes[step->node];
        program->integers[step->result] =
            makes_rows(node->op) &&
            shape_last(node->shape) == shape_last(graph->nodes[step->result].shape) &&
            only_products_read(program, step->result);
    }
}

bool cpu_is_integers(const backend_program *program, graph_value value)
{
    return program->integers[graph_storage(program->graph, value)];
}

size_t cpu_value_bytes(const backend_program *program, graph_value value)
{
    const shape of = program->graph->nodes[value].shape;
    if (cpu_is_integers(program, value)) return i16_rows_bytes(shape_rows(of), shape_last(of));
    return shape_count(of) * sizeof(float);
}

size_t cpu_rows_scratch(const backend_program *program, const cpu_step *step)
{
    if (!cpu_is_integers(program, step->result)) return 0;
    const size_t channels = shape_last(program->graph->nodes[step->result].shape);
    return rows_at_once(channels) * channels * sizeof(float);
}

void cpu_make_rows(const cpu_rows *of, size_t first, size_t rows, int thread)
{
    backend_program *program = of->program;
    const shape shape = program->graph->nodes[of->step->result].shape;
    const size_t channels = shape_last(shape);
    float *values = program->values[of->step->result];
    if (!cpu_is_integers(program, of->step->result)) {
        of->make(of, first, rows, values + first * channels);
        return;
    }
    const i16_rows to = i16_rows_at(values, shape_rows(shape), channels);
    float *made =
        (float *)(void *)(program->thread_scratch + (size_t)thread * program->thread_scratch_bytes);
    for (size_t done = 0; done < rows;) {
        const size_t now = smaller(rows - done, rows_at_once(channels));
        of->make(of, first + done, now, made);
        i16_rows_put(&to, &program->cpu->kernels, first + done, made, now);
        done += now;
    }
}
