/* SPDX-License-Identifier: Apache-2.0 */

/* Calls of ttnn's functions: at once, kept as programs, recorded by the device, measured. */
#include <string.h>

#include "connection.h"
#include "requests.h"

static sd14_status heed_stop(void *user, size_t index, size_t of, sd14_error *error)
{
    const request *asked = user;
    if (connection_waits(asked->socket)) {
        FAIL(error, CANCELLED, "stopped before call %zu of %zu", index, of);
    }
    return SD14_OK;
}

static sd14_status tell_call(void *user, size_t index, size_t of, sd14_error *error)
{
    const request *asked = user;
    TRY(heed_stop(user, index, of, error));
    json_t *note = json_pack("{s:s, s:I, s:I}", "note", "call", "index", (json_int_t)index, "of",
                             (json_int_t)of);
    if (note == NULL) FAIL_NO_MEMORY(error, "a note");
    const sd14_status status = connection_send(asked->socket, note, error);
    json_decref(note);
    return status;
}

/* Calls [first, last) of a program. */
static sd14_status
run_part(request *of, const program *what, size_t first, size_t last, sd14_error *error)
{
    const bool watch = json_is_true(json_object_get(of->message, "watch"));
    return program_run(of->in, what, first, last, watch ? tell_call : heed_stop, of, &of->place,
                       error);
}

static sd14_status run_whole(request *of, const program *what, sd14_error *error)
{
    return run_part(of, what, 0, what->count, error);
}

/* What was asked for has been done, not only begun. */
static sd14_status wait_if_asked(request *of, sd14_error *error)
{
    python_object *none = NULL;
    if (!json_is_true(json_object_get(of->message, "wait"))) return SD14_OK;
    TRY(session_help(of->in, "synchronize", &none, SD14_ERROR_DEVICE, error, "(O)",
                     of->in->device));
    of->in->python.Py_DecRef(none);
    return SD14_OK;
}

sd14_status request_call(request *of, sd14_error *error)
{
    program *once = NULL;
    TRY(program_read(of->in, json_object_get(of->message, "calls"), &once, &of->place, error));
    const sd14_status status = run_whole(of, once, error);
    program_destroy(of->in, once);
    TRY(status);
    return wait_if_asked(of, error);
}

/* Where the link to that program is; to NULL: there is none of that name. */
static program **find_link(session *in, long long name)
{
    program **link = &in->programs;
    while (*link != NULL && (*link)->name != name) link = &(*link)->next;
    return link;
}

/* NULL, and the error: there is no such program, or none was named. */
static program *find_program(request *of, sd14_error *error)
{
    long long name = 0;
    if (request_count(of, "program", &name, error) != SD14_OK) return NULL;
    program *found = *find_link(of->in, name);
    if (found == NULL) {
        (void)error_set(error, SD14_ERROR_INVALID_ARGUMENT, "there is no program %lld", name);
    }
    return found;
}

sd14_status request_define(request *of, sd14_error *error)
{
    program *made = NULL;
    long long name = 0;
    TRY(request_count(of, "program", &name, error));
    program **link = find_link(of->in, name);
    if (*link != NULL) FAIL(error, INVALID_ARGUMENT, "there is a program %lld already", name);
    TRY(program_read(of->in, json_object_get(of->message, "calls"), &made, &of->place, error));
    made->name = name;
    *link = made;
    return SD14_OK;
}

sd14_status request_run(request *of, sd14_error *error)
{
    long long first = 0;
    long long last = 0;
    const program *what = find_program(of, error);
    if (what == NULL) return SD14_ERROR_INVALID_ARGUMENT;
    TRY(request_count_or(of, "first", 0, &first, error));
    TRY(request_count_or(of, "last", (long long)what->count, &last, error));
    if (first > last || (size_t)last > what->count) {
        FAIL(error, INVALID_ARGUMENT, "calls %lld to %lld of %zu", first, last, what->count);
    }
    TRY(run_part(of, what, (size_t)first, (size_t)last, error));
    return wait_if_asked(of, error);
}

static sd14_status
trace_help(request *of, const char *function, python_object *trace, sd14_error *error)
{
    python_object *none = NULL;
    TRY(session_help(of->in, function, &none, SD14_ERROR_DEVICE, error, "(OO)", of->in->device,
                     trace));
    of->in->python.Py_DecRef(none);
    return SD14_OK;
}

static sd14_status drop_trace(request *of, program *what, sd14_error *error)
{
    if (what->trace == NULL) return SD14_OK;
    const sd14_status status = trace_help(of, "trace_release", what->trace, error);
    of->in->python.Py_DecRef(what->trace);
    what->trace = NULL;
    return status;
}

sd14_status request_capture(request *of, sd14_error *error)
{
    python_object *trace = NULL;
    sd14_error ignored;
    program *what = find_program(of, error);
    if (what == NULL) return SD14_ERROR_INVALID_ARGUMENT;
    TRY(drop_trace(of, what, error));
    TRY(session_help(of->in, "trace_begin", &trace, SD14_ERROR_DEVICE, error, "(O)",
                     of->in->device));
    const sd14_status status = run_whole(of, what, error);
    const sd14_status ended =
        trace_help(of, "trace_end", trace, status == SD14_OK ? error : &ignored);
    what->trace = trace;
    if (status == SD14_OK && ended == SD14_OK) return SD14_OK;
    (void)!drop_trace(of, what, &ignored);
    return status != SD14_OK ? status : ended;
}

sd14_status request_replay(request *of, sd14_error *error)
{
    program *what = find_program(of, error);
    if (what == NULL) return SD14_ERROR_INVALID_ARGUMENT;
    if (what->trace == NULL) {
        FAIL(error, INVALID_ARGUMENT, "program %lld has not been captured", what->name);
    }
    TRY(trace_help(of, "trace_replay", what->trace, error));
    return wait_if_asked(of, error);
}

/* conv2d's tables stay in a part of L1 that two or three sizes of pictures would fill. A trace runs what was
 * compiled: while there is one, all of it stays. */
static sd14_status forget_compiled(request *of, sd14_error *error)
{
    python_object *none = NULL;
    for (const program *other = of->in->programs; other != NULL; other = other->next) {
        if (other->trace != NULL) return SD14_OK;
    }
    TRY(session_help(of->in, "forget_compiled", &none, SD14_ERROR_DEVICE, error, "(O)",
                     of->in->device));
    of->in->python.Py_DecRef(none);
    return SD14_OK;
}

sd14_status request_release(request *of, sd14_error *error)
{
    program *what = find_program(of, error);
    if (what == NULL) return SD14_ERROR_INVALID_ARGUMENT;
    const sd14_status status = drop_trace(of, what, error);
    *find_link(of->in, what->name) = what->next;
    program_destroy(of->in, what);
    return status == SD14_OK ? forget_compiled(of, error) : status;
}

sd14_status request_measure(request *of, sd14_error *error)
{
    python_object *result = NULL;
    sd14_error ignored;
    program *what = find_program(of, error);
    if (what == NULL) return SD14_ERROR_INVALID_ARGUMENT;
    TRY(session_help(of->in, "measure_begin", &result, SD14_ERROR_DEVICE, error, "()"));
    of->in->python.Py_DecRef(result);
    const sd14_status status = run_whole(of, what, error);
    const sd14_status ended = session_help(of->in, "measure_end", &result, SD14_ERROR_DEVICE,
                                           status == SD14_OK ? error : &ignored, "()");
    if (ended == SD14_OK && status != SD14_OK) of->in->python.Py_DecRef(result);
    TRY(status);
    TRY(ended);
    return request_answer_all(of, result, error);
}
