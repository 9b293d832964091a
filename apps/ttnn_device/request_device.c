/* SPDX-License-Identifier: Apache-2.0 */

/* Python's start and the device's opening; its closing. */
#include <stdio.h>
#include <string.h>

#include "python_error.h"
#include "requests.h"

extern const char embedded_ttnn_helper[];

enum { VERSION_BYTES = 32 };

/* module.function(*arguments), whose result nobody needs. The reference of the arguments is taken. */
static sd14_status call_module(session *in,
                               const char *module,
                               const char *function,
                               python_object *arguments,
                               sd14_error *error)
{
    const python_api *python = &in->python;
    python_object *of = python->PyImport_ImportModule(module);
    python_object *callable = of == NULL ? NULL : python->PyObject_GetAttrString(of, function);
    python_object *result = callable == NULL || arguments == NULL
                                ? NULL
                                : python->PyObject_Call(callable, arguments, NULL);
    if (of != NULL) python->Py_DecRef(of);
    if (callable != NULL) python->Py_DecRef(callable);
    if (arguments != NULL) python->Py_DecRef(arguments);
    if (result == NULL) return python_error_take(python, SD14_ERROR_FAILED, function, error);
    python->Py_DecRef(result);
    return SD14_OK;
}

/* Folders of packages, with their .pth files. */
static sd14_status add_sites(const request *of, sd14_error *error)
{
    const json_t *sites = json_object_get(of->message, "site");
    for (size_t i = 0; i < json_array_size(sites); i++) {
        const char *folder = json_string_value(json_array_get(sites, i));
        if (folder == NULL) FAIL(error, INVALID_ARGUMENT, "\"site\" is no list of folders");
        TRY(call_module(of->in, "site", "addsitedir", of->in->python.Py_BuildValue("(s)", folder),
                        error));
    }
    return SD14_OK;
}

/* Folders in front of all others. */
static sd14_status add_paths(const request *of, sd14_error *error)
{
    const python_api *python = &of->in->python;
    const json_t *paths = json_object_get(of->message, "path");
    sd14_status status = SD14_OK;
    if (json_array_size(paths) == 0) return SD14_OK;
    python_object *sys = python->PyImport_ImportModule("sys");
    python_object *list = sys == NULL ? NULL : python->PyObject_GetAttrString(sys, "path");
    python_object *insert = list == NULL ? NULL : python->PyObject_GetAttrString(list, "insert");
    for (size_t i = json_array_size(paths); status == SD14_OK && i-- > 0;) {
        const char *folder = json_string_value(json_array_get(paths, i));
        python_object *arguments =
            insert == NULL || folder == NULL ? NULL : python->Py_BuildValue("(is)", 0, folder);
        python_object *none =
            arguments == NULL ? NULL : python->PyObject_Call(insert, arguments, NULL);
        if (none == NULL) status = python_error_take(python, SD14_ERROR_FAILED, "sys.path", error);
        if (none != NULL) python->Py_DecRef(none);
        if (arguments != NULL) python->Py_DecRef(arguments);
    }
    if (insert != NULL) python->Py_DecRef(insert);
    if (list != NULL) python->Py_DecRef(list);
    if (sys != NULL) python->Py_DecRef(sys);
    return status;
}

static sd14_status import_modules(session *in, sd14_error *error)
{
    const python_api *python = &in->python;
    in->ttnn = python->PyImport_ImportModule("ttnn");
    if (in->ttnn == NULL) return python_error_take(python, SD14_ERROR_FAILED, "import ttnn", error);
    python_object *code =
        python->Py_CompileString(embedded_ttnn_helper, "helper.py", PYTHON_FILE_INPUT);
    if (code != NULL) {
        in->helper = python->PyImport_ExecCodeModule("sd14_helper", code);
        python->Py_DecRef(code);
    }
    if (in->helper == NULL) {
        return python_error_take(python, SD14_ERROR_FAILED, "sd14's helper", error);
    }
    return SD14_OK;
}

static sd14_status start_python(request *of, sd14_error *error)
{
    const char *library = NULL;
    const char *program = json_string_value(json_object_get(of->message, "program"));
    if (of->in->ttnn != NULL) FAIL(error, INVALID_ARGUMENT, "open: it has been asked for before");
    TRY(request_text(of, "library", &library, error));
    if (of->in->python.library == NULL) {
        TRY(python_start(library, program, &of->in->python, error));
    }
    TRY(add_sites(of, error));
    TRY(add_paths(of, error));
    return import_modules(of->in, error);
}

static sd14_status answer_version(request *of, sd14_error *error)
{
    char version[VERSION_BYTES];
    const char *words = of->in->python.Py_GetVersion(); /* "3.12.1 (main, ...) [GCC ...]" */
    (void)snprintf(version, sizeof(version), "%.*s", (int)strcspn(words, " "), words);
    return request_answer(of, "python", json_string(version), error);
}

sd14_status request_open(request *of, sd14_error *error)
{
    session *in = of->in;
    long long chips = 0;
    long long l1_small_size = 0;
    long long trace_region_size = 0;
    python_object *facts = NULL;
    TRY(request_count_or(of, "chips", 1, &chips, error));
    TRY(request_count_or(of, "l1_small_size", 0, &l1_small_size, error));
    TRY(request_count_or(of, "trace_region_size", 0, &trace_region_size, error));
    TRY(start_python(of, error));
    TRY(session_help(in, "open_device", &in->device, SD14_ERROR_FILE, error, "(LLL)", chips,
                     l1_small_size, trace_region_size));
    TRY(session_help(in, "describe", &facts, SD14_ERROR_FILE, error, "(O)", in->device));
    TRY(request_answer_all(of, facts, error));
    return answer_version(of, error);
}

sd14_status request_close(request *of, sd14_error *error)
{
    session *in = of->in;
    if (in->device == NULL) return SD14_OK;
    python_object *none = NULL;
    python_object *device = in->device;
    in->device = NULL;
    while (in->programs != NULL) {
        program *next = in->programs->next;
        program_destroy(in, in->programs);
        in->programs = next;
    }
    slots_release(&in->slots, &in->python);
    const sd14_status status =
        session_help(in, "close_device", &none, SD14_ERROR_FILE, error, "(O)", device);
    if (none != NULL) in->python.Py_DecRef(none);
    in->python.Py_DecRef(device);
    return status;
}
