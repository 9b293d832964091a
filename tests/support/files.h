/* SPDX-License-Identifier: Apache-2.0 */

/** Files for tests: a folder that is empty at the start and gone at the end. A test that cannot have
 * its files stops the program. */
#ifndef SD14_TEST_FILES_H
#define SD14_TEST_FILES_H

#include <ftw.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static inline void test_files_need(int condition, const char *what)
{
    if (condition) return;
    perror(what);
    exit(1);
}

/** Makes a folder; returns `path`. */
static inline const char *temp_folder(char path[PATH_MAX])
{
    const char *where = getenv("TMPDIR");
    (void)snprintf(path, PATH_MAX, "%s/sd14_test_XXXXXX", where == NULL ? "/tmp" : where);
    test_files_need(mkdtemp(path) != NULL, path);
    return path;
}

static inline int
remove_one(const char *path, const struct stat *about, int type, struct FTW *where)
{
    (void)about;
    (void)type;
    (void)where;
    return remove(path);
}

/** Removes a folder and all in it. */
static inline void remove_folder(const char *path)
{
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/** "folder/name"; returns `path`. */
static inline const char *path_in(char path[PATH_MAX], const char *folder, const char *name)
{
    test_files_need(snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX, name);
    return path;
}

static inline void write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    test_files_need(file != NULL, path);
    test_files_need(size == 0 || fwrite(bytes, 1, size, file) == size, path);
    test_files_need(fclose(file) == 0, path);
}

/** Makes the folders that `path`, a file in `root`, lies in. */
static inline void make_parents(const char *root, const char *path)
{
    char at[PATH_MAX];
    for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        test_files_need(
            snprintf(at, sizeof(at), "%s/%.*s", root, (int)(slash - path), path) < PATH_MAX, path);
        (void)mkdir(at, 0777);
    }
}

/** Writes text into root/path, and makes the folders it lies in. */
static inline void put_file(const char *root, const char *path, const char *content)
{
    char joined[PATH_MAX];
    make_parents(root, path);
    write_file(path_in(joined, root, path), content, strlen(content));
}

/** A link at root/path, likewise. */
static inline void put_link(const char *root, const char *path, const char *target)
{
    char joined[PATH_MAX];
    make_parents(root, path);
    test_files_need(symlink(target, path_in(joined, root, path)) == 0, path);
}

/** All bytes and a zero behind them, to be freed; NULL when there is no such file. */
static inline uint8_t *read_file(const char *path, size_t *out_size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) return NULL;
    const size_t most = (size_t)1 << 24;
    uint8_t *bytes = calloc(most, 1);
    test_files_need(bytes != NULL, path);
    *out_size = fread(bytes, 1, most - 1, file);
    (void)fclose(file);
    return bytes;
}

#endif /* SD14_TEST_FILES_H */
