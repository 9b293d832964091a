/* SPDX-License-Identifier: Apache-2.0 */

/** Which files a model was made from, and their SHA-256. */
#ifndef SD14_MODELS_MODEL_FILES_H
#define SD14_MODELS_MODEL_FILES_H

#include "base/sha256.h"
#include "models/model.h"

typedef struct model_file {
    char *name;   /**< path inside the folder */
    char *sha256; /**< 64 hexadecimal digits */
} model_file;

/** Hashes configurations, tokenizer and weights in use, sorted by name. @param out_files  the caller's. */
SD14_NODISCARD sd14_status model_hash_files(const model *of,
                                            model_file **out_files,
                                            size_t *out_count,
                                            sd14_error *error);

/** Names the bytes of a part's tensors: the SHA-256 of its weight files' SHA-256. */
SD14_NODISCARD sd14_status model_part_digest(const model *of,
                                             model_part part,
                                             char out_text[SHA256_TEXT_BYTES],
                                             sd14_error *error);

/** NULL is fine. */
void model_files_destroy(model_file *files, size_t count);

#endif /* SD14_MODELS_MODEL_FILES_H */
