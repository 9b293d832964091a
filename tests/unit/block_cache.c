/* SPDX-License-Identifier: Apache-2.0 */

/* Blocks that outlive the process: kept ones come back, and nothing half-made ever does. */
#include "base/block_cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "support/cmocka.h"
#include "support/files.h"

enum { SIZE = 20000, HEAD = 4096 };

static char root[PATH_MAX], folder[PATH_MAX];
static thread_pool *pool;
static char warned[512];

static void remember(void *user, log_level level, const char *words)
{
    (void)user;
    if (level == LOG_LEVEL_WARNING) (void)snprintf(warned, sizeof(warned), "%s", words);
}

static const log_target messages = {NULL, remember};

static block_cache cache_of(uint64_t most)
{
    warned[0] = '\0';
    return (block_cache){.folder = folder, .most_bytes = most, .log = &messages};
}

/* A name of 64 equal digits. */
static const char *name_of(char digit, char out[SHA256_TEXT_BYTES])
{
    memset(out, digit, SHA256_TEXT_BYTES - 1);
    out[SHA256_TEXT_BYTES - 1] = '\0';
    return out;
}

static int entries(void)
{
    int count = 0;
    DIR *open = opendir(folder);
    if (open == NULL) return 0;
    while (readdir(open) != NULL) count++;
    (void)closedir(open);
    return count - 2; /* "." and ".." */
}

/* @return whether it was there already */
static bool fill(const block_cache *cache, char digit, bool keep)
{
    char name[SHA256_TEXT_BYTES];
    cached_block block;
    assert_true(block_cache_open(cache, pool, name_of(digit, name), SIZE, &block));
    const bool was = block.ready;
    if (!was) {
        for (size_t i = 0; i < SIZE; i++) assert_int_equal(((uint8_t *)block.bytes)[i], 0);
        memset(block.bytes, digit, SIZE);
        if (keep) block_cache_keep(cache, pool, &block);
    }
    assert_int_equal(block.ready, was || keep);
    for (size_t i = 0; i < SIZE; i++) assert_int_equal(((uint8_t *)block.bytes)[i], digit);
    assert_int_equal((uintptr_t)block.bytes % 64, 0);
    block_cache_close(&block);
    block_cache_close(&block); /* closed is fine */
    return was;
}

static void file_of(char digit, char out[PATH_MAX])
{
    char name[SHA256_TEXT_BYTES], file[SHA256_TEXT_BYTES + 8];
    (void)snprintf(file, sizeof(file), "%s.block", name_of(digit, name));
    (void)path_in(out, folder, file);
}

/* Writes bytes into the file of a block. */
static void patch(char digit, off_t at, const char *bytes, size_t size)
{
    char path[PATH_MAX];
    file_of(digit, path);
    const int file = open(path, O_WRONLY);
    assert_true(file >= 0);
    assert_int_equal(pwrite(file, bytes, size, at), size);
    (void)close(file);
}

/* Where a file says in which start of the system it was whole: an id with dashes, found, not assumed. */
static void forget_boot(char digit)
{
    char path[PATH_MAX], boot[64] = {0};
    size_t size;
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");
    if (file == NULL) skip();
    assert_non_null(fgets(boot, 37, file));
    (void)fclose(file);
    file_of(digit, path);
    uint8_t *bytes = read_file(path, &size);
    assert_non_null(bytes);
    size_t at = 0;
    while (at + 36 < HEAD && memcmp(bytes + at, boot, 36) != 0) at++;
    free(bytes);
    assert_in_range(at, 1, HEAD - 37);
    patch(digit, (off_t)at, "another", 7);
}

static void kept_ones_come_back(void **state)
{
    (void)state;
    const block_cache cache = cache_of(1 << 20);
    assert_false(fill(&cache, 'a', true));
    assert_true(fill(&cache, 'a', true));
    assert_false(fill(&cache, 'b', true));
    assert_int_equal(entries(), 2);
    assert_string_equal(warned, "");
}

static void what_is_not_kept_leaves_nothing(void **state)
{
    (void)state;
    const block_cache cache = cache_of(1 << 20);
    assert_false(fill(&cache, 'a', false));
    assert_false(fill(&cache, 'a', false));
    assert_int_equal(entries(), 0);
}

static void other_sizes_are_other_blocks(void **state)
{
    (void)state;
    char name[SHA256_TEXT_BYTES];
    cached_block block;
    block_cache cache = cache_of(1 << 20);
    assert_false(fill(&cache, 'a', true));
    assert_true(block_cache_open(&cache, pool, name_of('a', name), SIZE + 64, &block));
    assert_false(block.ready);
    block_cache_close(&block);
    cache.least_bytes = SIZE + 1;
    assert_false(block_cache_open(&cache, pool, name, SIZE, &block));
    cache = cache_of(SIZE);
    assert_false(block_cache_open(&cache, pool, name, SIZE, &block));
    assert_string_equal(warned, "");
}

static void after_a_restart_a_file_is_checked(void **state)
{
    (void)state;
    const block_cache cache = cache_of(1 << 20);
    assert_false(fill(&cache, 'a', true));
    forget_boot('a');
    assert_true(fill(&cache, 'a', true)); /* whole, and noted so: */
    forget_boot('a');
    patch('a', HEAD + SIZE - 1, "x", 1); /* its last byte never got to the disk */
    assert_false(fill(&cache, 'a', true));
    assert_true(fill(&cache, 'a', true));
    patch('a', 0, "x", 1);
    assert_false(fill(&cache, 'a', true));
}

static void cut_short_is_made_again(void **state)
{
    (void)state;
    char path[PATH_MAX];
    const block_cache cache = cache_of(1 << 20);
    const off_t lengths[] = {0, 10, HEAD, HEAD + SIZE - 1};
    file_of('a', path);
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        assert_false(fill(&cache, 'a', true));
        assert_int_equal(truncate(path, lengths[i]), 0);
        assert_false(fill(&cache, 'a', true));
        assert_int_equal(unlink(path), 0);
    }
}

static void used_at(char digit, time_t when)
{
    char path[PATH_MAX];
    file_of(digit, path);
    const struct timespec times[2] = {{when, 0}, {when, 0}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static bool is_there(char digit)
{
    char path[PATH_MAX];
    file_of(digit, path);
    return access(path, F_OK) == 0;
}

static void those_used_longest_ago_make_room(void **state)
{
    (void)state;
    char other[PATH_MAX];
    const block_cache cache = cache_of(3 * (SIZE + HEAD));
    (void)fill(&cache, 'a', true);
    put_file(folder, "not-a-block", "somebody else's");
    for (char digit = 'b'; digit <= 'c'; digit++) (void)fill(&cache, digit, true);
    used_at('a', 300);
    used_at('b', 100);
    used_at('c', 200);
    assert_true(fill(&cache, 'b', true)); /* used now */
    assert_false(fill(&cache, 'd', true));
    assert_true(is_there('a') && is_there('b') && !is_there('c') && is_there('d'));
    assert_int_equal(access(path_in(other, folder, "not-a-block"), F_OK), 0);
}

static void abandoned_ones_are_removed(void **state)
{
    (void)state;
    char dead[PATH_MAX], live[PATH_MAX];
    const block_cache cache = cache_of(1 << 20);
    (void)fill(&cache, 'a', true);
    put_file(folder, ".block.dead.tmp", "x");
    put_file(folder, ".block.live.tmp", "x");
    const int at_work = open(path_in(live, folder, ".block.live.tmp"), O_RDWR);
    assert_int_equal(flock(at_work, LOCK_EX), 0);
    (void)fill(&cache, 'b', true);
    assert_int_not_equal(access(path_in(dead, folder, ".block.dead.tmp"), F_OK), 0);
    assert_int_equal(access(live, F_OK), 0);
    (void)close(at_work);
}

static void no_place_is_a_warning(void **state)
{
    (void)state;
    char name[SHA256_TEXT_BYTES];
    cached_block block;
    const block_cache cache = cache_of(1 << 20);
    put_file(root, "cache", "a file where the folder should be");
    assert_false(block_cache_open(&cache, pool, name_of('a', name), SIZE, &block));
    assert_non_null(strstr(warned, "prepared weights are not kept"));
    assert_non_null(strstr(warned, root));
    assert_null(block.bytes);
}

/* A limit on the size of files stands for a disk that is full. */
static void a_full_disk_is_a_warning(void **state)
{
    (void)state;
    const pid_t child = fork();
    if (child == 0) {
        char name[SHA256_TEXT_BYTES];
        cached_block block;
        const block_cache cache = cache_of(1 << 20);
        const struct rlimit limit = {SIZE / 2, SIZE / 2};
        (void)signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(1);
        if (block_cache_open(&cache, pool, name_of('a', name), SIZE, &block)) _exit(2);
        _exit(strstr(warned, "prepared weights are not kept") == NULL ? 3 : 0);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(entries(), 0);
}

static int make_folder(void **state)
{
    (void)state;
    (void)temp_folder(root);
    (void)path_in(folder, root, "cache/below");
    return 0;
}

static int drop_folder(void **state)
{
    (void)state;
    remove_folder(root);
    return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_folder, drop_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(kept_ones_come_back),          CASE(what_is_not_kept_leaves_nothing),
        CASE(other_sizes_are_other_blocks), CASE(after_a_restart_a_file_is_checked),
        CASE(cut_short_is_made_again),      CASE(those_used_longest_ago_make_room),
        CASE(abandoned_ones_are_removed),   CASE(no_place_is_a_warning),
        CASE(a_full_disk_is_a_warning),
    };
    if (thread_pool_create(2, &pool, NULL) != SD14_OK) return 1;
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    thread_pool_destroy(pool);
    return failed;
}
