/* SPDX-License-Identifier: Apache-2.0 */
#include "machine/machine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

machine machine_here(void)
{
    return (machine){.root = "", .environment = (const char *const *)environ};
}

const char *machine_variable(const machine *on, const char *name)
{
    const size_t length = strlen(name);
    for (const char *const *at = on->environment; *at != NULL; at++) {
        if (strncmp(*at, name, length) == 0 && (*at)[length] == '=') {
            return (*at)[length + 1] == '\0' ? NULL : *at + length + 1;
        }
    }
    return NULL;
}

bool machine_path(const machine *on, const char *path, char out[PATH_MAX])
{
    return machine_join(out, "%s%s", path[0] == '/' ? on->root : "", path);
}

bool machine_join(char out[PATH_MAX], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(out, PATH_MAX, format, arguments);
    va_end(arguments);
    return length >= 0 && length < PATH_MAX;
}

bool machine_expand(const machine *on, const char *path, char out[PATH_MAX])
{
    const char *home = machine_variable(on, "HOME");
    const bool tilde = path[0] == '~' && (path[1] == '/' || path[1] == '\0');
    if (!tilde) return machine_join(out, "%s", path);
    return home != NULL && machine_join(out, "%s%s", home, path + 1);
}

bool machine_cache_folder(const machine *on, char out[PATH_MAX])
{
    const char *given = machine_variable(on, "XDG_CACHE_HOME");
    return machine_expand(on, given != NULL ? given : "~/.cache", out);
}

bool machine_read(const machine *on, const char *path, char *out, size_t bytes)
{
    char real[PATH_MAX];
    struct stat about;
    if (!machine_path(on, path, real)) return false;
    /* O_NONBLOCK: nobody waits for the other end of a pipe. */
    const int descriptor = open(real, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return false;

    size_t length = 0;
    bool read_all = fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode);
    while (read_all && length < bytes - 1) {
        const ssize_t got = read(descriptor, out + length, bytes - 1 - length);
        if (got == 0) break;
        if (got < 0 && errno == EINTR) continue;
        read_all = got > 0;
        if (read_all) length += (size_t)got;
    }
    (void)close(descriptor);
    if (!read_all) return false;
    while (length > 0 && out[length - 1] == '\n') length--;
    out[length] = '\0';
    return true;
}

bool machine_read_in(
    const machine *on, const char *folder, const char *name, char *out, size_t bytes)
{
    char path[PATH_MAX];
    return machine_join(path, "%s/%s", folder, name) && machine_read(on, path, out, bytes);
}

bool machine_read_number(const machine *on, const char *folder, const char *name, long long *out)
{
    char line[MACHINE_LINE];
    char *end = NULL;
    if (!machine_read_in(on, folder, name, line, sizeof(line))) return false;
    errno = 0;
    *out = strtoll(line, &end, 0);
    return end != line && *end == '\0' && errno == 0;
}

bool machine_field(const char *lines, const char *key, char *out, size_t bytes)
{
    const size_t length = strlen(key);
    for (const char *line = lines; line != NULL; line = strchr(line, '\n')) {
        if (*line == '\n') line++;
        if (strncmp(line, key, length) != 0) continue;
        const char *value = line + length;
        value += strspn(value, " \t");
        if (*value != ':') continue;
        value++;
        value += strspn(value, " \t");
        (void)snprintf(out, bytes, "%.*s", (int)strcspn(value, "\n"), value);
        return true;
    }
    return false;
}

bool machine_has(const machine *on, const char *path)
{
    char real[PATH_MAX];
    return machine_path(on, path, real) && access(real, F_OK) == 0;
}

bool machine_has_file(const machine *on, const char *path)
{
    char real[PATH_MAX];
    struct stat about;
    return machine_path(on, path, real) && stat(real, &about) == 0 && S_ISREG(about.st_mode);
}

bool machine_may_write(const machine *on, const char *path)
{
    char real[PATH_MAX];
    return machine_path(on, path, real) && access(real, W_OK) == 0;
}

void machine_link(const machine *on, const char *path, char out[MACHINE_LINE])
{
    char real[PATH_MAX];
    char target[MACHINE_LINE]; /* sysfs's links are short; a longer one is none of interest */
    out[0] = '\0';
    if (!machine_path(on, path, real)) return;
    const ssize_t length = readlink(real, target, sizeof(target));
    if (length <= 0 || (size_t)length == sizeof(target)) return;
    target[length] = '\0';
    const char *slash = strrchr(target, '/');
    (void)snprintf(out, MACHINE_LINE, "%s", slash == NULL ? target : slash + 1);
}

bool machine_program(const machine *on, const char *name, char out[PATH_MAX])
{
    const char *at = machine_variable(on, "PATH");
    while (at != NULL) {
        const size_t length = strcspn(at, ":");
        char real[PATH_MAX];
        if (length > 0 && machine_join(out, "%.*s/%s", (int)length, at, name) &&
            machine_has_file(on, out) && machine_path(on, out, real) && access(real, X_OK) == 0) {
            return true;
        }
        at = at[length] == ':' ? at + length + 1 : NULL;
    }
    return false;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static sd14_status add_name(machine_names *to, const char *name, sd14_error *error)
{
    if ((to->count & (to->count - 1)) == 0) { /* 0 and the powers of two: full */
        char **grown = mem_resize(to->items, to->count == 0 ? 1 : 2 * to->count, sizeof(*grown));
        if (grown == NULL) FAIL_NO_MEMORY(error, "a list of names");
        to->items = grown;
    }
    to->items[to->count] = mem_string(name);
    if (to->items[to->count] == NULL) FAIL_NO_MEMORY(error, "a list of names");
    to->count++;
    return SD14_OK;
}

sd14_status
machine_list(const machine *on, const char *folder, machine_names *out_names, sd14_error *error)
{
    char real[PATH_MAX];
    *out_names = (machine_names){0};
    if (!machine_path(on, folder, real)) return SD14_OK;
    DIR *open_folder = opendir(real);
    if (open_folder == NULL) return SD14_OK;

    sd14_status status = SD14_OK;
    const struct dirent *entry = NULL;
    while (status == SD14_OK && (entry = readdir(open_folder)) != NULL) {
        if (entry->d_name[0] != '.') status = add_name(out_names, entry->d_name, error);
    }
    (void)closedir(open_folder);
    if (status != SD14_OK) {
        machine_names_release(out_names);
    } else if (out_names->count > 0) {
        qsort(out_names->items, out_names->count, sizeof(*out_names->items), compare_names);
    }
    return status;
}

void machine_names_release(machine_names *names)
{
    for (size_t i = 0; i < names->count; i++) mem_free(names->items[i]);
    mem_free(names->items);
    *names = (machine_names){0};
}

int machine_count_list(const char *list)
{
    int count = 0;
    while (*list != '\0') {
        char *end = NULL;
        const long first = strtol(list, &end, 10);
        long last = first;
        if (end == list) return 0;
        list = end;
        if (*list == '-') {
            last = strtol(list + 1, &end, 10);
            if (end == list + 1) return 0;
            list = end;
        }
        if (first < 0 || last < first || last > INT_MAX / 2 || count > INT_MAX / 2) return 0;
        count += (int)(last - first) + 1;
        if (*list == ',')
            list++;
        else if (*list != '\0')
            return 0;
    }
    return count;
}
