/* SPDX-License-Identifier: Apache-2.0 */

/** What goes when a cache of blocks is full. */
#ifndef SD14_BASE_BLOCK_CACHE_ROOM_H
#define SD14_BASE_BLOCK_CACHE_ROOM_H

#include "base/block_cache.h"

/** How the name of a whole block's file ends. */
#define BLOCK_CACHE_ENDING ".block"

/** Removes what killed processes left, then the blocks used longest ago until `bytes` more fit. A process that
 * has one mapped keeps it. */
void block_cache_make_room(const block_cache *cache, uint64_t bytes);

#endif /* SD14_BASE_BLOCK_CACHE_ROOM_H */
