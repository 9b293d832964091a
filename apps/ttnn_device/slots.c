/* SPDX-License-Identifier: Apache-2.0 */
#include "slots.h"

#include <string.h>

#include "base/memory.h"

sd14_status slots_reserve(slots *of, long long slot, sd14_error *error)
{
    if (slot < 0 || slot >= SLOTS_MAX) FAIL(error, INVALID_ARGUMENT, "%lld is no slot", slot);
    const size_t needed = (size_t)slot + 1;
    if (needed <= of->count) return SD14_OK;
    const size_t count = needed < 2 * of->count ? 2 * of->count : needed;
    python_object **grown = mem_resize(of->items, count, sizeof(*grown));
    if (grown == NULL) FAIL_NO_MEMORY(error, "the table of tensors");
    memset(grown + of->count, 0, (count - of->count) * sizeof(*grown));
    of->items = grown;
    of->count = count;
    return SD14_OK;
}

void slots_set(slots *of, const python_api *python, size_t slot, python_object *stolen)
{
    python_object *before = of->items[slot];
    of->items[slot] = stolen;
    if (before != NULL) python->Py_DecRef(before);
}

void slots_drop(slots *of, const python_api *python, size_t slot)
{
    if (slot < of->count) slots_set(of, python, slot, NULL);
}

python_object *slots_get(const slots *of, size_t slot)
{
    return slot < of->count ? of->items[slot] : NULL;
}

void slots_release(slots *of, const python_api *python)
{
    for (size_t i = 0; i < of->count; i++) slots_drop(of, python, i);
    mem_free(of->items);
    *of = (slots){0};
}
