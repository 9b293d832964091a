/* SPDX-License-Identifier: Apache-2.0 */

/** What the process holds between requests. */
#ifndef SD14_DEVICE_SESSION_H
#define SD14_DEVICE_SESSION_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "python_api.h"
#include "slots.h"

typedef struct program program;

typedef struct session {
    python_api python;
    python_object *ttnn;   /**< the module; NULL: not opened yet */
    python_object *helper; /**< helper.py as a module */
    python_object *device; /**< NULL: none is open */
    slots slots;
    program *programs; /**< a list, by program.h */

    int64_t busy_ns; /**< in Python's functions, of the request that is executed */

    uint8_t *memory; /**< shared with the parent */
    size_t memory_bytes;
} session;

/** The object behind dots: "MathFidelity.HiFi2" of ttnn, "helper.NAME" of the helper. A new reference.
 * @return SD14_ERROR_FAILED: there is no such name. */
SD14_NODISCARD sd14_status session_find(session *of,
                                        const char *dotted,
                                        python_object **out_object,
                                        sd14_error *error);

/**
 * Calls a function of the helper. Its arguments by a format of Py_BuildValue() that gives a tuple.
 * @param out_result  a new reference.
 * @return `failure` when it raises an exception.
 */
SD14_NODISCARD sd14_status session_help(session *of,
                                        const char *function,
                                        python_object **out_result,
                                        sd14_status failure,
                                        sd14_error *error,
                                        const char *format,
                                        ...);

/** Calls, and counts the time. @return a new reference; NULL: it raised an exception. */
python_object *session_call(session *of,
                            python_object *function,
                            python_object *arguments,
                            python_object *keywords);

/** Takes the reference of a text that is JSON. @return SD14_ERROR_FAILED: it is none. */
SD14_NODISCARD sd14_status session_take_json(session *of,
                                             python_object *stolen,
                                             json_t **out_json,
                                             sd14_error *error);

#endif /* SD14_DEVICE_SESSION_H */
