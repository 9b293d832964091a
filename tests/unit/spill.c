/* SPDX-License-Identifier: Apache-2.0 */

/* Arrays on disk: what comes back, and that nothing stays behind. */
#include "base/spill.h"

#include <dirent.h>

#include "support/cmocka.h"
#include "support/files.h"

static char folder[PATH_MAX];

static int entries(void)
{
    int count = 0;
    DIR *open = opendir(folder);
    assert_non_null(open);
    while (readdir(open) != NULL) count++;
    (void)closedir(open);
    return count - 2; /* "." and ".." */
}

static void arrays_come_back(void **state)
{
    (void)state;
    enum { ARRAYS = 5, LONGEST = 5000 };
    static float values[LONGEST];
    size_t first[ARRAYS], counts[ARRAYS] = {1, 3, 0, LONGEST, 7};
    sd14_error error = {{0}};
    spill kept = {0};
    for (size_t i = 0; i < LONGEST; i++) values[i] = (float)i * 0.5F - 7.0F;

    assert_int_equal(spill_open(&kept, &error), SD14_OK);
    assert_int_equal(entries(), 0); /* it has no name */
    for (size_t i = 0; i < ARRAYS; i++)
        assert_int_equal(spill_add(&kept, values + i, counts[i] - (counts[i] == LONGEST ? i : 0),
                                   &first[i], &error),
                         SD14_OK);
    assert_int_equal(spill_map(&kept, &error), SD14_OK);
    for (size_t i = 0; i < ARRAYS; i++) {
        const size_t count = counts[i] - (counts[i] == LONGEST ? i : 0);
        if (count > 0)
            assert_memory_equal(spill_at(&kept, first[i]), values + i, count * sizeof(float));
    }
    spill_close(&kept);
    spill_close(&kept); /* closed is fine */
}

static void nothing_is_fine(void **state)
{
    (void)state;
    sd14_error error = {{0}};
    spill kept = {0};
    spill_close(&kept);
    assert_int_equal(spill_open(&kept, &error), SD14_OK);
    assert_int_equal(spill_map(&kept, &error), SD14_OK);
    spill_close(&kept);
}

static void a_missing_folder_is_named_a_failure(void **state)
{
    (void)state;
    char missing[PATH_MAX];
    sd14_error error = {{0}};
    spill kept = {0};
    assert_int_equal(setenv("TMPDIR", path_in(missing, folder, "missing"), 1), 0);
    assert_int_equal(spill_open(&kept, &error), SD14_ERROR_FILE);
    assert_non_null(strstr(error.text, "TMPDIR"));
    assert_int_equal(setenv("TMPDIR", folder, 1), 0);
}

static void a_full_disk_is_a_failure(void **state)
{
    (void)state;
    static const float values[1024];
    sd14_error error = {{0}};
    size_t first = 0;
    FILE *full = fopen("/dev/full", "w");
    if (full == NULL) skip();
    const spill kept_there = {.file = fileno(full) + 1};
    spill kept = kept_there;
    assert_int_equal(spill_add(&kept, values, 1024, &first, &error), SD14_ERROR_FILE);
    assert_non_null(strstr(error.text, "No space left"));
    assert_int_equal(fclose(full), 0);
}

static int set_up(void **state)
{
    (void)state;
    (void)temp_folder(folder);
    return setenv("TMPDIR", folder, 1);
}

static int tear_down(void **state)
{
    (void)state;
    remove_folder(folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_come_back),
        cmocka_unit_test(nothing_is_fine),
        cmocka_unit_test(a_missing_folder_is_named_a_failure),
        cmocka_unit_test(a_full_disk_is_a_failure),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
