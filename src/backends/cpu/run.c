/* SPDX-License-Identifier: Apache-2.0 */

/* Runs a program: step after step, each shared out over the pool. Allocates nothing. */
#include <string.h>

#include "backends/cpu/emulated_step.h"
#include "backends/cpu/program.h"

/* Ids come from a tokenizer whose vocabulary may be larger than the embedding's. */
static sd14_status check_ids(const backend_program *program, sd14_error *error)
{
    const graph *graph = program->graph;
    for (graph_value i = 0; i < graph->n_nodes; i++) {
        const graph_node *node = &graph->nodes[i];
        if (node->op != OP_embedding) continue;
        const int32_t *ids = (const int32_t *)(const void *)program->values[node->src[0]];
        const size_t count = shape_count(graph->nodes[node->src[0]].shape);
        const size_t vocabulary = graph->weights[node->weight[0]].shape.dim[0];
        for (size_t k = 0; k < count; k++) {
            if (ids[k] < 0 || (size_t)ids[k] >= vocabulary) {
                FAIL(error, MODEL,
                     "%s: %s: id %d is outside its table of %zu; tokenizer and text encoder do not "
                     "belong "
                     "together",
                     graph->name, node->name, (int)ids[k], vocabulary);
            }
        }
    }
    return SD14_OK;
}

/* Inputs are read where the caller has them, unless they have a place of their own. The casts drop const: no step
 * writes to an input. */
static void bind_inputs(backend_program *program, const backend_run *run)
{
    const graph *graph = program->graph;
    for (int i = 0; i < graph->n_inputs; i++) {
        if (program->spans[graph->inputs[i]].bytes > 0) {
            emulated_store_input(program, graph->inputs[i], run->inputs[i]);
        } else {
            program->values[graph->inputs[i]] = (float *)(uintptr_t)run->inputs[i];
        }
    }
    for (graph_value i = 0; i < graph->n_nodes; i++) {
        const graph_value storage = graph_storage(graph, i);
        if (graph->nodes[storage].op == OP_input) program->values[i] = program->values[storage];
    }
}

/* The views that follow a step see its value; so do taps, unless it is not of floats. */
static void tap_step(const backend_program *program, const backend_run *run, const cpu_step *step)
{
    const graph *graph = program->graph;
    if (cpu_is_integers(program, step->result)) return;
    run->tap(run->tap_user, graph, step->result, program->values[step->result]);
    for (graph_value i = step->result + 1; i < graph->n_nodes && graph->nodes[i].op == OP_view;
         i++) {
        if (graph_storage(graph, i) == step->result)
            run->tap(run->tap_user, graph, i, program->values[i]);
    }
}

sd14_status cpu_run(backend_program *program, const backend_run *run, sd14_error *error)
{
    const graph *graph = program->graph;
    bind_inputs(program, run);
    TRY(check_ids(program, error));

    for (int i = 0; i < program->n_steps; i++) {
        if (run->cancel != NULL && atomic_load_explicit(run->cancel, memory_order_relaxed)) {
            FAIL(error, CANCELLED, "cancelled");
        }
        cpu_stream_weight(program, &program->steps[i]);
        cpu_run_step(program, &program->steps[i]);
        if (run->tap != NULL) tap_step(program, run, &program->steps[i]);
    }
    for (int i = 0; i < graph->n_outputs; i++) {
        const graph_value value = graph->outputs[i];
        const size_t bytes = shape_count(graph->nodes[value].shape) * sizeof(float);
        memcpy(run->outputs[i], program->values[value], bytes);
    }
    return SD14_OK;
}
