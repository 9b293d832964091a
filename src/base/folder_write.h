/* SPDX-License-Identifier: Apache-2.0 */

/** Folders that one program at a time writes files into. */
#ifndef SD14_BASE_FOLDER_WRITE_H
#define SD14_BASE_FOLDER_WRITE_H

#include <stdbool.h>

#include "base/status.h"

/** Makes a folder unless it is there; the one above it must be. @return SD14_ERROR_FILE. */
SD14_NODISCARD sd14_status folder_write_make(const char *path, sd14_error *error);

/** Makes a folder and those above it that are not there. @return SD14_ERROR_FILE. */
SD14_NODISCARD sd14_status folder_write_make_all(const char *path, sd14_error *error);

/**
 * Locks a folder for this program; the lock ends with it, however it ends.
 * @param out_lock  to be given to folder_write_unlock()
 * @return SD14_ERROR_FILE, also when another program holds the lock.
 */
SD14_NODISCARD sd14_status folder_write_lock(const char *path, int *out_lock, sd14_error *error);

/** -1 is fine. */
void folder_write_unlock(int lock);

/**
 * Removes the temporaries of file_write.h that a killed program left; only while nobody else writes there.
 * @param out_empty  whether nothing else is there; may be NULL
 */
SD14_NODISCARD sd14_status folder_write_sweep(const char *path, bool *out_empty, sd14_error *error);

#endif /* SD14_BASE_FOLDER_WRITE_H */
