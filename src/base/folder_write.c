/* SPDX-License-Identifier: Apache-2.0 */
#include "base/folder_write.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_write.h"

sd14_status folder_write_make(const char *path, sd14_error *error)
{
    if (mkdir(path, 0777) == 0) return SD14_OK;
    const int code = errno;
    struct stat about;
    if (code != EEXIST) return file_write_fail(path, code, error);
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode)) return SD14_OK;
    FAIL(error, FILE, "%s: is there and is not a folder; choose another name", path);
}

sd14_status folder_write_make_all(const char *path, sd14_error *error)
{
    char above[PATH_MAX];
    const size_t length = strlen(path);
    if (length >= sizeof(above)) return file_write_fail(path, ENAMETOOLONG, error);
    for (size_t i = 1; i < length; i++) {
        if (path[i] != '/') continue;
        memcpy(above, path, i);
        above[i] = '\0';
        TRY(folder_write_make(above, error));
    }
    return folder_write_make(path, error);
}

sd14_status folder_write_lock(const char *path, int *out_lock, sd14_error *error)
{
    const int lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock < 0) return file_write_fail(path, errno, error);
    /* Some network disks have no locks: two programs in one folder are then the user's to avoid. */
    if (flock(lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        (void)close(lock);
        FAIL(error, FILE, "%s: another program is writing into this folder; wait for it", path);
    }
    *out_lock = lock;
    return SD14_OK;
}

void folder_write_unlock(int lock)
{
    if (lock >= 0) (void)close(lock);
}

sd14_status folder_write_sweep(const char *path, bool *out_empty, sd14_error *error)
{
    DIR *folder = opendir(path);
    if (folder == NULL) return file_write_fail(path, errno, error);
    bool empty = true;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
        if (file_write_is_temporary(name)) {
            (void)unlinkat(dirfd(folder), name, 0); /* it is in nobody's way if that fails */
        } else {
            empty = false;
        }
    }
    (void)closedir(folder);
    if (out_empty != NULL) *out_empty = empty;
    return SD14_OK;
}
