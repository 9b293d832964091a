/* SPDX-License-Identifier: Apache-2.0 */

/* Tensors: between the shared memory, the device, the host and files. */
#include <stdint.h>
#include <string.h>

#include "python_error.h"
#include "requests.h"
#include "values.h"

static sd14_status get_slot(const request *of, size_t *out_slot, sd14_error *error)
{
    long long slot = 0;
    TRY(request_count(of, "slot", &slot, error));
    TRY(slots_reserve(&of->in->slots, slot, error));
    *out_slot = (size_t)slot;
    return SD14_OK;
}

static sd14_status get_tensor(const request *of, python_object **out_tensor, sd14_error *error)
{
    size_t slot = 0;
    TRY(get_slot(of, &slot, error));
    *out_tensor = slots_get(&of->in->slots, slot);
    if (*out_tensor == NULL) FAIL(error, INVALID_ARGUMENT, "slot %zu is empty", slot);
    return SD14_OK;
}

/* Part of the shared memory as a memoryview, a new reference. */
static sd14_status
view_memory(const request *of, size_t bytes, python_object **out_view, sd14_error *error)
{
    const session *in = of->in;
    long long offset = 0;
    TRY(request_count(of, "offset", &offset, error));
    if ((size_t)offset > in->memory_bytes || bytes > in->memory_bytes - (size_t)offset) {
        FAIL(error, INVALID_ARGUMENT, "%zu bytes at %lld: the shared memory has %zu", bytes, offset,
             in->memory_bytes);
    }
    *out_view = in->python.PyMemoryView_FromMemory((char *)in->memory + offset, (ssize_t)bytes,
                                                   PYTHON_MEMORY_WRITE);
    if (*out_view == NULL) {
        return python_error_take(&in->python, SD14_ERROR_INVALID_ARGUMENT, "memory", error);
    }
    return SD14_OK;
}

static sd14_status count_bytes(const request *of, size_t *out_bytes, sd14_error *error)
{
    const char *dtype = NULL;
    const json_t *shape = json_object_get(of->message, "shape");
    TRY(request_text(of, "dtype", &dtype, error));
    size_t bytes = strcmp(dtype, "bfloat16") == 0 ? 2 : 4;
    if (!json_is_array(shape)) FAIL(error, INVALID_ARGUMENT, "\"shape\" is no list");
    for (size_t i = 0; i < json_array_size(shape); i++) {
        const long long extent = json_integer_value(json_array_get(shape, i));
        if (extent <= 0 || bytes > (size_t)PTRDIFF_MAX / (size_t)extent) {
            FAIL(error, INVALID_ARGUMENT, "\"shape\" is no list of whole numbers >= 1");
        }
        bytes *= (size_t)extent;
    }
    *out_bytes = bytes;
    return SD14_OK;
}

/* The message's fields become the helper's arguments by their names. */
static sd14_status upload_arguments(request *of, value *out, sd14_error *error)
{
    static const char *const names[] = {"dtype", "shape", "as", "layout", "memory", "shard"};
    json_t *array = json_array();
    int code = array == NULL ? -1 : 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        json_t *field = json_object_get(of->message, names[i]);
        if (code == 0)
            code = json_array_append_new(array, field == NULL ? json_null() : json_incref(field));
    }
    sd14_status status = SD14_OK;
    if (code != 0) {
        status = error_set(error, SD14_ERROR_OUT_OF_MEMORY, "not enough memory for a request");
    } else {
        status = value_read_tuple(of->in, array, out, error);
    }
    json_decref(array);
    return status;
}

sd14_status request_upload(request *of, sd14_error *error)
{
    session *in = of->in;
    size_t slot = 0;
    size_t bytes = 0;
    value fields = {0};
    python_object *view = NULL;
    python_object *arguments = NULL;
    python_object *tensor = NULL;
    sd14_status status = SD14_OK;
    TRY(get_slot(of, &slot, error));
    TRY(count_bytes(of, &bytes, error));
    TRY(upload_arguments(of, &fields, error));
    TRY_DONE(view_memory(of, bytes, &view, error));
    TRY_DONE(value_build(in, &fields, &arguments, error));
    TRY_DONE(session_help(in, "upload", &tensor, SD14_ERROR_DEVICE, error, "(OOO)", view, arguments,
                          in->device));
    slots_set(&in->slots, &in->python, slot, tensor);
done:
    value_release(in, &fields);
    if (view != NULL) in->python.Py_DecRef(view);
    if (arguments != NULL) in->python.Py_DecRef(arguments);
    return status;
}

sd14_status request_download(request *of, sd14_error *error)
{
    session *in = of->in;
    long long capacity = 0;
    long long chip = 0;
    python_object *tensor = NULL;
    python_object *view = NULL;
    python_object *answer = NULL;
    TRY(request_count(of, "capacity", &capacity, error));
    TRY(request_count_or(of, "chip", 0, &chip, error));
    TRY(get_tensor(of, &tensor, error));
    TRY(view_memory(of, (size_t)capacity, &view, error));
    const sd14_status status = session_help(in, "download", &answer, SD14_ERROR_DEVICE, error,
                                            "(OOL)", tensor, view, chip);
    in->python.Py_DecRef(view);
    TRY(status);
    return request_answer_all(of, answer, error);
}

sd14_status request_drop(request *of, sd14_error *error)
{
    const json_t *list = json_object_get(of->message, "slots");
    if (!json_is_array(list)) FAIL(error, INVALID_ARGUMENT, "\"slots\" is no list");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *slot = json_array_get(list, i);
        if (!json_is_integer(slot) || json_integer_value(slot) < 0) {
            FAIL(error, INVALID_ARGUMENT, "a slot to drop is no number");
        }
        slots_drop(&of->in->slots, &of->in->python, (size_t)json_integer_value(slot));
    }
    return SD14_OK;
}

sd14_status request_save(request *of, sd14_error *error)
{
    const char *path = NULL;
    python_object *tensor = NULL;
    python_object *none = NULL;
    TRY(request_text(of, "path", &path, error));
    TRY(get_tensor(of, &tensor, error));
    TRY(session_help(of->in, "save", &none, SD14_ERROR_DEVICE, error, "(Os)", tensor, path));
    of->in->python.Py_DecRef(none);
    return SD14_OK;
}

sd14_status request_load(request *of, sd14_error *error)
{
    size_t slot = 0;
    const char *path = NULL;
    const char *memory = NULL;
    python_object *tensor = NULL;
    TRY(get_slot(of, &slot, error));
    TRY(request_text(of, "path", &path, error));
    TRY(request_text(of, "memory", &memory, error));
    TRY(session_help(of->in, "load", &tensor, SD14_ERROR_DEVICE, error, "(ssO)", path, memory,
                     of->in->device));
    slots_set(&of->in->slots, &of->in->python, slot, tensor);
    return SD14_OK;
}

sd14_status request_memory(request *of, sd14_error *error)
{
    python_object *figures = NULL;
    TRY(session_help(of->in, "memory", &figures, SD14_ERROR_DEVICE, error, "(O)", of->in->device));
    return request_answer_all(of, figures, error);
}
