/* SPDX-License-Identifier: Apache-2.0 */

/** What the fuzz targets share: an input as a file, and what holds for every refusal. A target is a file
 * fuzz_<subject>.c with a LLVMFuzzerTestOneInput(); a promise that is not kept ends the program. */
#ifndef SD14_TEST_FUZZ_H
#define SD14_TEST_FUZZ_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <utf8proc.h>

#include "base/status.h"
#include "support/files.h"

/** libFuzzer calls it with one input after the other; so does replay.c. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);   \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/** The path of a file in memory that holds the input; the next call puts another input there. */
static inline const char *fuzz_file(const uint8_t *data, size_t size)
{
    static int descriptor = -1;
    static char path[32];
    if (descriptor < 0) {
        descriptor = memfd_create("input", MFD_CLOEXEC);
        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
    }
    test_files_need(ftruncate(descriptor, 0) == 0, path);
    test_files_need(pwrite(descriptor, data, size, 0) == (ssize_t)size, path);
    return path;
}

static inline void fuzz_remove_folder(void);

/** A folder for subjects of several files; it is there until the program ends. */
static inline const char *fuzz_folder(void)
{
    static char path[PATH_MAX];
    if (path[0] == '\0') {
        (void)temp_folder(path);
        (void)atexit(fuzz_remove_folder);
    }
    return path;
}

static inline void fuzz_remove_folder(void)
{
    remove_folder(fuzz_folder());
}

/** Writes folder/name. */
static inline void fuzz_put(const char *name, const void *bytes, size_t size)
{
    char path[PATH_MAX];
    write_file(path_in(path, fuzz_folder(), name), bytes, size);
}

/** A refusal has the status that the header promises and says why, in one line of UTF-8. */
static inline void fuzz_refused(sd14_status status, sd14_status promised, const sd14_error *error)
{
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)error->text;
    FUZZ_CHECK(status == promised);
    FUZZ_CHECK(*at != '\0');
    while (*at != '\0') {
        utf8proc_int32_t point = 0;
        const utf8proc_ssize_t length = utf8proc_iterate(at, -1, &point);
        FUZZ_CHECK(length > 0);
        FUZZ_CHECK(utf8proc_category(point) != UTF8PROC_CATEGORY_CC);
        at += length;
    }
}

#endif /* SD14_TEST_FUZZ_H */
