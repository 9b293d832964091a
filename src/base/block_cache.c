/* SPDX-License-Identifier: Apache-2.0 */
#include "base/block_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/block_cache_room.h"
#include "base/file_write.h"
#include "base/folder_write.h"
#include "base/memory.h"

/* A file is one page that says what follows, then the block: so the block is page-aligned. */
enum { HEAD_BYTES = 4096, BOOT_BYTES = 48 };

typedef struct block_head {
    char magic[16];
    char name[SHA256_TEXT_BYTES];
    char digest[SHA256_TEXT_BYTES]; /* of the block: block_digest() */
    char boot[BOOT_BYTES];          /* the start of the system in which it was known to be whole */
    uint64_t size;
} block_head;

static const char magic[16] = "sd14 block 1\n";

/* ---- whether a file is whole -------------------------------------------------------------------- */

/* An id of this start of the system; "" where it has none. */
static void read_boot(char out[BOOT_BYTES])
{
    memset(out, 0, BOOT_BYTES);
    const int file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    if (read(file, out, BOOT_BYTES - 1) < 0) out[0] = '\0';
    (void)close(file);
}

enum { PART_BYTES = 8 << 20, PARTS_MAX = 1 << 14 };

typedef struct digest_work {
    const uint8_t *bytes;
    size_t size;
    char (*digits)[SHA256_TEXT_BYTES]; /* per part; "": failed */
} digest_work;

static void digest_part(void *context, size_t item, int thread)
{
    (void)thread;
    const digest_work *work = context;
    const size_t at = item * PART_BYTES;
    const size_t bytes = work->size - at < PART_BYTES ? work->size - at : PART_BYTES;
    if (sha256_bytes(work->bytes + at, bytes, work->digits[item], NULL) != SD14_OK)
        work->digits[item][0] = '\0';
}

/* The SHA-256 of the parts' SHA-256: parts, so that all threads have work. */
static bool block_digest(thread_pool *pool, const void *bytes, size_t size, char *out_text)
{
    const size_t parts = (size + PART_BYTES - 1) / PART_BYTES;
    if (parts > PARTS_MAX) return false;
    digest_work work = {
        .bytes = bytes, .size = size, .digits = mem_array(parts, sizeof(*work.digits))};
    if (work.digits == NULL) return false;
    thread_pool_run(pool, parts, digest_part, &work);
    bool done = sha256_bytes(work.digits, parts * sizeof(*work.digits), out_text, NULL) == SD14_OK;
    for (size_t i = 0; i < parts; i++) done = done && work.digits[i][0] != '\0';
    mem_free(work.digits);
    return done;
}

/* ---- a block that is there ---------------------------------------------------------------------- */

static bool map_file(cached_block *block, int protection)
{
    void *at = mmap(NULL, HEAD_BYTES + block->size, protection, MAP_SHARED, block->file - 1, 0);
    if (at == MAP_FAILED) return false;
    block->bytes = (char *)at + HEAD_BYTES;
    return true;
}

static const block_head *head_of(const cached_block *block)
{
    return (const void *)((const char *)block->bytes - HEAD_BYTES);
}

/* Notes in the file that it is whole; it may be someone else's, and then is checked each time. */
static void note_boot(const char *path, const char boot[BOOT_BYTES])
{
    const int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return;
    (void)!pwrite(file, boot, BOOT_BYTES, offsetof(block_head, boot));
    (void)close(file);
}

static bool is_whole(thread_pool *pool, const cached_block *block, const char *name)
{
    char boot[BOOT_BYTES], digest[SHA256_TEXT_BYTES];
    const block_head *head = head_of(block);
    if (memcmp(head->magic, magic, sizeof(magic)) != 0 || head->size != block->size ||
        memcmp(head->name, name, SHA256_TEXT_BYTES) != 0)
        return false;
    read_boot(boot);
    if (boot[0] != '\0' && memcmp(head->boot, boot, BOOT_BYTES) == 0) return true;
    if (!block_digest(pool, block->bytes, block->size, digest) ||
        memcmp(head->digest, digest, SHA256_TEXT_BYTES) != 0)
        return false;
    note_boot(block->path, boot);
    return true;
}

static bool open_ready(thread_pool *pool, cached_block *block, const char *name)
{
    struct stat about;
    const int file = open(block->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return false;
    block->file = file + 1;
    if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode) ||
        (size_t)about.st_size != HEAD_BYTES + block->size || !map_file(block, PROT_READ))
        return false;
    if (!is_whole(pool, block, name)) {
        (void)unlink(block->path);
        return false;
    }
    (void)futimens(file, NULL); /* used now; where that is not allowed, it goes sooner */
    (void)madvise((char *)block->bytes - HEAD_BYTES, HEAD_BYTES + block->size, MADV_WILLNEED);
    block->ready = true;
    return true;
}

/* ---- a new one ---------------------------------------------------------------------------------- */

static void unmap(cached_block *block)
{
    if (block->bytes != NULL)
        (void)munmap((char *)block->bytes - HEAD_BYTES, HEAD_BYTES + block->size);
    if (block->file != 0) (void)close(block->file - 1);
    block->bytes = NULL;
    block->file = 0;
}

static void warn(const block_cache *cache, const sd14_error *why)
{
    log_write(cache->log, LOG_LEVEL_WARNING,
              "prepared weights are not kept, every start prepares them again: %s", why->text);
}

static void warn_code(const block_cache *cache, int code)
{
    sd14_error error = {{0}};
    (void)file_write_fail(cache->folder, code, &error);
    warn(cache, &error);
}

/* All of the disk's space is taken before anything is computed: a full disk would show as SIGBUS later. The
 * lock says that somebody is at work on the file. */
static bool open_new(const block_cache *cache, cached_block *block)
{
    static const char form[] = "%s/.block.XXXXXX.tmp";
    const size_t bytes = strlen(cache->folder) + sizeof(form);
    sd14_error error = {{0}};
    if (folder_write_make_all(cache->folder, &error) != SD14_OK) {
        warn(cache, &error);
        return false;
    }
    block_cache_make_room(cache, HEAD_BYTES + block->size);
    block->temporary = mem_array(bytes, 1);
    if (block->temporary == NULL) return false;
    (void)snprintf(block->temporary, bytes, form, cache->folder);
    const int file = mkostemps(block->temporary, 4, O_CLOEXEC);
    if (file < 0) {
        warn_code(cache, errno);
        block->temporary[0] = '\0';
        return false;
    }
    block->file = file + 1;
    (void)flock(file, LOCK_EX | LOCK_NB);
    const int code = posix_fallocate(file, 0, (off_t)(HEAD_BYTES + block->size));
    if (code != 0) {
        warn_code(cache, code);
        return false;
    }
    return map_file(block, PROT_READ | PROT_WRITE);
}

bool block_cache_open(const block_cache *cache,
                      thread_pool *pool,
                      const char name[SHA256_TEXT_BYTES],
                      size_t size,
                      cached_block *out_block)
{
    *out_block = (cached_block){.size = size};
    if (size < cache->least_bytes || size + HEAD_BYTES > cache->most_bytes) return false;
    const size_t bytes = strlen(cache->folder) + SHA256_TEXT_BYTES + sizeof("/" BLOCK_CACHE_ENDING);
    out_block->path = mem_array(bytes, 1);
    if (out_block->path == NULL) return false;
    (void)snprintf(out_block->path, bytes, "%s/%s" BLOCK_CACHE_ENDING, cache->folder, name);
    if (open_ready(pool, out_block, name)) return true;
    unmap(out_block);
    if (!open_new(cache, out_block)) {
        block_cache_close(out_block);
        return false;
    }
    block_head *head = (void *)((char *)out_block->bytes - HEAD_BYTES);
    memcpy(head->magic, magic, sizeof(magic));
    memcpy(head->name, name, SHA256_TEXT_BYTES);
    head->size = size;
    return true;
}

void block_cache_keep(const block_cache *cache, thread_pool *pool, cached_block *block)
{
    block_head *head = (void *)((char *)block->bytes - HEAD_BYTES);
    read_boot(head->boot);
    const bool digested = block_digest(pool, block->bytes, block->size, head->digest);
    (void)mprotect(head, HEAD_BYTES + block->size, PROT_READ);
    block->ready = true;
    if (!digested) return;
    if (rename(block->temporary, block->path) != 0) {
        warn_code(cache, errno);
        return;
    }
    mem_free(block->temporary);
    block->temporary = NULL;
}

void block_cache_close(cached_block *block)
{
    unmap(block);
    if (block->temporary != NULL && block->temporary[0] != '\0') (void)unlink(block->temporary);
    mem_free(block->temporary);
    mem_free(block->path);
    *block = (cached_block){0};
}
