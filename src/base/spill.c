/* SPDX-License-Identifier: Apache-2.0 */
#include "base/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static sd14_status fail_errno(const char *what, int code, sd14_error *error)
{
    char buffer[128];
    FAIL(error, FILE, "%s a temporary file: %s; free some space, or name another folder in TMPDIR",
         what, strerror_r(code, buffer, sizeof(buffer)));
}

sd14_status spill_open(spill *out_spill, sd14_error *error)
{
    char path[PATH_MAX];
    const char *folder = getenv("TMPDIR");
    if (folder == NULL || folder[0] == '\0') folder = "/tmp";
    *out_spill = (spill){0};
    if (snprintf(path, sizeof(path), "%s/sd14-XXXXXX", folder) >= (int)sizeof(path))
        return fail_errno("cannot make", ENAMETOOLONG, error);
    const int descriptor = mkostemp(path, O_CLOEXEC);
    if (descriptor < 0) return fail_errno("cannot make", errno, error);
    (void)unlink(path);
    out_spill->file = descriptor + 1;
    return SD14_OK;
}

sd14_status
spill_add(spill *to, const float *values, size_t count, size_t *out_first, sd14_error *error)
{
    const char *bytes = (const char *)values;
    for (size_t left = count * sizeof(float); left > 0;) {
        const ssize_t written = write(to->file - 1, bytes, left);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return fail_errno("cannot write", errno, error);
        bytes += written;
        left -= (size_t)written;
    }
    *out_first = to->count;
    to->count += count;
    return SD14_OK;
}

sd14_status spill_map(spill *of, sd14_error *error)
{
    if (of->count == 0) return SD14_OK; /* mmap() refuses length 0 */
    const size_t bytes = of->count * sizeof(float);
    void *mapped = mmap(NULL, bytes, PROT_READ, MAP_SHARED, of->file - 1, 0);
    if (mapped == MAP_FAILED) {
        FAIL(error, OUT_OF_MEMORY,
             "no address space to map %zu bytes of a temporary file; raise ulimit -v", bytes);
    }
    of->mapped = mapped;
    return SD14_OK;
}

const float *spill_at(const spill *of, size_t first)
{
    return of->mapped + first;
}

void spill_close(spill *of)
{
    if (of->mapped != NULL) (void)munmap(of->mapped, of->count * sizeof(float));
    if (of->file > 0) (void)close(of->file - 1);
    *of = (spill){0};
}
