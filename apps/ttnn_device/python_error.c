/* SPDX-License-Identifier: Apache-2.0 */
#include "python_error.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { WORDS_BYTES = 8192, NAME_BYTES = 64 };

/* Appends a line without spaces around it, after ": " where it explains what stands before. */
static size_t append(char *words, size_t length, const char *line, size_t size, bool explains)
{
    while (size > 0 && isspace((unsigned char)*line)) line++, size--;
    while (size > 0 && isspace((unsigned char)line[size - 1])) size--;
    if (size == 0) return length;
    if (length > 0) {
        if (explains) words[length++] = ':';
        words[length++] = ' ';
    }
    memmove(words + length, line, size);
    return length + size;
}

/* "TT_FATAL @ /project/ttnn/matmul.cpp:79: a == b" -> "TT_FATAL @ matmul.cpp:79: a == b" */
static void drop_folders(char *words)
{
    char *path = strstr(words, " @ /");
    if (path == NULL) return;
    path += 3;
    char *end = path + strcspn(path, " ");
    char *name = end;
    while (name > path && name[-1] != '/') name--;
    memmove(path, name, strlen(name) + 1);
}

void python_error_clean(char *words)
{
    size_t length = 0;
    bool info = false;
    char *next = NULL;
    /* What is written is never longer than what was read: ": " stands for "\ninfo:\n". */
    for (char *line = words; line != NULL; line = next) {
        const size_t size = strcspn(line, "\n");
        next = line[size] == '\0' ? NULL : line + size + 1;
        if (strncmp(line, "backtrace:", 10) == 0) break;
        if (strncmp(line, "Available signatures:", 21) == 0) break; /* a page of them */
        if (strncmp(line, " --- ", 5) == 0) continue;
        if (strncmp(line, "info:", 5) == 0 && size == 5) {
            info = true;
            continue;
        }
        length = append(words, length, line, size, info);
        info = false;
    }
    words[length] = '\0';
    drop_folders(words);
}

static void copy_text(const python_api *python, python_object *text, char *out, size_t bytes)
{
    char *words = NULL;
    python_object *encoded = text == NULL ? NULL : python->PyUnicode_AsUTF8String(text);
    out[0] = '\0';
    if (encoded != NULL && python->PyBytes_AsStringAndSize(encoded, &words, NULL) == 0) {
        (void)snprintf(out, bytes, "%s", words);
    }
    if (encoded != NULL) python->Py_DecRef(encoded);
    python->PyErr_Clear();
}

static void name_of(const python_api *python, python_object *type, char out[NAME_BYTES])
{
    python_object *name = python->PyObject_GetAttrString(type, "__name__");
    copy_text(python, name, out, NAME_BYTES);
    if (name != NULL) python->Py_DecRef(name);
}

sd14_status
python_error_take(const python_api *python, sd14_status status, const char *what, sd14_error *error)
{
    char words[WORDS_BYTES] = "";
    char name[NAME_BYTES] = "";
    python_object *type = NULL;
    python_object *value = NULL;
    python_object *trace = NULL;
    python->PyErr_Fetch(&type, &value, &trace);
    if (type == NULL) return error_set(error, status, "%s: failed without a reason", what);
    python->PyErr_NormalizeException(&type, &value, &trace);

    name_of(python, type, name);
    python_object *text = value == NULL ? NULL : python->PyObject_Str(value);
    copy_text(python, text, words, sizeof(words));
    python_error_clean(words);
    if (text != NULL) python->Py_DecRef(text);
    if (value != NULL) python->Py_DecRef(value);
    if (trace != NULL) python->Py_DecRef(trace);
    python->Py_DecRef(type);

    if (strcmp(name, "MemoryError") == 0) status = SD14_ERROR_OUT_OF_MEMORY;
    const bool plain = strcmp(name, "RuntimeError") == 0 && words[0] != '\0';
    return error_set(error, status, "%s: %s%s%s", what, plain ? "" : name,
                     plain || words[0] == '\0' ? "" : ": ", words);
}
