/* SPDX-License-Identifier: Apache-2.0 */
#include "models/tokenizer/u32_list.h"

#include <string.h>

#include "base/memory.h"

static bool reserve(u32_list *list, size_t more)
{
    if (list->failed) return false;
    if (more <= list->capacity - list->count) return true;

    size_t capacity = list->capacity < 32 ? 64 : 2 * list->capacity;
    if (capacity - list->count < more) capacity = list->count + more;
    uint32_t *items = mem_resize(list->items, capacity, sizeof(*items));
    if (items == NULL) {
        list->failed = true;
        return false;
    }
    list->items = items;
    list->capacity = capacity;
    return true;
}

void u32_list_add(u32_list *list, uint32_t item)
{
    if (reserve(list, 1)) list->items[list->count++] = item;
}

void u32_list_add_all(u32_list *list, const uint32_t *items, size_t count)
{
    if (count == 0 || !reserve(list, count)) return;
    memcpy(list->items + list->count, items, count * sizeof(*items));
    list->count += count;
}

void u32_list_clear(u32_list *list)
{
    list->count = 0;
}

void u32_list_release(u32_list *list)
{
    mem_free(list->items);
    *list = (u32_list){0};
}
