/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file_map.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The reason of `code` in words, in the caller's memory: strerror() is shared between threads. */
static const char *reason(int code, char *buffer, size_t bytes)
{
    return strerror_r(code, buffer, bytes); /* the GNU one: returns the text */
}

static sd14_status
map_descriptor(int descriptor, const char *path, file_map *out_map, sd14_error *error)
{
    char buffer[128];
    struct stat about;
    if (fstat(descriptor, &about) != 0) {
        FAIL(error, FILE, "%s: cannot read: %s", path, reason(errno, buffer, sizeof(buffer)));
    }
    if (S_ISDIR(about.st_mode)) FAIL(error, FILE, "%s: is a folder; give a file", path);
    if (!S_ISREG(about.st_mode)) {
        FAIL(error, FILE, "%s: not a regular file; save the data to a file first", path);
    }
    if (about.st_size == 0) return SD14_OK; /* mmap() refuses length 0 */

    const size_t size = (size_t)about.st_size;
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (bytes == MAP_FAILED) {
        if (errno == ENOMEM) {
            FAIL(error, OUT_OF_MEMORY, "%s: no address space to map %zu bytes; raise ulimit -v",
                 path, size);
        }
        FAIL(error, FILE, "%s: cannot map: %s", path, reason(errno, buffer, sizeof(buffer)));
    }
    out_map->bytes = bytes;
    out_map->size = size;
    return SD14_OK;
}

sd14_status file_map_open(const char *path, file_map *out_map, sd14_error *error)
{
    *out_map = (file_map){NULL, 0};

    /* O_NONBLOCK: a FIFO nobody writes to is refused below instead of being waited for. */
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
        char buffer[128];
        FAIL(error, FILE, "%s: cannot open: %s", path, reason(errno, buffer, sizeof(buffer)));
    }
    const sd14_status status = map_descriptor(descriptor, path, out_map, error);
    (void)close(descriptor); /* the mapping stays */
    return status;
}

void file_map_close(file_map *map)
{
    if (map->bytes != NULL) (void)munmap((void *)(uintptr_t)map->bytes, map->size);
    *map = (file_map){NULL, 0};
}

void file_map_forget(const void *start, size_t bytes)
{
    /* Whole pages only: those at the edges may hold a neighbour's bytes. */
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    const uintptr_t first = ((uintptr_t)start + page - 1) / page * page;
    const uintptr_t end = ((uintptr_t)start + bytes) / page * page;
    if (first < end) (void)madvise((void *)first, end - first, MADV_DONTNEED);
}
