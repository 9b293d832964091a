/* SPDX-License-Identifier: Apache-2.0 */

/**
 * A growing list of 32-bit numbers: code points or token ids. A failed allocation is remembered and
 * later additions do nothing: build first, look at `failed` once.
 */
#ifndef SD14_MODELS_U32_LIST_H
#define SD14_MODELS_U32_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct u32_list {
    uint32_t *items; /**< owned; NULL before the first addition */
    size_t count;
    size_t capacity;
    bool failed;
} u32_list;

void u32_list_add(u32_list *list, uint32_t item);

void u32_list_add_all(u32_list *list, const uint32_t *items, size_t count);

/** Empties the list and keeps its memory; a remembered failure stays. */
void u32_list_clear(u32_list *list);

void u32_list_release(u32_list *list);

#endif /* SD14_MODELS_U32_LIST_H */
