/* SPDX-License-Identifier: Apache-2.0 */

/** The table of Python objects that the parent's programs name by number. */
#ifndef SD14_DEVICE_SLOTS_H
#define SD14_DEVICE_SLOTS_H

#include "python_api.h"

enum { SLOTS_MAX = 1 << 20 };

typedef struct slots {
    python_object **items; /**< NULL where nothing is */
    size_t count;
} slots;

/** Makes that slot possible. @return SD14_ERROR_INVALID_ARGUMENT: no slot's number; OUT_OF_MEMORY. */
SD14_NODISCARD sd14_status slots_reserve(slots *of, long long slot, sd14_error *error);

/** Takes the reference over; what was there is dropped. The slot is reserved. */
void slots_set(slots *of, const python_api *python, size_t slot, python_object *stolen);

/** Drops the reference. @param slot  any number: one where nothing is has nothing to drop. */
void slots_drop(slots *of, const python_api *python, size_t slot);

/** The object, still the table's; NULL: nothing is there. */
python_object *slots_get(const slots *of, size_t slot);

void slots_release(slots *of, const python_api *python);

#endif /* SD14_DEVICE_SLOTS_H */
