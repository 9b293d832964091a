/* SPDX-License-Identifier: Apache-2.0 */

/** One component's weights: its safetensors file or shards, and the tensors of its networks in them. */
#ifndef SD14_MODELS_WEIGHT_FILES_H
#define SD14_MODELS_WEIGHT_FILES_H

#include "formats/safetensors.h"
#include "formats/safetensors_index.h"
#include "graph/graph.h"

typedef struct weight_files {
    const char *component; /**< "text_encoder", "unet", "vae" */
    char *path;            /**< of the file, or of the index of the shards */
    safetensors *file;     /**< one of these two is not NULL */
    safetensors_index *shards;
} weight_files;

/**
 * Opens <folder>/<component>/<diffusion_pytorch_model|model>[.fp16].safetensors, or the shards that
 * <name>.safetensors.index.json lists.
 * @param component  kept, not copied
 */
SD14_NODISCARD sd14_status weight_files_open(const char *folder,
                                             const char *component,
                                             weight_files *out_files,
                                             sd14_error *error);

/** All-zero is fine. */
void weight_files_close(weight_files *files);

/**
 * Finds the tensor of every weight of some graphs.
 *
 * Files name some weights in older ways; those are known. All that is missing, has another shape or type, or
 * belongs to none of the graphs is listed by name in the error.
 *
 * @param out_tensors  [n_graphs][graphs[i]->n_weights]
 * @return SD14_OK; SD14_ERROR_MODEL; SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status weight_files_bind(const weight_files *files,
                                             const graph *const *graphs,
                                             size_t n_graphs,
                                             tensor *const *out_tensors,
                                             sd14_error *error);

#endif /* SD14_MODELS_WEIGHT_FILES_H */
