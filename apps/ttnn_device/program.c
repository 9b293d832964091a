/* SPDX-License-Identifier: Apache-2.0 */
#include "program.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "python_error.h"

static void call_release(session *in, call *of)
{
    if (of->function != NULL) in->python.Py_DecRef(of->function);
    value_release(in, &of->arguments);
    value_release(in, &of->keywords);
    json_decref(of->out);
    mem_free(of->drop);
    mem_free(of->name);
    *of = (call){0};
}

void program_destroy(session *in, program *of)
{
    if (of == NULL) return;
    for (size_t i = 0; i < of->count; i++) call_release(in, &of->calls[i]);
    if (of->trace != NULL) in->python.Py_DecRef(of->trace);
    mem_free(of->calls);
    mem_free(of);
}

/* A slot's number, null, or a list of these; every slot is made possible. */
static sd14_status check_out(session *in, const json_t *out, sd14_error *error)
{
    if (out == NULL || json_is_null(out)) return SD14_OK;
    if (json_is_integer(out)) return slots_reserve(&in->slots, json_integer_value(out), error);
    if (!json_is_array(out)) FAIL(error, INVALID_ARGUMENT, "a result goes to no slot");
    for (size_t i = 0; i < json_array_size(out); i++) {
        TRY(check_out(in, json_array_get(out, i), error));
    }
    return SD14_OK;
}

static sd14_status read_drop(const json_t *drop, call *to, sd14_error *error)
{
    if (drop == NULL) return SD14_OK;
    if (!json_is_array(drop)) FAIL(error, INVALID_ARGUMENT, "slots to drop are no list");
    to->drop = mem_array(json_array_size(drop), sizeof(*to->drop));
    if (to->drop == NULL) FAIL_NO_MEMORY(error, "a program");
    for (size_t i = 0; i < json_array_size(drop); i++) {
        const json_t *slot = json_array_get(drop, i);
        if (!json_is_integer(slot) || json_integer_value(slot) < 0) {
            FAIL(error, INVALID_ARGUMENT, "a slot to drop is no number");
        }
        to->drop[to->drop_count++] = (size_t)json_integer_value(slot);
    }
    return SD14_OK;
}

static sd14_status read_call(session *in, const json_t *json, call *out, sd14_error *error)
{
    const char *name = json_string_value(json_object_get(json, "f"));
    const json_t *node = json_object_get(json, "n");
    sd14_error why;
    out->node = json_is_integer(node) ? json_integer_value(node) : -1;
    if (name == NULL) FAIL(error, INVALID_ARGUMENT, "a call without a function");
    out->name = mem_string(name);
    if (out->name == NULL) FAIL_NO_MEMORY(error, "a program");
    TRY(session_find(in, name, &out->function, error));
    sd14_status status = value_read_tuple(in, json_object_get(json, "a"), &out->arguments, &why);
    if (status == SD14_OK) {
        status = value_read_dict(in, json_object_get(json, "k"), &out->keywords, &why);
    }
    if (status == SD14_OK) {
        out->out = json_incref(json_object_get(json, "o"));
        status = check_out(in, out->out, &why);
    }
    if (status == SD14_OK) status = read_drop(json_object_get(json, "d"), out, &why);
    return status == SD14_OK ? SD14_OK : error_set(error, status, "%s: %s", name, why.text);
}

sd14_status program_read(session *in,
                         const json_t *calls,
                         program **out_program,
                         program_place *out_place,
                         sd14_error *error)
{
    *out_program = NULL;
    *out_place = (program_place){-1, -1};
    if (!json_is_array(calls)) FAIL(error, INVALID_ARGUMENT, "\"calls\" is no list");
    program *of = mem_array(1, sizeof(*of));
    if (of == NULL) FAIL_NO_MEMORY(error, "a program");
    of->calls = mem_array(json_array_size(calls), sizeof(*of->calls));
    if (of->calls == NULL) {
        mem_free(of);
        FAIL_NO_MEMORY(error, "a program");
    }
    sd14_status status = SD14_OK;
    while (status == SD14_OK && of->count < json_array_size(calls)) {
        call *next = &of->calls[of->count];
        status = read_call(in, json_array_get(calls, of->count), next, error);
        if (status != SD14_OK) *out_place = (program_place){(long long)of->count, next->node};
        of->count++; /* also one that was read in part: it is released */
    }
    if (status != SD14_OK) {
        program_destroy(in, of);
        return status;
    }
    *out_program = of;
    return SD14_OK;
}

/* Takes the result's reference. */
static sd14_status
put_result(session *in, const json_t *out, python_object *result, sd14_error *error)
{
    const python_api *python = &in->python;
    if (json_is_integer(out)) {
        slots_set(&in->slots, python, (size_t)json_integer_value(out), result);
        return SD14_OK;
    }
    sd14_status status = SD14_OK;
    if (json_is_array(out)) {
        const ssize_t count = python->PySequence_Size(result);
        if (count != (ssize_t)json_array_size(out)) {
            python->PyErr_Clear();
            status = error_set(error, SD14_ERROR_INVALID_ARGUMENT,
                               "its result is not the sequence of %zu that was expected",
                               json_array_size(out));
        }
        for (size_t i = 0; status == SD14_OK && i < json_array_size(out); i++) {
            python_object *item = python->PySequence_GetItem(result, (ssize_t)i);
            status = item == NULL
                         ? python_error_take(python, SD14_ERROR_DEVICE, "its result", error)
                         : put_result(in, json_array_get(out, i), item, error);
        }
    }
    python->Py_DecRef(result);
    return status;
}

static sd14_status run_call(session *in, const call *what, sd14_error *error)
{
    const python_api *python = &in->python;
    sd14_error why;
    python_object *arguments = NULL;
    python_object *keywords = NULL;
    python_object *result = NULL;
    sd14_status status = value_build(in, &what->arguments, &arguments, &why);
    if (status == SD14_OK && what->keywords.count > 0) {
        status = value_build(in, &what->keywords, &keywords, &why);
    }
    if (status == SD14_OK) {
        result = session_call(in, what->function, arguments, keywords);
    }
    /* Before the slots: the last reference must not be the arguments'. */
    if (arguments != NULL) python->Py_DecRef(arguments);
    if (keywords != NULL) python->Py_DecRef(keywords);
    if (status == SD14_OK && result == NULL) {
        return python_error_take(python, SD14_ERROR_DEVICE, what->name, error);
    }
    if (status == SD14_OK) status = put_result(in, what->out, result, &why);
    if (status != SD14_OK) return error_set(error, status, "%s: %s", what->name, why.text);
    for (size_t i = 0; i < what->drop_count; i++) slots_drop(&in->slots, python, what->drop[i]);
    return SD14_OK;
}

sd14_status program_run(session *in,
                        const program *of,
                        size_t first,
                        size_t last,
                        program_watch *watch,
                        void *user,
                        program_place *out_place,
                        sd14_error *error)
{
    *out_place = (program_place){-1, -1};
    for (size_t i = first; i < last; i++) {
        sd14_status status = watch == NULL ? SD14_OK : watch(user, i, of->count, error);
        if (status == SD14_OK) status = run_call(in, &of->calls[i], error);
        if (status != SD14_OK) {
            *out_place = (program_place){(long long)i, of->calls[i].node};
            return status;
        }
    }
    return SD14_OK;
}
