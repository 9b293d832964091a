/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file_write.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

/* Longest part of the target's name that the temporary's name repeats: NAME_MAX is 255. */
enum { NAME_KEPT = 200, ATTEMPTS = 100 };

#define TEMPORARY_END ".tmp"

sd14_status file_write_fail(const char *path, int code, sd14_error *error)
{
    char buffer[128];
    switch (code) {
    case ENOSPC:
    case EDQUOT:
        FAIL(error, FILE, "%s: the disk is full; free some space or write to another disk", path);
    case ENOENT:
    case ENOTDIR:
        FAIL(error, FILE, "%s: cannot write: the folder does not exist; create it first", path);
    case EACCES:
    case EPERM:
        FAIL(error, FILE, "%s: cannot write: permission denied; choose another folder", path);
    case EISDIR:
        FAIL(error, FILE, "%s: is a folder; give the name of a file", path);
    case EROFS:
        FAIL(error, FILE, "%s: cannot write: the disk is read-only; choose another folder", path);
    default:
        FAIL(error, FILE, "%s: cannot write: %s", path, strerror_r(code, buffer, sizeof(buffer)));
    }
}

void file_write_discard(file_write *file)
{
    if (file->path == NULL) return; /* closed, or never opened */
    if (file->descriptor >= 0) (void)close(file->descriptor);
    if (file->temporary != NULL) (void)unlink(file->temporary);
    mem_free(file->temporary);
    mem_free(file->path);
    *file = (file_write){-1, NULL, NULL};
}

bool file_write_is_temporary(const char *name)
{
    const size_t length = strlen(name);
    return length > strlen(TEMPORARY_END) + 2 && name[0] == '.' &&
           strcmp(name + length - strlen(TEMPORARY_END), TEMPORARY_END) == 0;
}

/* open(O_EXCL) with a name of our own rather than mkostemp(): mkostemp makes the file 0600, and the
 * umask that the final file shall honour cannot be asked for without changing it. */
static sd14_status open_temporary(file_write *file, sd14_error *error)
{
    const char *slash = strrchr(file->path, '/');
    const int folder = slash == NULL ? 0 : (int)(slash - file->path) + 1;
    const char *name = file->path + folder;
    const size_t bytes = (size_t)folder + NAME_KEPT + 16;
    file->temporary = mem_array(bytes, 1);
    if (file->temporary == NULL) FAIL_NO_MEMORY(error, "the name of a temporary file");

    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        uint32_t random = 0;
        if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random)) {
            random = (uint32_t)getpid() + (uint32_t)attempt;
        }
        (void)snprintf(file->temporary, bytes, "%.*s.%.*s.%06x" TEMPORARY_END, folder, file->path,
                       NAME_KEPT, name, (unsigned)(random & 0xFFFFFF));
        file->descriptor = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file->descriptor >= 0) return SD14_OK;
        if (errno != EEXIST) break;
    }
    const int code = errno;
    mem_free(file->temporary); /* nothing of ours stands under that name */
    file->temporary = NULL;
    return file_write_fail(file->path, code, error);
}

/* Opens what stands at the path already: a regular file is replaced (its permissions kept), a device
 * or FIFO written into. */
static sd14_status open_existing(file_write *file, const struct stat *about, sd14_error *error)
{
    if (S_ISDIR(about->st_mode)) return file_write_fail(file->path, EISDIR, error);
    if (!S_ISREG(about->st_mode)) {
        file->descriptor = open(file->path, O_WRONLY | O_CLOEXEC);
        return file->descriptor >= 0 ? SD14_OK : file_write_fail(file->path, errno, error);
    }

    /* rename() would replace a write-protected file too; whoever protected it would mind. */
    if (access(file->path, W_OK) != 0) {
        if (errno == EROFS) return file_write_fail(file->path, errno, error);
        FAIL(error, FILE, "%s: exists and is write-protected; choose another name", file->path);
    }
    TRY(open_temporary(file, error));
    (void)fchmod(file->descriptor, about->st_mode & 07777); /* as a courtesy: not all disks can */
    return SD14_OK;
}

static sd14_status open_path(const char *path, file_write *file, sd14_error *error)
{
    if (strcmp(path, "-") == 0) {
        file->descriptor = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
        return file->descriptor >= 0 ? SD14_OK : file_write_fail("standard output", errno, error);
    }
    if (path[0] == '\0') FAIL(error, FILE, "no file name to write to; give one");
    if (path[strlen(path) - 1] == '/') return file_write_fail(path, EISDIR, error);

    struct stat about;
    if (stat(path, &about) == 0) return open_existing(file, &about, error);
    if (errno != ENOENT) return file_write_fail(path, errno, error);
    return open_temporary(file, error);
}

sd14_status file_write_open(const char *path, file_write *out_file, sd14_error *error)
{
    /* A link's target is replaced, not the link; a link to nothing is replaced itself. */
    char resolved[PATH_MAX];
    struct stat about;
    const bool is_link = lstat(path, &about) == 0 && S_ISLNK(about.st_mode);
    const char *target = is_link && realpath(path, resolved) != NULL ? resolved : path;

    *out_file = (file_write){-1, mem_string(target), NULL};
    if (out_file->path == NULL) FAIL_NO_MEMORY(error, "a file name");
    const sd14_status status = open_path(target, out_file, error);
    if (status != SD14_OK) file_write_discard(out_file);
    return status;
}

/* Fails with the sentence for errno value `code`, and leaves nothing behind. */
static sd14_status give_up(file_write *file, int code, sd14_error *error)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): file_write_open() failed if it is NULL */
    const char *name = strcmp(file->path, "-") == 0 ? "standard output" : file->path;
    const sd14_status status = file_write_fail(name, code, error);
    file_write_discard(file);
    return status;
}

sd14_status file_write_append(file_write *file, const void *bytes, size_t size, sd14_error *error)
{
    const size_t most = (size_t)1 << 30; /* write() takes at most about 2 GiB at once */
    const char *from = bytes;
    while (size > 0) {
        const ssize_t written = write(file->descriptor, from, size < most ? size : most);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return give_up(file, errno, error);
        from += written;
        size -= (size_t)written;
    }
    return SD14_OK;
}

sd14_status file_write_commit(file_write *file, sd14_error *error)
{
    /* Without the sync a crash soon after could leave a whole name with an empty file behind it.
     * Some network disks cannot sync at all: nothing to be done about that. */
    if (file->temporary != NULL && fsync(file->descriptor) != 0 && errno != EINVAL &&
        errno != ENOSYS && errno != ENOTSUP) {
        return give_up(file, errno, error);
    }
    const int descriptor = file->descriptor;
    file->descriptor = -1;
    if (close(descriptor) != 0 && errno != EINTR) return give_up(file, errno, error);
    if (file->temporary != NULL && rename(file->temporary, file->path) != 0) {
        return give_up(file, errno, error);
    }
    mem_free(file->temporary); /* the name is gone: discard must not remove anything */
    file->temporary = NULL;
    file_write_discard(file);
    return SD14_OK;
}

sd14_status file_write_all(const char *path, const void *bytes, size_t size, sd14_error *error)
{
    file_write file;
    TRY(file_write_open(path, &file, error));
    TRY(file_write_append(&file, bytes, size, error));
    return file_write_commit(&file, error);
}
