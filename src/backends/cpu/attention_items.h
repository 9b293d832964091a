/* SPDX-License-Identifier: Apache-2.0 */

/** How attention is cut into work items, and what both of its kinds do with one. */
#ifndef SD14_CPU_ATTENTION_ITEMS_H
#define SD14_CPU_ATTENTION_ITEMS_H

#include "backends/cpu/attention.h"

/** Some panels of GEMM_PANEL queries of one head. */
typedef struct attention_item {
    size_t batch, head;
    size_t first_query, queries;
    size_t panels; /**< ceil(queries / GEMM_PANEL) */
} attention_item;

/** Panels of an item at most: enough to pay for turning V over, few enough that Q and Oᵀ stay in the L2 cache. */
size_t attention_item_panels(size_t head_dim);

size_t attention_items(const attention_args *args);
attention_item attention_item_of(const attention_args *args, size_t number);

/** Takes count · bytes, whole cache lines, from the front of a scratch; base may be NULL to only count them in *used. */
void *attention_take(char *base, size_t *used, size_t count, size_t bytes);

/** The item's queries of args->output: Oᵀ, per panel [head_dim][GEMM_PANEL], divided by sum [panels·GEMM_PANEL]. Oᵀ is
 * written over. */
void attention_store(const attention_args *args,
                     const cpu_kernels *kernels,
                     const attention_item *item,
                     float *output,
                     const float *sum);

#endif /* SD14_CPU_ATTENTION_ITEMS_H */
