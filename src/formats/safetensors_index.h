/* SPDX-License-Identifier: Apache-2.0 */

/**
 * A model in several safetensors files (shards), listed in NAME.safetensors.index.json:
 * {"metadata": {...}, "weight_map": {"tensor name": "file in the same folder"}}.
 * Source: huggingface_hub, serialization (the field's save_torch_state_dict).
 */
#ifndef SD14_FORMATS_SAFETENSORS_INDEX_H
#define SD14_FORMATS_SAFETENSORS_INDEX_H

#include "base/status.h"
#include "tensor/tensor.h"

/** Immutable once open: any number of threads may read it. */
typedef struct safetensors_index safetensors_index;

/**
 * Opens the index and every shard it names.
 * @return SD14_ERROR_MODEL (a file name that leaves the folder, a missing or damaged shard, a tensor
 *         its shard lacks); SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status safetensors_index_open(const char *path,
                                                  safetensors_index **out_index,
                                                  sd14_error *error);

/** NULL is fine. Tensors handed out end with the index. */
void safetensors_index_close(safetensors_index *index);

size_t safetensors_index_count(const safetensors_index *index);

/** Name of the i-th tensor, sorted by bytes; lives as long as the index. */
const char *safetensors_index_name(const safetensors_index *index, size_t i);

/** Name of the file, beside the index, that holds the i-th tensor. */
const char *safetensors_index_shard(const safetensors_index *index, size_t i);

/** The i-th tensor. @return as safetensors_at(). */
SD14_NODISCARD sd14_status safetensors_index_at(const safetensors_index *index,
                                                size_t i,
                                                tensor *out_tensor,
                                                sd14_error *error);

bool safetensors_index_has(const safetensors_index *index, const char *name);

/** The tensor of that name. @return as safetensors_find(). */
SD14_NODISCARD sd14_status safetensors_index_find(const safetensors_index *index,
                                                  const char *name,
                                                  tensor *out_tensor,
                                                  sd14_error *error);

#endif /* SD14_FORMATS_SAFETENSORS_INDEX_H */
