/* SPDX-License-Identifier: Apache-2.0 */
#include "machine/python_search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void note(text *to, const char *words)
{
    text_add(to, "%s%s", to->length > 0 ? ", " : "", words);
}

/* "ttnn-0.81.1.dist-info" -> "0.81.1" */
static bool package_version(const char *entry, const char *package, char out[MACHINE_LINE])
{
    static const char ending[] = ".dist-info";
    const size_t length = strlen(entry);
    const size_t name = strlen(package);
    if (length <= name + 1 + strlen(ending) || strncmp(entry, package, name) != 0) return false;
    if (entry[name] != '-' || strcmp(entry + length - strlen(ending), ending) != 0) return false;
    (void)snprintf(out, MACHINE_LINE, "%.*s", (int)(length - name - 1 - strlen(ending)),
                   entry + name + 1);
    return true;
}

static void
look_for(const machine_names *in, const char *folder, const char *name, python_package *to)
{
    for (size_t i = 0; i < in->count && to->version[0] == '\0'; i++) {
        if (package_version(in->items[i], name, to->version)) {
            (void)machine_join(to->folder, "%s", folder);
        }
    }
}

static sd14_status
look_into(const machine *on, const char *folder, python_found *found, sd14_error *error)
{
    machine_names names;
    TRY(machine_list(on, folder, &names, error));
    const bool noted = strstr(text_get(&found->looked_for), folder) != NULL;
    if (names.count > 0 && !noted) note(&found->looked_for, folder);
    look_for(&names, folder, "ttnn", &found->ttnn);
    look_for(&names, folder, "numpy", &found->numpy);
    machine_names_release(&names);
    return SD14_OK;
}

/* The folder above `levels` last parts of a path. */
static bool above(const char *path, int levels, char out[PATH_MAX])
{
    if (!machine_join(out, "%s", path)) return false;
    for (; levels > 0; levels--) {
        char *slash = strrchr(out, '/');
        if (slash == NULL) return false;
        *slash = '\0';
    }
    return true;
}

/* What the links from `program` end at, as a path of the machine. */
static bool follow(const machine *on, const char *program, char out[PATH_MAX])
{
    char real[PATH_MAX];
    char root[PATH_MAX] = "";
    char target[PATH_MAX];
    if (!machine_path(on, program, real) || realpath(real, target) == NULL) return false;
    if (on->root[0] != '\0' && realpath(on->root, root) == NULL) return false;
    const size_t length = strlen(root);
    const bool inside = strncmp(target, root, length) == 0;
    return machine_join(out, "%s", inside ? target + length : target);
}

/* 12 of ".../python3.12"; 0: the name does not say. */
static int minor_of(const char *program)
{
    int minor = 0;
    const char *slash = strrchr(program, '/');
    const char *name = slash == NULL ? program : slash + 1;
    return sscanf(name, "python3.%3d", &minor) == 1 && minor > 0 ? minor : 0;
}

/* pyenv puts scripts on PATH, in <root>/shims; the interpreters are in <root>/versions/3.12.4/. */
static sd14_status
look_behind_shim(const machine *on, const char *program, python_found *found, sd14_error *error)
{
    char root[PATH_MAX];
    char folder[PATH_MAX];
    char wanted[16];
    machine_names versions;
    if (strstr(program, "/shims/") == NULL || !above(program, 2, root)) return SD14_OK;
    if (!machine_join(folder, "%s/versions", root)) return SD14_OK;
    const int length = snprintf(wanted, sizeof(wanted), "3.%d.", found->minor);
    TRY(machine_list(on, folder, &versions, error));
    sd14_status status = SD14_OK;
    for (size_t i = 0; status == SD14_OK && i < versions.count; i++) {
        if (strncmp(versions.items[i], wanted, (size_t)length) != 0) continue;
        if (!machine_join(folder, "%s/versions/%s/lib/python3.%d/site-packages", root,
                          versions.items[i], found->minor)) {
            continue;
        }
        status = look_into(on, folder, found, error);
    }
    machine_names_release(&versions);
    return status;
}

static sd14_status
look_beside(const machine *on, const char *program, python_found *found, sd14_error *error)
{
    char target[PATH_MAX];
    char prefix[PATH_MAX];
    char folder[PATH_MAX];
    const char *home = machine_variable(on, "HOME");
    const bool followed = follow(on, program, target);
    /* The link itself first: a virtual environment's python points out of it. */
    const char *const programs[] = {program, followed ? target : program};
    for (size_t i = 0; i < 2; i++) {
        if (i == 1 && strcmp(programs[0], programs[1]) == 0) break;
        if (above(programs[i], 2, prefix) &&
            machine_join(folder, "%s/lib/python3.%d/site-packages", prefix, found->minor)) {
            TRY(look_into(on, folder, found, error));
        }
    }
    TRY(look_behind_shim(on, program, found, error));
    if (home != NULL &&
        machine_join(folder, "%s/.local/lib/python3.%d/site-packages", home, found->minor)) {
        TRY(look_into(on, folder, found, error));
    }
    return look_into(on, "/usr/lib/python3/dist-packages", found, error);
}

/* Looks at one interpreter, and keeps it if it is better than what was kept before. */
static sd14_status
try_program(const machine *on, const char *program, python_found *best, sd14_error *error)
{
    char target[PATH_MAX];
    int minor = minor_of(program);
    if (minor == 0 && follow(on, program, target)) minor = minor_of(target);
    if (minor != 10 && minor != 12) {
        char words[PATH_MAX];
        if (machine_join(words, minor == 0 ? "%s (version unknown)" : "%s (3.%d)", program, minor))
            note(&best->looked_for, words);
        return SD14_OK;
    }
    python_found here = {.minor = minor, .looked_for = best->looked_for};
    (void)machine_join(here.program, "%s", program);
    best->looked_for = (text){0};
    note(&here.looked_for, program);
    const sd14_status status = look_beside(on, program, &here, error);
    if (best->program[0] == '\0' || here.ttnn.version[0] != '\0') {
        *best = here;
    } else {
        best->looked_for = here.looked_for;
    }
    return status;
}

/* A variable that names an interpreter, or the folder of a virtual environment. */
static sd14_status
try_variable(const machine *on, const char *variable, python_found *found, sd14_error *error)
{
    char program[PATH_MAX];
    const char *value = machine_variable(on, variable);
    if (value == NULL) return SD14_OK;
    const bool is_program = machine_has_file(on, value);
    if (!machine_join(program, "%s%s", value, is_program ? "" : "/bin/python3")) return SD14_OK;
    if (machine_has_file(on, program)) return try_program(on, program, found, error);
    note(&found->looked_for, program);
    return SD14_OK;
}

static sd14_status try_all(const machine *on, python_found *found, sd14_error *error)
{
    static const char *const names[] = {"python3.12", "python3.10", "python3"};
    char program[PATH_MAX];
    TRY(try_variable(on, "SD14_TTNN_PYTHON", found, error));
    if (found->ttnn.version[0] != '\0') return SD14_OK;
    TRY(try_variable(on, "VIRTUAL_ENV", found, error));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (found->ttnn.version[0] != '\0') return SD14_OK;
        if (machine_program(on, names[i], program)) {
            TRY(try_program(on, program, found, error));
        } else {
            note(&found->looked_for, names[i]);
        }
    }
    return SD14_OK;
}

sd14_status python_find(const machine *on, python_found *out_found, sd14_error *error)
{
    *out_found = (python_found){0};
    sd14_status status = try_all(on, out_found, error);
    if (status == SD14_OK && text_failed(&out_found->looked_for)) {
        status =
            error_set(error, SD14_ERROR_OUT_OF_MEMORY, "not enough memory for a list of places");
    }
    if (status != SD14_OK) python_found_release(out_found);
    return status;
}

void python_found_release(python_found *found)
{
    text_release(&found->looked_for);
    *found = (python_found){0};
}
