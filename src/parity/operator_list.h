/* SPDX-License-Identifier: Apache-2.0 */

/** The operators of a picture, equal ones at equal shapes once. */
#ifndef SD14_PARITY_OPERATOR_LIST_H
#define SD14_PARITY_OPERATOR_LIST_H

#include <stdint.h>

#include "base/text.h"
#include "graph/cost.h"
#include "models/config.h"

/** Text encoder, UNet, the scheduler's step, VAE decoder. */
enum { OPERATOR_PARTS = 4 };

typedef struct operator_shape {
    const graph *graph; /**< the part it is in */
    graph_value node;   /**< the first one like this */
    text shapes;    /**< "[2,64,64,320] -> [2,64,64,320], kernel 3": all that its time depends on */
    uint64_t calls; /**< in one run of the part */
    uint64_t runs;  /**< of the part per picture */
    graph_cost cost; /**< of one call */
} operator_shape;

typedef struct operator_list {
    graph *parts[OPERATOR_PARTS];
    operator_shape *shapes;
    size_t n_shapes;
} operator_list;

typedef struct operator_list_params {
    size_t height, width; /**< pixels, multiples of model_pixel_multiple() */
    size_t batch;         /**< of UNet and text encoder: 2 with guidance, else 1 */
    uint64_t steps;
} operator_list_params;

/** @return SD14_OK; SD14_ERROR_MODEL; SD14_ERROR_OUT_OF_MEMORY. The list is to be released either way. */
SD14_NODISCARD sd14_status operator_list_make(const model_config *config,
                                              const operator_list_params *params,
                                              operator_list *out_list,
                                              sd14_error *error);

/** An all-zero or released list is fine. */
void operator_list_release(operator_list *list);

#endif /* SD14_PARITY_OPERATOR_LIST_H */
