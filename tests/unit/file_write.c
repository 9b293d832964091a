/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file_write.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/file_map.h"
#include "support/cmocka.h"
#include "support/files.h"

static char folder[PATH_MAX];
static sd14_error error;

static int make_folder(void **state)
{
    (void)state;
    (void)temp_folder(folder);
    return 0;
}

static int drop_folder(void **state)
{
    (void)state;
    remove_folder(folder);
    return 0;
}

/* Files in the folder, "." and ".." apart. */
static int files_there(void)
{
    DIR *directory = opendir(folder);
    test_files_need(directory != NULL, folder);
    int count = -2;
    while (readdir(directory) != NULL) count++;
    (void)closedir(directory);
    return count;
}

static void assert_content(const char *path, const char *expected)
{
    size_t size = 0;
    uint8_t *bytes = read_file(path, &size);
    assert_non_null(bytes);
    assert_string_equal((const char *)bytes, expected);
    free(bytes);
}

static mode_t mode_of(const char *path)
{
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    return about.st_mode & 07777;
}

static void writes_whole_files(void **state)
{
    (void)state;
    char path[PATH_MAX];
    (void)path_in(path, folder, "picture.png");
    const mode_t before = umask(027);
    file_write file;
    assert_int_equal(file_write_open(path, &file, &error), SD14_OK);
    assert_int_equal(file_write_append(&file, "one ", 4, &error), SD14_OK);
    assert_int_equal(file_write_append(&file, "", 0, &error), SD14_OK);
    assert_int_equal(access(path, F_OK), -1); /* nothing to see before it is whole */
    assert_int_equal(file_write_append(&file, "two", 3, &error), SD14_OK);
    assert_int_equal(file_write_commit(&file, &error), SD14_OK);
    file_write_discard(&file); /* harmless */
    (void)umask(before);
    assert_content(path, "one two");
    assert_int_equal(mode_of(path), 0640);

    assert_int_equal(chmod(path, 0604), 0);
    assert_int_equal(file_write_all(path, "new", 3, &error), SD14_OK);
    assert_content(path, "new");
    assert_int_equal(mode_of(path), 0604); /* a file that is replaced keeps its permissions */
    assert_int_equal(files_there(), 1);
}

static void discards(void **state)
{
    (void)state;
    char path[PATH_MAX];
    (void)path_in(path, folder, "old");
    write_file(path, "old", 3);
    file_write file;
    assert_int_equal(file_write_open(path, &file, &error), SD14_OK);
    assert_int_equal(file_write_append(&file, "new", 3, &error), SD14_OK);
    assert_int_equal(files_there(), 2);
    file_write_discard(&file);
    file_write_discard(&file);
    assert_content(path, "old");
    assert_int_equal(files_there(), 1);
    file_write nothing = {0};
    file_write_discard(&nothing); /* must not close standard input */
    assert_int_not_equal(fcntl(STDIN_FILENO, F_GETFD), -1);
}

static void writes_through_links(void **state)
{
    (void)state;
    char target[PATH_MAX];
    char link[PATH_MAX];
    (void)path_in(target, folder, "target");
    (void)path_in(link, folder, "link");
    write_file(target, "old", 3);
    assert_int_equal(symlink("target", link), 0);
    assert_int_equal(file_write_all(link, "new", 3, &error), SD14_OK);
    assert_content(target, "new");
    struct stat about;
    assert_int_equal(lstat(link, &about), 0);
    assert_true(S_ISLNK(about.st_mode));
}

static void takes_long_names(void **state)
{
    (void)state;
    char name[256];
    char path[PATH_MAX];
    memset(name, 'n', 255);
    name[255] = '\0';
    (void)path_in(path, folder, name);
    assert_int_equal(file_write_all(path, "x", 1, &error), SD14_OK);
    assert_content(path, "x");
}

static void refuses_bad_places(void **state)
{
    (void)state;
    char path[PATH_MAX];
    assert_int_equal(file_write_all(folder, "x", 1, &error), SD14_ERROR_FILE);
    assert_non_null(strstr(error.text, "is a folder"));
    assert_int_equal(file_write_all(path_in(path, folder, "new/"), "x", 1, &error),
                     SD14_ERROR_FILE);
    assert_non_null(strstr(error.text, "is a folder"));
    assert_int_equal(file_write_all(path_in(path, folder, "no/such/file"), "x", 1, &error),
                     SD14_ERROR_FILE);
    assert_non_null(strstr(error.text, "does not exist"));
    assert_non_null(strstr(error.text, path));
    assert_int_equal(file_write_all("", "x", 1, &error), SD14_ERROR_FILE);
    write_file(path_in(path, folder, "file"), "x", 1);
    assert_int_equal(file_write_all(path_in(path, folder, "file/below"), "x", 1, &error),
                     SD14_ERROR_FILE);
    assert_int_equal(files_there(), 1);
}

static void refuses_protected_places(void **state)
{
    (void)state;
    if (geteuid() == 0 && seteuid(65534) != 0) skip(); /* nothing is protected from root */
    char own[PATH_MAX];
    char path[PATH_MAX];
    (void)temp_folder(own);
    write_file(path_in(path, own, "protected"), "old", 3);
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(chmod(own, 0555), 0);
    const sd14_status replaced = file_write_all(path, "new", 3, &error);
    const sd14_status created = file_write_all(path_in(path, own, "new"), "new", 3, &error);
    const int denied = strstr(error.text, "permission denied") != NULL;
    (void)chmod(own, 0755);
    remove_folder(own);
    if (getuid() == 0) assert_int_equal(seteuid(0), 0);
    assert_int_equal(replaced, SD14_ERROR_FILE);
    assert_int_equal(created, SD14_ERROR_FILE);
    assert_true(denied);
}

static void writes_into_devices(void **state)
{
    (void)state;
    assert_int_equal(file_write_all("/dev/null", "x", 1, &error), SD14_OK);
    struct stat about;
    assert_int_equal(stat("/dev/null", &about), 0);
    assert_true(S_ISCHR(about.st_mode)); /* not replaced by a file */
    assert_int_equal(file_write_all("/dev/full", "x", 1, &error), SD14_ERROR_FILE);
    assert_non_null(strstr(error.text, "/dev/full: the disk is full"));
}

static void says_why_standard_output_failed(void **state)
{
    (void)state;
    const int saved = dup(STDOUT_FILENO);
    const int full = open("/dev/full", O_WRONLY);
    (void)fflush(stdout);
    (void)dup2(full, STDOUT_FILENO);
    const sd14_status status = file_write_all("-", "x", 1, &error);
    (void)dup2(saved, STDOUT_FILENO);
    (void)close(saved);
    (void)close(full);
    assert_int_equal(status, SD14_ERROR_FILE);
    assert_non_null(strstr(error.text, "standard output: the disk is full"));
    assert_int_equal(access("-", F_OK), -1);
}

/* A limit on file sizes stands in for a disk that fills up in the middle. */
static void leaves_nothing_when_the_disk_fills_up(void **state)
{
    (void)state;
    char path[PATH_MAX];
    (void)path_in(path, folder, "big");
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit small = before;
    small.rlim_cur = 100000;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    static char bytes[300000];
    const sd14_status status = file_write_all(path, bytes, sizeof(bytes), &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, handler);
    assert_int_equal(status, SD14_ERROR_FILE);
    assert_non_null(strstr(error.text, path));
    assert_int_equal(files_there(), 0);
}

static void shows_no_part_when_killed(void **state)
{
    (void)state;
    char path[PATH_MAX];
    (void)path_in(path, folder, "picture");
    write_file(path, "old", 3);
    const pid_t child = fork();
    if (child == 0) {
        file_write file;
        if (file_write_open(path, &file, NULL) != SD14_OK) _exit(1);
        if (file_write_append(&file, "half", 4, NULL) != SD14_OK) _exit(1);
        (void)raise(SIGKILL);
        _exit(1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_content(path, "old");
}

static void maps_files(void **state)
{
    (void)state;
    char path[PATH_MAX];
    file_map map;
    write_file(path_in(path, folder, "some"), "bytes", 5);
    assert_int_equal(file_map_open(path, &map, &error), SD14_OK);
    assert_int_equal(map.size, 5);
    assert_memory_equal(map.bytes, "bytes", 5);
    file_map_forget(map.bytes, map.size);
    file_map_forget(map.bytes, 0);
    assert_memory_equal(map.bytes, "bytes", 5);
    file_map_close(&map);
    file_map_close(&map);

    write_file(path_in(path, folder, "empty"), "", 0);
    assert_int_equal(file_map_open(path, &map, &error), SD14_OK);
    assert_null(map.bytes);
    assert_int_equal(map.size, 0);
    file_map_close(&map);

    assert_int_equal(file_map_open(folder, &map, &error), SD14_ERROR_FILE);
    assert_non_null(strstr(error.text, "is a folder"));
    assert_int_equal(file_map_open(path_in(path, folder, "none"), &map, &error), SD14_ERROR_FILE);
    assert_non_null(strstr(error.text, "No such file"));
    assert_int_equal(mkfifo(path_in(path, folder, "fifo"), 0600), 0);
    assert_int_equal(file_map_open(path, &map, &error), SD14_ERROR_FILE); /* and does not wait */
    assert_non_null(strstr(error.text, "not a regular file"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, drop_folder)
    const struct CMUnitTest tests[] = {
        TEST(writes_whole_files),
        TEST(discards),
        TEST(writes_through_links),
        TEST(takes_long_names),
        TEST(refuses_bad_places),
        TEST(refuses_protected_places),
        TEST(writes_into_devices),
        TEST(says_why_standard_output_failed),
        TEST(leaves_nothing_when_the_disk_fills_up),
        TEST(shows_no_part_when_killed),
        TEST(maps_files),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
