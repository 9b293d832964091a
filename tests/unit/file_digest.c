/* SPDX-License-Identifier: Apache-2.0 */

/* A large file's SHA-256 is remembered as long as the file stays what it was. */
#include "base/file_digest.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>

#include "support/cmocka.h"
#include "support/files.h"

enum { LARGE = 33 << 20, SMALL = 1 << 20, SETTLED = 5 };

static char folder[PATH_MAX], memory[PATH_MAX], large[PATH_MAX], small[PATH_MAX];

/* Zeros that take no disk. */
static void make_file(const char *path, off_t size)
{
    write_file(path, "", 0);
    test_files_need(truncate(path, size) == 0, path);
}

/* The only file in there; false: none. */
static bool remembered(char out[PATH_MAX])
{
    int count = 0;
    DIR *open = opendir(memory);
    if (open == NULL) return false;
    for (const struct dirent *entry; (entry = readdir(open)) != NULL;) {
        if (entry->d_name[0] == '.') continue;
        (void)path_in(out, memory, entry->d_name);
        count++;
    }
    (void)closedir(open);
    assert_in_range(count, 0, 1);
    return count == 1;
}

static void digests_are_remembered(void **state)
{
    (void)state;
    char truth[SHA256_TEXT_BYTES], got[SHA256_TEXT_BYTES], note[PATH_MAX];
    sd14_error error = {{0}};
    assert_int_equal(sha256_file(large, truth, &error), SD14_OK);
    assert_int_equal(file_digest(large, memory, got, &error), SD14_OK);
    assert_string_equal(got, truth);
    assert_false(remembered(note)); /* made a moment ago: it may change unseen */

    (void)sleep(SETTLED);
    assert_int_equal(file_digest(small, memory, got, &error), SD14_OK);
    assert_int_equal(file_digest(large, NULL, got, &error), SD14_OK);
    assert_false(remembered(note));
    assert_int_equal(file_digest(large, memory, got, &error), SD14_OK);
    assert_string_equal(got, truth);
    assert_true(remembered(note));

    char planted[SHA256_TEXT_BYTES]; /* what is remembered is what is told */
    memset(planted, 'f', sizeof(planted) - 1);
    planted[sizeof(planted) - 1] = '\0';
    write_file(note, planted, strlen(planted));
    assert_int_equal(file_digest(large, memory, got, &error), SD14_OK);
    assert_string_equal(got, planted);
    write_file(note, "not a digest", 12);
    assert_int_equal(file_digest(large, memory, got, &error), SD14_OK);
    assert_string_equal(got, truth);

    write_file(note, planted, strlen(planted));
    const int file = open(large, O_WRONLY); /* one byte, the times put back */
    const struct timespec times[2] = {{0, UTIME_OMIT}, {1000000000, 0}};
    assert_int_equal(pwrite(file, "x", 1, LARGE / 2), 1);
    assert_int_equal(futimens(file, times), 0);
    (void)close(file);
    assert_int_equal(file_digest(large, memory, got, &error), SD14_OK);
    assert_string_not_equal(got, planted);
    assert_string_not_equal(got, truth);
}

static void a_missing_file_is_named(void **state)
{
    (void)state;
    char got[SHA256_TEXT_BYTES];
    sd14_error error = {{0}};
    assert_int_equal(file_digest("/nowhere/at.all", memory, got, &error), SD14_ERROR_FILE);
    assert_non_null(strstr(error.text, "/nowhere/at.all"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_remembered),
        cmocka_unit_test(a_missing_file_is_named),
    };
    (void)temp_folder(folder);
    (void)path_in(memory, folder, "cache/sha256");
    make_file(path_in(large, folder, "large"), LARGE);
    make_file(path_in(small, folder, "small"), SMALL);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    remove_folder(folder);
    return failed;
}
