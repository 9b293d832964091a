/* SPDX-License-Identifier: Apache-2.0 */

/** Programs: lists of calls of ttnn's functions, read once and executed often. */
#ifndef SD14_DEVICE_PROGRAM_H
#define SD14_DEVICE_PROGRAM_H

#include "session.h"
#include "values.h"

typedef struct call {
    char *name;              /**< as the parent wrote it */
    python_object *function; /**< looked up */
    value arguments;         /**< a tuple */
    value keywords;          /**< a dict; empty: none */
    json_t *out;             /**< where the result goes, checked */
    size_t *drop;            /**< slots that nobody needs any more */
    size_t drop_count;
    long long node;
} call;

struct program {
    long long name;
    call *calls;
    size_t count;
    python_object *trace; /**< what the device recorded; NULL: nothing */
    program *next;
};

/** Where a program stopped. */
typedef struct program_place {
    long long call; /**< -1: none */
    long long node;
} program_place;

/**
 * Looks every function and name up.
 * @param out_program  the caller's to program_destroy().
 * @return SD14_ERROR_INVALID_ARGUMENT: no calls; SD14_ERROR_FAILED: a name that does not exist.
 */
SD14_NODISCARD sd14_status program_read(session *in,
                                        const json_t *calls,
                                        program **out_program,
                                        program_place *out_place,
                                        sd14_error *error);

void program_destroy(session *in, program *of);

/** Told before each call; anything but SD14_OK ends the run with that status. */
typedef sd14_status program_watch(void *user, size_t index, size_t of, sd14_error *error);

/**
 * Executes the calls [first, last).
 * @param watch  may be NULL.
 * @return SD14_ERROR_DEVICE: a function raised an exception; SD14_ERROR_INVALID_ARGUMENT: an empty slot, a result
 *         that cannot be taken apart; what `watch` said.
 */
SD14_NODISCARD sd14_status program_run(session *in,
                                       const program *of,
                                       size_t first,
                                       size_t last,
                                       program_watch *watch,
                                       void *user,
                                       program_place *out_place,
                                       sd14_error *error);

#endif /* SD14_DEVICE_PROGRAM_H */
