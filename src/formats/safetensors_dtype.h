/* SPDX-License-Identifier: Apache-2.0 */

/** The dtypes a safetensors file may name, for its reader and writer. */
#ifndef SD14_FORMATS_SAFETENSORS_DTYPE_H
#define SD14_FORMATS_SAFETENSORS_DTYPE_H

#include "tensor/tensor.h"

typedef struct safetensors_dtype {
    const char *name; /**< in the file: "F32", "BF16" */
    unsigned bits;    /**< of one element */
    dtype type;       /**< DTYPE_COUNT when no tensor here has it */
} safetensors_dtype;

/** The dtype of that name, NULL if the reference implementation has none either. */
const safetensors_dtype *safetensors_dtype_find(const char *name);

/**
 * The dtype for a tensor of ours. Later in the table means earlier in a file: the reference writes
 * large elements first, so that all are aligned.
 */
const safetensors_dtype *safetensors_dtype_of(dtype type);

#endif /* SD14_FORMATS_SAFETENSORS_DTYPE_H */
