/* SPDX-License-Identifier: Apache-2.0 */

/**
 * A file that appears whole or not at all: written under a temporary name beside its place, synced,
 * then renamed. The temporary is removed on failure, and by file_write_discard().
 */
#ifndef SD14_BASE_FILE_WRITE_H
#define SD14_BASE_FILE_WRITE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

typedef struct file_write {
    int descriptor;  /**< -1 when nothing is open. */
    char *path;      /**< where the file will stand; owned */
    char *temporary; /**< where it is written; owned; NULL for standard output */
} file_write;

/** Opens the temporary. `path` "-" is standard output. @return SD14_ERROR_FILE with path and
 * reason. */
SD14_NODISCARD sd14_status file_write_open(const char *path,
                                           file_write *out_file,
                                           sd14_error *error);

/** Appends. On failure the file is discarded. */
SD14_NODISCARD sd14_status file_write_append(file_write *file,
                                             const void *bytes,
                                             size_t size,
                                             sd14_error *error);

/** Syncs, renames into place and closes. On failure the file is discarded. */
SD14_NODISCARD sd14_status file_write_commit(file_write *file, sd14_error *error);

/** Closes and removes the temporary; a closed or all-failed file is fine. */
void file_write_discard(file_write *file);

/** The sentence for a path that cannot be written, from an errno value. @return SD14_ERROR_FILE. */
sd14_status file_write_fail(const char *path, int code, sd14_error *error);

/** Whether a name in a folder is a temporary's. Killed programs leave them. */
bool file_write_is_temporary(const char *name);

/** Opens, appends all of it, commits. */
SD14_NODISCARD sd14_status file_write_all(const char *path,
                                          const void *bytes,
                                          size_t size,
                                          sd14_error *error);

#endif /* SD14_BASE_FILE_WRITE_H */
