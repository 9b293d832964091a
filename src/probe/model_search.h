/* SPDX-License-Identifier: Apache-2.0 */

/** Model folders on this machine: the one that comes with the program, $SD14_MODEL, those given, and Stable
 * Diffusion pipelines in Hugging Face's cache. */
#ifndef SD14_PROBE_MODEL_SEARCH_H
#define SD14_PROBE_MODEL_SEARCH_H

#include "machine/machine.h"

typedef enum model_source {
    SOURCE_BUILTIN,
    SOURCE_ENVIRONMENT,
    SOURCE_GIVEN,
    SOURCE_HUGGING_FACE
} model_source;

typedef struct located_model {
    model_source source;
    char *path;     /**< the folder, as it was given or found */
    char *name;     /**< "emoji", "CompVis/stable-diffusion-v1-4" */
    char *revision; /**< Hugging Face: commit; else NULL */
    bool is_main;   /**< Hugging Face: refs/main names this commit */
} located_model;

typedef struct located_models {
    located_model *items;
    size_t count;
} located_models;

/** Where to look besides the machine's usual places. */
typedef struct model_places {
    const char *builtin; /**< NULL: none */
    const char *const *given;
    size_t n_given;
} model_places;

/**
 * Whether a folder is a model that loads is for others to say. In Hugging Face's cache a snapshot counts when
 * its model_index.json names a StableDiffusionPipeline; that of Stable Diffusion 1.4 itself, and one whose
 * file is missing behind its link, count always.
 * @param out_models  in the order of model_source, the cache's by name; the caller's.
 * @return SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status models_locate(const machine *on,
                                         const model_places *places,
                                         located_models *out_models,
                                         sd14_error *error);

void located_models_release(located_models *models);

/** "built-in", "SD14_MODEL", "given", "Hugging Face cache". */
const char *model_source_name(model_source source);

#endif /* SD14_PROBE_MODEL_SEARCH_H */
