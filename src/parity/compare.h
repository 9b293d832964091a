/* SPDX-License-Identifier: Apache-2.0 */

/**
 * Two recorded runs, or two files, side by side: every tensor and picture measured and held against its
 * limits, everything else that differs named. A is judged, B is the reference.
 */
#ifndef SD14_PARITY_COMPARE_H
#define SD14_PARITY_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "parity/run_folder.h"
#include "parity/thresholds.h"
#include "tensor/distance.h"
#include "tensor/tensor.h"

enum { SIDE_A, SIDE_B, SIDES };

/** What is asked for; all borrowed. */
typedef struct compare_request {
    const char *path[SIDES];     /**< two run folders, or two files of one kind */
    const char *thresholds_path; /**< NULL: the built-in ones */
    bool verify;                 /**< hash every file of both runs first */
} compare_request;

/** Something that is not as it should be. */
typedef struct compare_finding {
    char *item;    /**< NULL: the run as a whole */
    char *subject; /**< a tensor, a file, a setting */
    char *sentence;
    bool fails; /**< else worth knowing, and no more */
} compare_finding;

/** One tensor, or "picture", of one item. */
typedef struct compared_tensor {
    char *name;
    dtype type[SIDES];
    shape shape[SIDES]; /**< a picture's: [height, width, 3] */
    bool is_there[SIDES];
    bool measured;                /**< shapes agree and both can be measured: `values` hold */
    bool finite;                  /**< no NaN or infinity was found */
    double values[MEASURE_COUNT]; /**< NaN: does not apply, or could not be measured */
    const threshold_row *limits;  /**< NULL: none */
    double excess; /**< the largest part of a limit used up: more than 1 fails; infinite where it
                        could not be measured */
    measure worst; /**< that limit's measure */
    bool fails;    /**< a finding about it does */
} compared_tensor;

typedef struct compared_item {
    char *id;
    const run_item *run[SIDES]; /**< NULL: not in that run, or single files are compared */
    compared_tensor *tensors;
    size_t tensor_count, tensor_capacity;
    size_t worst;  /**< the tensor with the largest excess */
    double excess; /**< its; infinite when the item was not in both runs */
    double total;  /**< the sum of all of them */
    bool fails;
} compared_item;

typedef struct comparison {
    compare_request request; /**< its strings are owned */
    thresholds limits;
    bool of_runs; /**< else of two files, and `runs` are empty */
    run_folder runs[SIDES];
    compared_item *items; /**< in B's order, then those that only A has */
    size_t item_count;
    size_t *order; /**< indices of items, the worst first */
    compare_finding *findings;
    size_t finding_count, finding_capacity;
    size_t failure_count;     /**< findings that fail: 0 is a pass */
    size_t failed_item_count; /**< items with such findings */
    bool out_of_memory;       /**< met on the way; comparison_make() fails */
} comparison;

/**
 * @param out_comparison  Set on success, whatever the verdict: comparison_destroy().
 * @return SD14_ERROR_FILE, SD14_ERROR_MODEL: a folder without a readable manifest, a file that is none of
 *         .npy, .safetensors and .png or is damaged, the thresholds; SD14_ERROR_INVALID_ARGUMENT: a folder
 *         and a file, two kinds of files; SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status comparison_make(const compare_request *request,
                                           comparison **out_comparison,
                                           sd14_error *error);

/** NULL is fine. */
void comparison_destroy(comparison *of);

/** "A" or "B". */
const char *side_name(int side);

#endif /* SD14_PARITY_COMPARE_H */
