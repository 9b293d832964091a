/* SPDX-License-Identifier: Apache-2.0 */

/** A file's bytes, read only, mapped into memory. */
#ifndef SD14_BASE_FILE_MAP_H
#define SD14_BASE_FILE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct file_map {
    const uint8_t *bytes; /**< NULL when the file is empty. */
    size_t size;
} file_map;

/**
 * Maps a regular file. A file that another program shortens later makes reading fault (SIGBUS), as
 * for every mapping.
 * @return SD14_OK; SD14_ERROR_FILE (missing, a folder, unreadable), the path named.
 */
SD14_NODISCARD sd14_status file_map_open(const char *path, file_map *out_map, sd14_error *error);

/** Releases the mapping; an all-zero or closed map is fine. */
void file_map_close(file_map *map);

/** Lets the kernel drop the pages of a range from this process: they are read again if needed. */
void file_map_forget(const void *start, size_t bytes);

#endif /* SD14_BASE_FILE_MAP_H */
