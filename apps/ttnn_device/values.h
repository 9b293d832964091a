/* SPDX-License-Identifier: Apache-2.0 */

/** Arguments of calls: read from JSON once, with every name looked up, and built as Python objects at each call. */
#ifndef SD14_DEVICE_VALUES_H
#define SD14_DEVICE_VALUES_H

#include "session.h"

typedef enum value_kind {
    VALUE_OBJECT, /**< always the same: a number, a text, something of ttnn, the device */
    VALUE_SLOT,
    VALUE_LIST,
    VALUE_TUPLE,
    VALUE_DICT
} value_kind;

typedef struct value {
    value_kind kind;
    python_object *object; /**< VALUE_OBJECT's */
    size_t slot;           /**< VALUE_SLOT's */
    struct value *items;   /**< of the others */
    python_object **keys;  /**< VALUE_DICT's */
    size_t count;
} value;

/** @return SD14_ERROR_INVALID_ARGUMENT: no value; SD14_ERROR_FAILED: a name that does not exist. On failure there
 * is nothing to release. */
SD14_NODISCARD sd14_status value_read(session *in,
                                      const json_t *json,
                                      value *out,
                                      sd14_error *error);

/** As value_read() for a JSON array that stands for a tuple (NULL: the empty one). */
SD14_NODISCARD sd14_status value_read_tuple(session *in,
                                            const json_t *array,
                                            value *out,
                                            sd14_error *error);

/** As value_read() for a JSON object that stands for a dict (NULL: the empty one). */
SD14_NODISCARD sd14_status value_read_dict(session *in,
                                           const json_t *object,
                                           value *out,
                                           sd14_error *error);

/** A new reference. @return SD14_ERROR_INVALID_ARGUMENT: a slot where nothing is; OUT_OF_MEMORY. */
SD14_NODISCARD sd14_status value_build(session *in,
                                       const value *from,
                                       python_object **out_object,
                                       sd14_error *error);

void value_release(session *in, value *of);

#endif /* SD14_DEVICE_VALUES_H */
