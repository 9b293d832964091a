/* SPDX-License-Identifier: Apache-2.0 */

/** What the parent may ask: each request's name, its fields and its reply are in docs/ttnn-device.md. */
#ifndef SD14_DEVICE_REQUESTS_H
#define SD14_DEVICE_REQUESTS_H

#include "program.h"
#include "session.h"

/** A request in progress. */
typedef struct request {
    session *in;
    int socket; /**< for notes, and for the parent's wish to stop */
    const json_t *message;
    json_t *reply;       /**< an object, to which a request adds */
    program_place place; /**< where it failed */
} request;

/**
 * Executes one.
 * @return SD14_OK
 *         SD14_ERROR_INVALID_ARGUMENT  what was asked makes no sense: "protocol"
 *         SD14_ERROR_FAILED            Python, its modules or a name is missing: "python"
 *         SD14_ERROR_DEVICE            a function of ttnn raised an exception: "ttnn"
 *         SD14_ERROR_FILE              the device could not be opened or closed: "device"
 *         SD14_ERROR_CANCELLED         the parent wished to stop: "stopped"
 *         SD14_ERROR_OUT_OF_MEMORY     "memory"
 */
SD14_NODISCARD sd14_status request_execute(request *of, sd14_error *error);

/** The word for a failure's status in a reply. */
const char *request_kind(sd14_status status);

/* What the table of requests names. */
typedef sd14_status request_fn(request *of, sd14_error *error);
request_fn request_open, request_close;               /* request_device.c */
request_fn request_call, request_define, request_run; /* request_program.c */
request_fn request_capture, request_replay, request_release, request_measure;
request_fn request_upload, request_download, request_drop; /* request_tensor.c */
request_fn request_save, request_load, request_memory;

/* Fields of a request. @return SD14_ERROR_INVALID_ARGUMENT: not there, or something else. */
SD14_NODISCARD sd14_status request_text(const request *of,
                                        const char *key,
                                        const char **out_text,
                                        sd14_error *error);
SD14_NODISCARD sd14_status request_count(const request *of,
                                         const char *key,
                                         long long *out_count,
                                         sd14_error *error);

/** Without the field: `other`. */
SD14_NODISCARD sd14_status request_count_or(
    const request *of, const char *key, long long other, long long *out_count, sd14_error *error);

/** Adds a field; `value` is taken over (NULL: no memory). @return SD14_ERROR_OUT_OF_MEMORY. */
SD14_NODISCARD sd14_status request_answer(request *of,
                                          const char *key,
                                          json_t *value,
                                          sd14_error *error);

/** Adds the fields of an object that a helper's function gave as JSON; its reference is taken. @return
 * SD14_ERROR_FAILED: it is none; SD14_ERROR_OUT_OF_MEMORY. */
SD14_NODISCARD sd14_status request_answer_all(request *of,
                                              python_object *stolen,
                                              sd14_error *error);

#endif /* SD14_DEVICE_REQUESTS_H */
