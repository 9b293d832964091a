/* SPDX-License-Identifier: Apache-2.0 */
#include "values.h"

#include <string.h>

#include "base/memory.h"
#include "python_error.h"

void value_release(session *in, value *of)
{
    const python_api *python = &in->python;
    if (of->object != NULL) python->Py_DecRef(of->object);
    for (size_t i = 0; i < of->count; i++) {
        value_release(in, &of->items[i]);
        if (of->keys != NULL && of->keys[i] != NULL) python->Py_DecRef(of->keys[i]);
    }
    mem_free(of->items);
    mem_free(of->keys);
    *of = (value){0};
}

static sd14_status reserve(value *of, size_t count, sd14_error *error)
{
    of->items = mem_array(count, sizeof(*of->items));
    if (of->kind == VALUE_DICT) of->keys = mem_array(count, sizeof(*of->keys));
    if (of->items == NULL || (of->kind == VALUE_DICT && of->keys == NULL)) {
        FAIL_NO_MEMORY(error, "a call's arguments");
    }
    return SD14_OK;
}

static sd14_status
read_items(session *in, const json_t *array, value_kind kind, value *out, sd14_error *error)
{
    sd14_status status = SD14_OK;
    out->kind = kind;
    if (array != NULL && !json_is_array(array)) {
        FAIL(error, INVALID_ARGUMENT, "a call's list is no JSON array");
    }
    TRY_DONE(reserve(out, json_array_size(array), error));
    for (size_t i = 0; i < json_array_size(array); i++) {
        TRY_DONE(value_read(in, json_array_get(array, i), &out->items[i], error));
        out->count = i + 1;
    }
done:
    if (status != SD14_OK) value_release(in, out);
    return status;
}

sd14_status value_read_tuple(session *in, const json_t *array, value *out, sd14_error *error)
{
    *out = (value){0};
    return read_items(in, array, VALUE_TUPLE, out, error);
}

sd14_status value_read_dict(session *in, const json_t *object, value *out, sd14_error *error)
{
    sd14_status status = SD14_OK;
    const char *key = NULL;
    json_t *item = NULL;
    *out = (value){.kind = VALUE_DICT};
    if (object != NULL && !json_is_object(object)) {
        FAIL(error, INVALID_ARGUMENT, "a call's names are no JSON object");
    }
    TRY_DONE(reserve(out, json_object_size(object), error));
    json_object_foreach((json_t *)(uintptr_t)object, key, item)
    {
        TRY_DONE(value_read(in, item, &out->items[out->count], error));
        out->keys[out->count] = in->python.PyUnicode_InternFromString(key);
        out->count++;
        if (out->keys[out->count - 1] == NULL) {
            TRY_DONE(python_error_take(&in->python, SD14_ERROR_INVALID_ARGUMENT, key, error));
        }
    }
done:
    if (status != SD14_OK) value_release(in, out);
    return status;
}

/* {"s": 3}, {"t": "bfloat16"}, {"device": true}, {"tuple": [...]}, {"dict": {...}} */
static sd14_status read_marked(session *in, const json_t *json, value *out, sd14_error *error)
{
    const json_t *slot = json_object_get(json, "s");
    const json_t *name = json_object_get(json, "t");
    const json_t *tuple = json_object_get(json, "tuple");
    const json_t *dict = json_object_get(json, "dict");
    if (json_object_size(json) != 1) FAIL(error, INVALID_ARGUMENT, "a value with several meanings");
    if (json_is_integer(slot)) {
        const long long number = json_integer_value(slot);
        if (number < 0 || number >= SLOTS_MAX) {
            FAIL(error, INVALID_ARGUMENT, "%lld is no slot", number);
        }
        *out = (value){.kind = VALUE_SLOT, .slot = (size_t)number};
        return SD14_OK;
    }
    if (json_is_string(name)) return session_find(in, json_string_value(name), &out->object, error);
    if (json_is_true(json_object_get(json, "device"))) {
        in->python.Py_IncRef(in->device);
        out->object = in->device;
        return SD14_OK;
    }
    if (tuple != NULL) return read_items(in, tuple, VALUE_TUPLE, out, error);
    if (dict != NULL) return value_read_dict(in, dict, out, error);
    FAIL(error, INVALID_ARGUMENT, "a value of no known kind");
}

sd14_status value_read(session *in, const json_t *json, value *out, sd14_error *error)
{
    const python_api *python = &in->python;
    *out = (value){0};
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return read_marked(in, json, out, error);
    case JSON_ARRAY:
        return read_items(in, json, VALUE_LIST, out, error);
    case JSON_STRING:
        out->object = python->PyUnicode_FromStringAndSize(json_string_value(json),
                                                          (ssize_t)json_string_length(json));
        break;
    case JSON_INTEGER:
        out->object = python->PyLong_FromLongLong(json_integer_value(json));
        break;
    case JSON_REAL:
        out->object = python->PyFloat_FromDouble(json_real_value(json));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        out->object = python->PyBool_FromLong(json_is_true(json));
        break;
    case JSON_NULL:
        out->object = python->Py_BuildValue("");
        break;
    }
    if (out->object != NULL) return SD14_OK;
    return python_error_take(python, SD14_ERROR_INVALID_ARGUMENT, "a call's argument", error);
}

/* Puts an item where it belongs; its reference is taken. */
static int put(session *in, const value *from, size_t at, python_object *into, python_object *item)
{
    const python_api *python = &in->python;
    if (from->kind == VALUE_TUPLE) return python->PyTuple_SetItem(into, (ssize_t)at, item);
    if (from->kind == VALUE_LIST) return python->PyList_SetItem(into, (ssize_t)at, item);
    const int code = python->PyDict_SetItem(into, from->keys[at], item);
    python->Py_DecRef(item);
    return code;
}

static sd14_status
build_items(session *in, const value *from, python_object **out_object, sd14_error *error)
{
    const python_api *python = &in->python;
    const ssize_t count = (ssize_t)from->count;
    python_object *into = from->kind == VALUE_TUPLE  ? python->PyTuple_New(count)
                          : from->kind == VALUE_LIST ? python->PyList_New(count)
                                                     : python->PyDict_New();
    sd14_status status = into == NULL ? SD14_ERROR_OUT_OF_MEMORY : SD14_OK;
    for (size_t i = 0; status == SD14_OK && i < from->count; i++) {
        python_object *item = NULL;
        TRY_DONE(value_build(in, &from->items[i], &item, error));
        if (put(in, from, i, into, item) != 0) status = SD14_ERROR_OUT_OF_MEMORY;
    }
    if (status == SD14_ERROR_OUT_OF_MEMORY) {
        TRY_DONE(python_error_take(python, status, "a call's arguments", error));
    }
done:
    if (status != SD14_OK && into != NULL) python->Py_DecRef(into);
    if (status == SD14_OK) *out_object = into;
    return status;
}

sd14_status
value_build(session *in, const value *from, python_object **out_object, sd14_error *error)
{
    python_object *object = from->object;
    if (from->kind != VALUE_OBJECT && from->kind != VALUE_SLOT) {
        return build_items(in, from, out_object, error);
    }
    if (from->kind == VALUE_SLOT) {
        object = slots_get(&in->slots, from->slot);
        if (object == NULL) FAIL(error, INVALID_ARGUMENT, "slot %zu is empty", from->slot);
    }
    in->python.Py_IncRef(object);
    *out_object = object;
    return SD14_OK;
}
