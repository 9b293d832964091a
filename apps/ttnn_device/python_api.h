/* SPDX-License-Identifier: Apache-2.0 */

/**
 * Python, loaded at run time: functions of its stable ABI, which are the same in 3.10 and every later version.
 * Their names and meanings are Python's own (docs.python.org/3/c-api); a "new reference" is the caller's.
 */
#ifndef SD14_DEVICE_PYTHON_API_H
#define SD14_DEVICE_PYTHON_API_H

#include <stdarg.h>
#include <stddef.h>
#include <sys/types.h>
#include <wchar.h>

#include "base/status.h"

typedef struct python_object python_object;

/* Py_ssize_t is ssize_t on every system that has memfds. */
#define PYTHON_FUNCTIONS(F)                                                                        \
    F(void, Py_InitializeEx, (int signals))                                                        \
    F(int, Py_FinalizeEx, (void))                                                                  \
    F(wchar_t *, Py_DecodeLocale, (const char *bytes, size_t *size))                               \
    F(void, Py_SetProgramName, (const wchar_t *name))                                              \
    F(const char *, Py_GetVersion, (void))                                                         \
    F(void, Py_IncRef, (python_object * object))                                                   \
    F(void, Py_DecRef, (python_object * object))                                                   \
    F(python_object *, Py_BuildValue, (const char *format, ...))                                   \
    F(python_object *, Py_VaBuildValue, (const char *format, va_list values))                      \
    F(python_object *, Py_CompileString, (const char *source, const char *name, int start))        \
    F(python_object *, PyImport_ExecCodeModule, (const char *name, python_object *code))           \
    F(python_object *, PyImport_ImportModule, (const char *name))                                  \
    F(python_object *, PyObject_GetAttrString, (python_object * object, const char *name))         \
    F(python_object *, PyObject_Call,                                                              \
      (python_object * callable, python_object * arguments, python_object * keywords))             \
    F(python_object *, PyObject_Str, (python_object * object))                                     \
    F(python_object *, PyTuple_New, (ssize_t count))                                               \
    F(int, PyTuple_SetItem, (python_object * tuple, ssize_t at, python_object * stolen))           \
    F(python_object *, PyList_New, (ssize_t count))                                                \
    F(int, PyList_SetItem, (python_object * list, ssize_t at, python_object * stolen))             \
    F(python_object *, PyDict_New, (void))                                                         \
    F(int, PyDict_SetItem, (python_object * dict, python_object * key, python_object * value))     \
    F(python_object *, PySequence_GetItem, (python_object * sequence, ssize_t at))                 \
    F(ssize_t, PySequence_Size, (python_object * sequence))                                        \
    F(python_object *, PyLong_FromLongLong, (long long value))                                     \
    F(python_object *, PyFloat_FromDouble, (double value))                                         \
    F(python_object *, PyBool_FromLong, (long value))                                              \
    F(python_object *, PyUnicode_FromStringAndSize, (const char *bytes, ssize_t size))             \
    F(python_object *, PyUnicode_InternFromString, (const char *bytes))                            \
    F(python_object *, PyUnicode_AsUTF8String, (python_object * text))                             \
    F(int, PyBytes_AsStringAndSize, (python_object * object, char **bytes, ssize_t *size))         \
    F(python_object *, PyMemoryView_FromMemory, (char *bytes, ssize_t size, int flags))            \
    F(void, PyErr_Fetch, (python_object * *type, python_object * *value, python_object * *trace))  \
    F(void, PyErr_NormalizeException,                                                              \
      (python_object * *type, python_object * *value, python_object * *trace))                     \
    F(void, PyErr_Clear, (void))

/* Of the headers that are not there. */
enum { PYTHON_FILE_INPUT = 257, PYTHON_MEMORY_READ = 0x100, PYTHON_MEMORY_WRITE = 0x200 };

typedef struct python_api {
    void *library;
#define DECLARE(result, name, parameters) result(*name) parameters;
    PYTHON_FUNCTIONS(DECLARE)
#undef DECLARE
} python_api;

/**
 * Loads libpython and starts the interpreter, without signal handlers. There is no way back.
 * @param program  the interpreter whose packages are wanted, for sys.prefix; NULL: Python decides.
 * @return SD14_ERROR_FAILED: no such library, or no Python of 3.10 or later.
 */
SD14_NODISCARD sd14_status python_start(const char *library,
                                        const char *program,
                                        python_api *out,
                                        sd14_error *error);

#endif /* SD14_DEVICE_PYTHON_API_H */
