/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "python_error.h"

enum { NAME_BYTES = 128 };

sd14_status
session_find(session *of, const char *dotted, python_object **out_object, sd14_error *error)
{
    static const char helper[] = "helper.";
    const bool of_helper = strncmp(dotted, helper, sizeof(helper) - 1) == 0;
    python_object *at = of_helper ? of->helper : of->ttnn;
    const char *name = of_helper ? dotted + sizeof(helper) - 1 : dotted;
    char part[NAME_BYTES];
    of->python.Py_IncRef(at);
    do {
        const size_t length = strcspn(name, ".");
        (void)snprintf(part, sizeof(part), "%.*s", (int)(length < NAME_BYTES ? length : NAME_BYTES),
                       name);
        python_object *next = of->python.PyObject_GetAttrString(at, part);
        of->python.Py_DecRef(at);
        if (next == NULL) {
            of->python.PyErr_Clear();
            FAIL(error, FAILED, "ttnn has no %s", dotted);
        }
        at = next;
        name += length;
    } while (*name++ == '.');
    *out_object = at;
    return SD14_OK;
}

python_object *session_call(session *of,
                            python_object *function,
                            python_object *arguments,
                            python_object *keywords)
{
    const int64_t start_ns = clock_ns();
    python_object *result = of->python.PyObject_Call(function, arguments, keywords);
    of->busy_ns += clock_ns() - start_ns;
    return result;
}

sd14_status session_help(session *of,
                         const char *function,
                         python_object **out_result,
                         sd14_status failure,
                         sd14_error *error,
                         const char *format,
                         ...)
{
    const python_api *python = &of->python;
    python_object *callable = python->PyObject_GetAttrString(of->helper, function);
    python_object *arguments = NULL;
    va_list values;
    va_start(values, format);
    if (callable != NULL) arguments = python->Py_VaBuildValue(format, values);
    va_end(values);
    *out_result = arguments == NULL ? NULL : session_call(of, callable, arguments, NULL);
    if (callable != NULL) python->Py_DecRef(callable);
    if (arguments != NULL) python->Py_DecRef(arguments);
    if (*out_result == NULL) return python_error_take(python, failure, function, error);
    return SD14_OK;
}

sd14_status
session_take_json(session *of, python_object *stolen, json_t **out_json, sd14_error *error)
{
    const python_api *python = &of->python;
    char *words = NULL;
    python_object *encoded = python->PyUnicode_AsUTF8String(stolen);
    *out_json = NULL;
    if (encoded != NULL && python->PyBytes_AsStringAndSize(encoded, &words, NULL) == 0) {
        *out_json = json_loads(words, JSON_REJECT_DUPLICATES, NULL);
    }
    python->PyErr_Clear();
    if (encoded != NULL) python->Py_DecRef(encoded);
    python->Py_DecRef(stolen);
    if (*out_json == NULL) FAIL(error, FAILED, "the helper gave no JSON");
    return SD14_OK;
}
