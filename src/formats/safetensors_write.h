/* SPDX-License-Identifier: Apache-2.0 */

/** Writes named tensors as a safetensors file. */
#ifndef SD14_FORMATS_SAFETENSORS_WRITE_H
#define SD14_FORMATS_SAFETENSORS_WRITE_H

#include "base/status.h"
#include "tensor/tensor.h"

typedef struct safetensors_item {
    const char *name; /**< UTF-8 */
    tensor tensor;
} safetensors_item;

typedef struct safetensors_note {
    const char *key;
    const char *value;
} safetensors_note;

/**
 * The same items and notes give the same bytes, in whatever order the items come, and those that
 * safetensors.save_file writes (with several notes, Python's are in no fixed order; here, the
 * caller's).
 * @param notes  the file's __metadata__; NULL when note_count is 0.
 * @return SD14_ERROR_INVALID_ARGUMENT (a name twice, a name or note not UTF-8, "__metadata__");
 *         SD14_ERROR_FILE; SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status safetensors_write(const char *path,
                                             const safetensors_item *items,
                                             size_t item_count,
                                             const safetensors_note *notes,
                                             size_t note_count,
                                             sd14_error *error);

#endif /* SD14_FORMATS_SAFETENSORS_WRITE_H */
