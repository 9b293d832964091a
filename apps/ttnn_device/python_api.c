/* SPDX-License-Identifier: Apache-2.0 */
#include "python_api.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

/* ISO C has no cast from an object's address to a function's; POSIX has the bytes be the same. */
static bool look_up(void *library, const char *name, void *out_function)
{
    void *address = dlsym(library, name);
    memcpy(out_function, &address, sizeof(address));
    return address != NULL;
}

static sd14_status load(const char *library, python_api *out, sd14_error *error)
{
    *out = (python_api){0};
    /* Global: numpy's and ttnn's modules expect Python's names to be there. */
    out->library = dlopen(library, RTLD_NOW | RTLD_GLOBAL);
    if (out->library == NULL) FAIL(error, FAILED, "%s", dlerror());
#define LOOK_UP(result, name, parameters)                                                          \
    if (!look_up(out->library, #name, &out->name)) {                                               \
        FAIL(error, FAILED, "%s has no %s: is it Python 3.10 or later?", library, #name);          \
    }
    PYTHON_FUNCTIONS(LOOK_UP)
#undef LOOK_UP
    return SD14_OK;
}

sd14_status
python_start(const char *library, const char *program, python_api *out, sd14_error *error)
{
    TRY(load(library, out, error));
    if (program != NULL) {
        const wchar_t *name = out->Py_DecodeLocale(program, NULL); /* Python keeps it */
        if (name == NULL) FAIL(error, FAILED, "%s: not a name that Python can read", program);
        out->Py_SetProgramName(name);
    }
    out->Py_InitializeEx(
        0); /* ends the process when it cannot: its words are in the parent's error */
    return SD14_OK;
}
