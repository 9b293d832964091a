/* SPDX-License-Identifier: Apache-2.0 */

/**
 * Named tensors in a file, mapped, not copied.
 *
 *     | N: 8 bytes | N bytes of JSON: {"name": {"dtype", "shape", "data_offsets"}, ...} | data |
 *
 * Everything is checked on opening, by the rules of the reference implementation: nothing that a
 * file says can make a tensor reach outside it, overlap another or leave bytes unaccounted for.
 * Source: github.com/huggingface/safetensors, safetensors/src/tensor.rs.
 */
#ifndef SD14_FORMATS_SAFETENSORS_H
#define SD14_FORMATS_SAFETENSORS_H

#include "base/status.h"
#include "tensor/tensor.h"

/** Immutable once open: any number of threads may read it. */
typedef struct safetensors safetensors;

/**
 * @return SD14_ERROR_MODEL (missing, not safetensors, damaged, cut short): path and tensor named,
 *         and what the file seems to be instead; SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status safetensors_open(const char *path,
                                            safetensors **out_file,
                                            sd14_error *error);

/** NULL is fine. Tensors handed out end with the file. */
void safetensors_close(safetensors *file);

size_t safetensors_count(const safetensors *file);

/** Name of the i-th tensor, sorted by bytes; lives as long as the file. */
const char *safetensors_name(const safetensors *file, size_t i);

/** The i-th tensor. @return SD14_ERROR_MODEL: a dtype (F8_E4M3, U16, ...) or rank that no tensor
 * here has. */
SD14_NODISCARD sd14_status safetensors_at(const safetensors *file,
                                          size_t i,
                                          tensor *out_tensor,
                                          sd14_error *error);

bool safetensors_has(const safetensors *file, const char *name);

/** As safetensors_at(), by name. @return also SD14_ERROR_MODEL when there is none. */
SD14_NODISCARD sd14_status safetensors_find(const safetensors *file,
                                            const char *name,
                                            tensor *out_tensor,
                                            sd14_error *error);

/** The value of a key of __metadata__, e.g. "format" is "pt"; NULL if there is none. */
const char *safetensors_metadata(const safetensors *file, const char *key);

#endif /* SD14_FORMATS_SAFETENSORS_H */
