/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file_digest.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file_map.h"
#include "base/file_write.h"
#include "base/folder_write.h"

/* Smaller files are hashed faster than it matters. */
static const off_t remembered_from = (off_t)32 << 20;

/* A file that changed this recently may change again within one tick of its disk's clock, unseen. */
enum { SETTLED_SECONDS = 3 };

static bool is_settled(const struct stat *about)
{
    const time_t now = time(NULL);
    return now - about->st_mtim.tv_sec > SETTLED_SECONDS &&
           now - about->st_ctim.tv_sec > SETTLED_SECONDS;
}

/* Where the digest of that file, as it is now, is remembered. */
static sd14_status
memory_path(const char *folder, const struct stat *about, char out[PATH_MAX], sd14_error *error)
{
    char identity[256];
    char digits[SHA256_TEXT_BYTES];
    const int length = snprintf(
        identity, sizeof(identity), "%ju %ju %jd %jd.%09ld %jd.%09ld", (uintmax_t)about->st_dev,
        (uintmax_t)about->st_ino, (intmax_t)about->st_size, (intmax_t)about->st_mtim.tv_sec,
        about->st_mtim.tv_nsec, (intmax_t)about->st_ctim.tv_sec, about->st_ctim.tv_nsec);
    TRY(sha256_bytes(identity, (size_t)length, digits, error));
    if (snprintf(out, PATH_MAX, "%s/%s", folder, digits) >= PATH_MAX)
        FAIL(error, FILE, "%s: too long for a path", folder);
    return SD14_OK;
}

static bool recall(const char *path, char out_text[SHA256_TEXT_BYTES])
{
    file_map map = {0};
    if (file_map_open(path, &map, NULL) != SD14_OK) return false;
    const size_t digits = SHA256_TEXT_BYTES - 1;
    const bool there = map.size == digits;
    if (there) {
        memcpy(out_text, map.bytes, digits);
        out_text[digits] = '\0';
    }
    file_map_close(&map);
    return there && strspn(out_text, "0123456789abcdef") == digits;
}

sd14_status file_digest(const char *path,
                        const char *folder,
                        char out_text[SHA256_TEXT_BYTES],
                        sd14_error *error)
{
    char memory[PATH_MAX];
    struct stat before, after;
    const bool remember = folder != NULL && stat(path, &before) == 0 &&
                          before.st_size >= remembered_from && is_settled(&before) &&
                          memory_path(folder, &before, memory, NULL) == SD14_OK;
    if (remember && recall(memory, out_text)) return SD14_OK;
    TRY(sha256_file(path, out_text, error));
    if (!remember || stat(path, &after) != 0 ||
        memcmp(&before.st_ctim, &after.st_ctim, sizeof(before.st_ctim)) != 0)
        return SD14_OK;
    /* Forgotten where that fails: it is hashed again next time. */
    if (folder_write_make_all(folder, NULL) == SD14_OK)
        (void)!file_write_all(memory, out_text, strlen(out_text), NULL);
    return SD14_OK;
}
