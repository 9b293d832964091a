/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/stage.h"

#include "models/model_files.h"

void stage_init(stage *of, const model *model, backend *backend, model_part part)
{
    *of = (stage){.model = model, .backend = backend, .part = part, .weights_cap = WEIGHTS_ALL};
}

/* Nobody looks into a network that draws: all that can be fused is. */
static const backend_compile_options compile_options = {.keep_nodes = false};

/* The part's graph; the UNet never runs without the step after it. */
static sd14_status make_graph(const model_config *config,
                              model_part part,
                              const stage_size *size,
                              graph **out_graph,
                              sd14_error *error)
{
    if (part != MODEL_UNET)
        return model_graph(config, part, size->batch, size->height, size->width, out_graph, error);
    const denoise_size step = {.pictures = size->batch,
                               .guided = size->guided,
                               .height = size->height,
                               .width = size->width,
                               .tokens = config->text_encoder.max_position_embeddings,
                               .variance_noise = size->variance_noise,
                               .deep = size->deep};
    return denoise_graph(&config->unet, &step, out_graph, error);
}

static bool same_size(const stage_size *a, const stage_size *b)
{
    return a->batch == b->batch && a->height == b->height && a->width == b->width &&
           a->guided == b->guided && a->variance_noise == b->variance_noise && a->deep == b->deep;
}

sd14_status stage_plan(const model *model,
                       backend *backend,
                       model_part part,
                       const stage_size *size,
                       size_t weights_cap,
                       backend_plan *out_plan,
                       sd14_error *error)
{
    graph *graph = NULL;
    TRY(make_graph(&model->config, part, size, &graph, error));
    const sd14_status status = backend->vtable->plan(
        backend, graph, model->tensors[part], weights_cap, &compile_options, out_plan, error);
    graph_destroy(graph);
    return status;
}

static void release_program(stage *of)
{
    if (of->program != NULL) of->backend->vtable->program_destroy(of->program);
    graph_destroy(of->graph);
    of->program = NULL;
    of->graph = NULL;
}

static sd14_status load_weights(stage *of, const atomic_bool *cancel, sd14_error *error)
{
    char digest[SHA256_TEXT_BYTES];
    const char *content = NULL;
    /* Mapped from the cache all of them would be in memory as they are used. */
    if (of->backend->keeps_weights && of->weights_cap == WEIGHTS_ALL) {
        TRY(model_part_digest(of->model, of->part, digest, error));
        content = digest;
    }
    return of->backend->vtable->load_weights(of->backend, of->graph, of->model->tensors[of->part],
                                             content, of->weights_cap, cancel, &of->weights, error);
}

sd14_status
stage_prepare(stage *of, const stage_size *size, const atomic_bool *cancel, sd14_error *error)
{
    const backend_vtable *vtable = of->backend->vtable;
    if (of->program != NULL && same_size(&of->size, size)) return SD14_OK;
    release_program(of);
    TRY(make_graph(&of->model->config, of->part, size, &of->graph, error));
    if (of->weights == NULL) TRY(load_weights(of, cancel, error));
    TRY(vtable->compile(of->backend, of->graph, of->weights, &compile_options, &of->program,
                        error));
    of->size = *size;
    return SD14_OK;
}

void stage_lend(const stage *from, stage *to)
{
    if (to->lent) return;
    to->weights = from->weights;
    to->lent = true;
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

void stage_release(stage *of)
{
    if (of->backend == NULL) return;
    release_program(of);
    if (of->weights != NULL && !of->lent) of->backend->vtable->weights_destroy(of->weights);
    of->weights = NULL;
    of->lent = false;
}

void stage_rest(stage *of)
{
    if (!of->backend->vtable->own_memory) release_program(of);
}

void stage_give_back(stage *of)
{
    if (!of->backend->vtable->own_memory) stage_release(of);
}

stage_memory stage_get_memory(const stage *of)
{
    stage_memory held = {0};
    if (of->weights != NULL && !of->lent)
        held.weights = of->backend->vtable->weights_bytes(of->weights);
    if (of->program != NULL) {
        const backend_memory memory = of->backend->vtable->program_memory(of->program);
        held.plan = memory.activations + memory.scratch;
    }
    return held;
}
