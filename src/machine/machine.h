/* SPDX-License-Identifier: Apache-2.0 */

/**
 * The machine as files and environment variables. A test gives a folder that looks like a machine, and the
 * environment of a process on it.
 *
 * Nothing here waits or reads without bound: what is no regular file is not there, and of long ones the
 * beginning is read.
 */
#ifndef SD14_MACHINE_MACHINE_H
#define SD14_MACHINE_MACHINE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

typedef struct machine {
    const char *root;               /**< put before absolute paths; "": this machine */
    const char *const *environment; /**< "NAME=value", ends with NULL */
} machine;

enum { MACHINE_LINE = 256 };

/** This one; what it points to changes with setenv(). */
machine machine_here(void);

/** The variable's value; NULL when it is not set or empty. */
const char *machine_variable(const machine *on, const char *name);

/** Where a path of the machine lies for this process. false: too long. */
bool machine_path(const machine *on, const char *path, char out[PATH_MAX]);

/** Joins a path of parts: snprintf() that says whether all fitted. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
bool machine_join(char out[PATH_MAX], const char *format, ...);

/** As Python's expanduser() for the user's own "~". false: too long, or HOME is not set. */
bool machine_expand(const machine *on, const char *path, char out[PATH_MAX]);

/** $XDG_CACHE_HOME, else ~/.cache. false: neither that nor HOME is set. */
bool machine_cache_folder(const machine *on, char out[PATH_MAX]);

/** The file's first `bytes` - 1 bytes, without the newline at the end; false: there is no such file, or it
 * cannot be read. */
bool machine_read(const machine *on, const char *path, char *out, size_t bytes);

/** As machine_read(), folder/name. */
bool machine_read_in(
    const machine *on, const char *folder, const char *name, char *out, size_t bytes);

/** As machine_read_in(), a whole number in any of C's notations. */
bool machine_read_number(const machine *on, const char *folder, const char *name, long long *out);

/** The value behind "key:" on a line of its own; false: no such line. */
bool machine_field(const char *lines, const char *key, char *out, size_t bytes);

bool machine_has(const machine *on, const char *path);
bool machine_has_file(const machine *on, const char *path);
bool machine_may_write(const machine *on, const char *path);

/** The last part of what a link points to, "" when it is none. */
void machine_link(const machine *on, const char *path, char out[MACHINE_LINE]);

/** The program of that name on PATH; false: there is none. */
bool machine_program(const machine *on, const char *name, char out[PATH_MAX]);

/** Names in a folder, sorted, without those that begin with a dot. */
typedef struct machine_names {
    char **items;
    size_t count;
} machine_names;

/** No names when there is no such folder. @param out_names  the caller's, machine_names_release().
 * @return SD14_ERROR_OUT_OF_MEMORY. */
SD14_NODISCARD sd14_status machine_list(const machine *on,
                                        const char *folder,
                                        machine_names *out_names,
                                        sd14_error *error);

void machine_names_release(machine_names *names);

/** How many numbers are in a list such as "0-3,8"; 0: it is none. */
int machine_count_list(const char *list);

#endif /* SD14_MACHINE_MACHINE_H */
