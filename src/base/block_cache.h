/* SPDX-License-Identifier: Apache-2.0 */

/**
 * Large blocks of memory that outlive the process: files in a folder, mapped. What took long to make is made
 * once, then mapped by every process that wants it, which share its pages.
 *
 *     if (block_cache_open(cache, name, size, &block)) {
 *         if (!block.ready) { fill block.bytes; block_cache_keep(cache, pool, &block); }
 *         ...read block.bytes...
 *         block_cache_close(&block);
 *     } else { have the memory from elsewhere }
 *
 * A block has its name only once it is whole; one that a killed process began has none and is removed by the
 * next. Whatever stands behind a name is the same, so processes that make one at the same time do no harm. A
 * file that was written before this start of the system is checked before it is used: the system may have gone
 * down before all of it was on the disk.
 *
 * The cache is a convenience: nothing here fails but by giving no block, with a warning where the user can do
 * something about it.
 */
#ifndef SD14_BASE_BLOCK_CACHE_H
#define SD14_BASE_BLOCK_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "base/sha256.h"
#include "base/thread_pool.h"

typedef struct block_cache {
    const char *folder;    /**< made when a block wants it; borrowed */
    uint64_t most_bytes;   /**< of all its files together; those used longest ago make room */
    uint64_t least_bytes;  /**< smaller blocks are not worth a file */
    const log_target *log; /**< borrowed */
} block_cache;

typedef struct cached_block {
    void *bytes; /**< page-aligned, all zero when new; read only once ready */
    bool ready;  /**< has been filled */
    size_t size;
    int file;        /**< descriptor + 1; 0: closed */
    char *path;      /**< of the whole block */
    char *temporary; /**< of one that is not kept yet */
} cached_block;

/** @param name  [64] hexadecimal digits: of what the block was made from, and how. @return false: no block. */
bool block_cache_open(const block_cache *cache,
                      thread_pool *pool,
                      const char name[SHA256_TEXT_BYTES],
                      size_t size,
                      cached_block *out_block);

/** Gives a filled block its name and makes it read only. */
void block_cache_keep(const block_cache *cache, thread_pool *pool, cached_block *block);

/** Unmaps; a block that was not kept leaves nothing. All-zero is fine. */
void block_cache_close(cached_block *block);

#endif /* SD14_BASE_BLOCK_CACHE_H */
