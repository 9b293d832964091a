/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/stage.h"

void stage_init(stage *of, const model *model, backend *backend, model_part part)
{
    *of = (stage){.model = model, .backend = backend, .part = part};
}

/* Nobody looks into a network that draws: all that can be fused is. */
static const backend_compile_options compile_options = {.keep_nodes = false};

sd14_status stage_plan(const model *model,
                       backend *backend,
                       model_part part,
                       size_t batch,
                       size_t height,
                       size_t width,
                       backend_plan *out_plan,
                       sd14_error *error)
{
    graph *graph = NULL;
    TRY(model_graph(&model->config, part, batch, height, width, &graph, error));
    const sd14_status status = backend->vtable->plan(backend, graph, model->tensors[part],
                                                     &compile_options, out_plan, error);
    graph_destroy(graph);
    return status;
}

sd14_status stage_prepare(stage *of,
                          size_t batch,
                          size_t height,
                          size_t width,
                          const atomic_bool *cancel,
                          sd14_error *error)
{
    const backend_vtable *vtable = of->backend->vtable;
    if (of->program != NULL && of->batch == batch && of->height == height && of->width == width) {
        return SD14_OK;
    }
    stage_release_program(of);
    TRY(model_graph(&of->model->config, of->part, batch, height, width, &of->graph, error));
    if (of->weights == NULL) {
        TRY(vtable->load_weights(of->backend, of->graph, of->model->tensors[of->part], cancel,
                                 &of->weights, error));
    }
    TRY(vtable->compile(of->backend, of->graph, of->weights, &compile_options, &of->program,
                        error));
    of->batch = batch;
    of->height = height;
    of->width = width;
    return SD14_OK;
}

sd14_status stage_run(stage *of,
                      const void *const *inputs,
                      float *output,
                      const atomic_bool *cancel,
                      sd14_error *error)
{
    const backend_run run = {.inputs = inputs, .outputs = &output, .cancel = cancel};
    return of->backend->vtable->run(of->program, &run, error);
}

void stage_release_program(stage *of)
{
    if (of->program != NULL) of->backend->vtable->program_destroy(of->program);
    graph_destroy(of->graph);
    of->program = NULL;
    of->graph = NULL;
}

void stage_release(stage *of)
{
    if (of->backend == NULL) return;
    stage_release_program(of);
    if (of->weights != NULL) of->backend->vtable->weights_destroy(of->weights);
    of->weights = NULL;
}

stage_memory stage_get_memory(const stage *of)
{
    stage_memory held = {0};
    if (of->weights != NULL) held.weights = of->backend->vtable->weights_bytes(of->weights);
    if (of->program != NULL) {
        const backend_memory memory = of->backend->vtable->program_memory(of->program);
        held.plan = memory.activations + memory.scratch;
    }
    return held;
}
