/* SPDX-License-Identifier: Apache-2.0 */

/** One network of a model on a CPU backend, every node visible. For tests and developers' tools. */
#ifndef SD14_TESTS_PART_H
#define SD14_TESTS_PART_H

#include <string.h>

#include "backends/cpu/cpu_backend.h"
#include "models/model.h"

/**
 * Runs a part of a model once. `output` [of the graph's output] is the caller's.
 * @param tap  called for every node, or NULL.
 */
static inline sd14_status part_run(const model *model,
                                   backend *backend,
                                   const graph *graph,
                                   model_part part,
                                   const void *const *inputs,
                                   float *output,
                                   backend_tap *tap,
                                   void *tap_user,
                                   sd14_error *error)
{
    const backend_compile_options options = {.keep_nodes = tap != NULL};
    const backend_vtable *vtable = backend->vtable;
    backend_weights *weights = NULL;
    backend_program *program = NULL;
    sd14_status status =
        vtable->load_weights(backend, graph, model->tensors[part], NULL, &weights, error);
    if (status == SD14_OK)
        status = vtable->compile(backend, graph, weights, &options, &program, error);
    if (status == SD14_OK) {
        const backend_run run = {
            .inputs = inputs, .outputs = &output, .tap = tap, .tap_user = tap_user};
        status = vtable->run(program, &run, error);
    }
    if (program != NULL) vtable->program_destroy(program);
    if (weights != NULL) vtable->weights_destroy(weights);
    return status;
}

/** The node that makes what a diffusers module returns: the one of that name, else the last one inside. */
static inline graph_value part_find_module(const graph *graph, const char *module)
{
    const size_t length = strlen(module);
    graph_value found = GRAPH_NONE;
    for (graph_value i = 0; i < graph->n_nodes; i++) {
        if (strncmp(graph->nodes[i].name, module, length) != 0) continue;
        const char after = graph->nodes[i].name[length];
        if (after == '\0' || after == '.') found = i;
        if (after == '\0') break;
    }
    return found;
}

#endif /* SD14_TESTS_PART_H */
