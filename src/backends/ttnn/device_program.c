/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/ttnn/device_program.h"

#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define NAME "sd14-ttnn-device"

static bool try_path(const machine *on, const char *path, text *looked_for)
{
    char real[PATH_MAX];
    if (machine_has_file(on, path) && machine_path(on, path, real) && access(real, X_OK) == 0) {
        return true;
    }
    text_add(looked_for, "%s%s", looked_for->length > 0 ? ", " : "", path);
    return false;
}

/* bin/sd14 and lib/libsd14.so, Debian's lib/x86_64-linux-gnu/libsd14.so, and the build's folders. */
static bool try_beside(const machine *on, const char *file, char out[PATH_MAX], text *looked_for)
{
    static const char *const places[] = {"/../libexec/sd14/" NAME, "/../../libexec/sd14/" NAME,
                                         "/" NAME, "/../" NAME};
    const char *slash = strrchr(file, '/');
    if (slash == NULL) return false;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (!machine_join(out, "%.*s%s", (int)(slash - file), file, places[i])) continue;
        if (try_path(on, out, looked_for)) return true;
    }
    return false;
}

/* The file this code is in: the library's; of a program that is linked statically, its own. */
static bool own_file(char out[PATH_MAX])
{
    static const char here = 0;
    Dl_info about;
    return dladdr(&here, &about) != 0 && about.dli_fname != NULL && about.dli_fname[0] == '/' &&
           machine_join(out, "%s", about.dli_fname);
}

static bool own_program(char out[PATH_MAX])
{
    const ssize_t length = readlink("/proc/self/exe", out, PATH_MAX - 1);
    if (length <= 0) return false;
    out[length] = '\0';
    return true;
}

static bool find(const machine *on, char out[PATH_MAX], text *looked_for)
{
    char file[PATH_MAX];
    if (own_file(file) && try_beside(on, file, out, looked_for)) return true;
    if (own_program(file) && try_beside(on, file, out, looked_for)) return true;
    return machine_join(out, "%s/%s", SD14_LIBEXEC, NAME) && try_path(on, out, looked_for);
}

sd14_status device_program_find(const machine *on, char out_program[PATH_MAX], sd14_error *error)
{
    text looked_for = {0};
    const char *named = machine_variable(on, "SD14_TTNN_DEVICE");
    if (named != NULL) {
        if (machine_join(out_program, "%s", named) && try_path(on, out_program, &looked_for)) {
            return SD14_OK;
        }
        text_release(&looked_for);
        FAIL(error, DEVICE, "%s: SD14_TTNN_DEVICE names no program; unset it or correct it", named);
    }
    sd14_status status = SD14_OK;
    if (!find(on, out_program, &looked_for)) {
        status = error_set(error, SD14_ERROR_DEVICE,
                           "the device process " NAME " is not installed: set SD14_TTNN_DEVICE to "
                           "its file, or install sd14 again; looked for %s",
                           text_get(&looked_for));
    }
    if (text_failed(&looked_for)) {
        status =
            error_set(error, SD14_ERROR_OUT_OF_MEMORY, "not enough memory for a list of places");
    }
    text_release(&looked_for);
    return status;
}
