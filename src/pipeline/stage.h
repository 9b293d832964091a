/* SPDX-License-Identifier: Apache-2.0 */

/** One network of the pipeline on its backend: weights loaded at most once, programs made as sizes ask. */
#ifndef SD14_PIPELINE_STAGE_H
#define SD14_PIPELINE_STAGE_H

#include "graph/backend.h"
#include "models/model.h"

typedef struct stage {
    const model *model; /**< borrowed */
    backend *backend;   /**< borrowed */
    model_part part;
    backend_weights *weights; /**< NULL until first prepared */
    graph *graph;             /**< with its program; NULL when there is none */
    backend_program *program;
    size_t batch, height, width;
} stage;

/** Nothing is loaded yet. */
void stage_init(stage *of, const model *model, backend *backend, model_part part);

/** Makes the program for this size ready, if it is not; `cancel` (or NULL) ends the loading of weights.
 * Sizes as in model_graph(). */
SD14_NODISCARD sd14_status stage_prepare(stage *of,
                                         size_t batch,
                                         size_t height,
                                         size_t width,
                                         const atomic_bool *cancel,
                                         sd14_error *error);

/** What stage_prepare() of such a stage would take. */
SD14_NODISCARD sd14_status stage_plan(const model *model,
                                      backend *backend,
                                      model_part part,
                                      size_t batch,
                                      size_t height,
                                      size_t width,
                                      backend_plan *out_plan,
                                      sd14_error *error);

/** As backend_run's: one host array per input of the graph; one output. Only after stage_prepare(). */
SD14_NODISCARD sd14_status stage_run(stage *of,
                                     const void *const *inputs,
                                     float *output,
                                     const atomic_bool *cancel,
                                     sd14_error *error);

/** Gives back activations and scratch; the weights stay. */
void stage_release_program(stage *of);

/** Gives back everything. */
void stage_release(stage *of);

/** Bytes held now. */
typedef struct stage_memory {
    size_t weights; /**< as the backend prepared them */
    size_t plan;    /**< the program's activations and scratch */
} stage_memory;

stage_memory stage_get_memory(const stage *of);

#endif /* SD14_PIPELINE_STAGE_H */
