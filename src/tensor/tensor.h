/* SPDX-License-Identifier: Apache-2.0 */

/** Element types, shapes, and borrowed views of arrays. */
#ifndef SD14_TENSOR_TENSOR_H
#define SD14_TENSOR_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum dtype {
    DTYPE_F32,
    DTYPE_F16,
    DTYPE_BF16,
    DTYPE_F64,
    DTYPE_I8,
    DTYPE_U8,
    DTYPE_I16,
    DTYPE_I32,
    DTYPE_I64,
    DTYPE_BOOL,
    DTYPE_COUNT
} dtype;

/** "float32", "bfloat16", ... : the names numpy and torch use. */
const char *dtype_name(dtype type);

/** Bytes of one element. */
size_t dtype_bytes(dtype type);

/** Whether tensor_to_f32() reads the type: float32, float16, bfloat16, float64. */
bool dtype_is_float(dtype type);

enum { SHAPE_RANK_MAX = 4 };

/** Row-major: the last axis is contiguous. Rank 0 is one element. Axes past the rank are 0. */
typedef struct shape {
    int rank;
    size_t dim[SHAPE_RANK_MAX];
} shape;

shape shape_1(size_t a);
shape shape_2(size_t a, size_t b);
shape shape_3(size_t a, size_t b, size_t c);
shape shape_4(size_t a, size_t b, size_t c, size_t d);

/** Elements; 1 for rank 0. Whoever reads shapes from outside checks them against overflow first. */
size_t shape_count(shape of);

bool shape_equal(shape a, shape b);

/** The last axis, 1 for rank 0: channels, features. */
size_t shape_last(shape of);

/** Elements / last axis: pixels, tokens. */
size_t shape_rows(shape of);

/** Bytes that shape_text() needs at most. */
enum { SHAPE_TEXT_BYTES = 96 };

/** "[1,4,64,64]"; returns `buffer`. */
const char *shape_text(shape of, char buffer[SHAPE_TEXT_BYTES]);

/** The place of an element, from its index in the array: "[0,3,17,5]"; returns `buffer`. */
const char *shape_index_text(shape of, size_t index, char buffer[SHAPE_TEXT_BYTES]);

/** A borrowed, read-only view. */
typedef struct tensor {
    dtype type;
    shape shape;
    const void *data; /**< Need not be aligned when it points into a file. */
} tensor;

/** Converts elements [first, first + count) to float32, exactly but for float64, which is rounded.
 */
void tensor_to_f32(const tensor *from, size_t first, size_t count, float *dst);

float f16_to_f32(uint16_t bits);
float bf16_to_f32(uint16_t bits);

#endif /* SD14_TENSOR_TENSOR_H */
