/* SPDX-License-Identifier: Apache-2.0 */
#include "base/block_cache_room.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_write.h"

static bool is_block(const char *name)
{
    const size_t length = strlen(name), ending = strlen(BLOCK_CACHE_ENDING);
    return length == SHA256_TEXT_BYTES - 1 + ending &&
           strcmp(name + length - ending, BLOCK_CACHE_ENDING) == 0;
}

/* Nobody holds its lock: whoever began it is gone. */
static void remove_abandoned(int folder, const char *name)
{
    const int file = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return;
    if (flock(file, LOCK_EX | LOCK_NB) == 0) (void)unlinkat(folder, name, 0);
    (void)close(file);
}

typedef struct oldest_block {
    char name[NAME_MAX + 1]; /* "": there is none */
    struct timespec used;
    uint64_t bytes;
} oldest_block;

static bool is_earlier(struct timespec a, struct timespec b)
{
    return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

/* Goes over the folder once. @return bytes of all blocks */
static uint64_t look_over(DIR *listing, oldest_block *out_oldest)
{
    uint64_t bytes = 0;
    struct stat about;
    *out_oldest = (oldest_block){{0}, {0}, 0};
    rewinddir(listing);
    for (const struct dirent *entry; (entry = readdir(listing)) != NULL;) {
        const char *name = entry->d_name;
        if (file_write_is_temporary(name)) remove_abandoned(dirfd(listing), name);
        if (!is_block(name) || fstatat(dirfd(listing), name, &about, 0) != 0) continue;
        bytes += (uint64_t)about.st_size;
        if (out_oldest->name[0] != '\0' && !is_earlier(about.st_mtim, out_oldest->used)) continue;
        memcpy(out_oldest->name, name, strlen(name) + 1);
        out_oldest->used = about.st_mtim;
        out_oldest->bytes = (uint64_t)about.st_size;
    }
    return bytes;
}

void block_cache_make_room(const block_cache *cache, uint64_t bytes)
{
    DIR *listing = opendir(cache->folder);
    if (listing == NULL) return;
    oldest_block oldest;
    while (look_over(listing, &oldest) + bytes > cache->most_bytes && oldest.name[0] != '\0') {
        if (unlinkat(dirfd(listing), oldest.name, 0) != 0) break;
        log_write(cache->log, LOG_LEVEL_DEBUG, "%s/%s: removed, used longest ago", cache->folder,
                  oldest.name);
    }
    (void)closedir(listing);
}
