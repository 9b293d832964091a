/* SPDX-License-Identifier: Apache-2.0 */

/** One network of the pipeline on its backend: weights loaded at most once, programs made as sizes ask. */
#ifndef SD14_PIPELINE_STAGE_H
#define SD14_PIPELINE_STAGE_H

#include "graph/backend.h"
#include "models/model.h"
#include "models/networks.h"

/** Of what a stage works on. */
typedef struct stage_size {
    size_t batch;         /**< MODEL_UNET: pictures */
    size_t height, width; /**< as in model_graph() */
    bool guided;          /**< MODEL_UNET: the step has both halves of each picture */
    bool variance_noise;  /**< MODEL_UNET: the step takes noise of its own, for eta > 0 */
    denoise_deep deep;    /**< MODEL_UNET */
} stage_size;

typedef struct stage {
    const model *model;       /**< borrowed */
    backend *backend;         /**< borrowed */
    model_part part;          /**< MODEL_UNET: with guidance and DDIM behind it, denoise_graph() */
    size_t weights_cap;       /**< as in load_weights(); at first WEIGHTS_ALL */
    backend_weights *weights; /**< NULL until first prepared */
    bool lent;                /**< the weights are another stage's */
    graph *graph;             /**< with its program; NULL when there is none */
    backend_program *program;
    stage_size size; /**< the program's */
} stage;

/** Nothing is loaded yet. */
void stage_init(stage *of, const model *model, backend *backend, model_part part);

/** Makes the program for this size ready, if it is not; `cancel` (or NULL) ends the loading of weights. */
SD14_NODISCARD sd14_status stage_prepare(stage *of,
                                         const stage_size *size,
                                         const atomic_bool *cancel,
                                         sd14_error *error);

/** The weights of `from`, which has some, serve `to` as well, until stage_release(to). */
void stage_lend(const stage *from, stage *to);

/** What stage_prepare() of such a stage would take. */
SD14_NODISCARD sd14_status stage_plan(const model *model,
                                      backend *backend,
                                      model_part part,
                                      const stage_size *size,
                                      size_t weights_cap,
                                      backend_plan *out_plan,
                                      sd14_error *error);

/** As backend_run's: one host array per input of the graph; one output. Only after stage_prepare(). */
SD14_NODISCARD sd14_status stage_run(stage *of,
                                     const void *const *inputs,
                                     float *output,
                                     const atomic_bool *cancel,
                                     sd14_error *error);

/** Gives back activations and scratch; the weights stay. Nothing happens on a device that has memory of its
 * own: there programs are dear to make, and all stages fit at once. */
void stage_rest(stage *of);

/** As stage_rest(), the weights too. */
void stage_give_back(stage *of);

/** Gives back everything. */
void stage_release(stage *of);

/** Bytes held now. */
typedef struct stage_memory {
    size_t weights; /**< as the backend prepared them */
    size_t plan;    /**< the program's activations and scratch */
} stage_memory;

stage_memory stage_get_memory(const stage *of);

#endif /* SD14_PIPELINE_STAGE_H */
