/* SPDX-License-Identifier: Apache-2.0 */

/** How conv_winograd.h cuts a convolution into tiles, and tiles into work. */
#ifndef SD14_CPU_WINOGRAD_FORM_H
#define SD14_CPU_WINOGRAD_FORM_H

#include "backends/cpu/matmul.h"
#include "base/memory.h"

/** What F(4x4, 3x3) and F(3x3, 2x2) behind upsample_nearest_2x differ in. */
typedef struct winograd_form {
    size_t tile, step; /**< along a side: a tile's inputs; from one tile's to the next's */
    size_t out;        /**< outputs of a tile along a side */
    size_t lead;       /**< of those of the first tile: before the picture */
    size_t positions;  /**< of V in a tile */
    size_t products;
    const unsigned char *position_of; /**< [products]: the position that each multiplies */
    size_t
        chunk; /**< channels for which U is made at a time: with a group's products in the L2 cache */
} winograd_form;

const winograd_form *winograd_form_of(bool upsampled);

static inline winograd_weight_f32_fn *winograd_weight_of(const cpu_kernels *kernels, bool upsampled)
{
    return upsampled ? kernels->upsample_weight_f32 : kernels->winograd_weight_f32;
}

/** A product's floats in a panel of U. The cache line more keeps them out of one set of the cache. */
static inline size_t winograd_u_stride(size_t channels)
{
    return channels * GEMM_PANEL + MEM_ALIGNMENT / sizeof(float);
}

/**
 * Blocks; they change no byte of the result.
 *
 * Many tiles of few channels and outputs are cut into small strips, each the work of one thread, with V in its L2 cache
 * and U read from the last one. Otherwise the tiles are taken in strips whose V stays in the last cache, or a few more
 * where channels are many: each reads all of U, and a work item is a group of the strip's tiles by a panel. The item's
 * products and, where U is not kept, the chunk of U that they need stay in the L2 cache.
 */
typedef struct winograd_blocking {
    const winograd_form *form;
    size_t tile_rows, tile_columns, tiles; /**< the last of all pictures */
    size_t strip_tiles, panels, depth;
    size_t group;    /**< tiles of a work item, at most */
    size_t padded;   /**< values of a row of V: depth, of integers i16_padded() of it */
    size_t v_stride; /**< values from one position of V to the next */
    size_t chunk;
    bool kept; /**< U is: conv_winograd_keeps() */
    bool integers;
    bool small; /**< a strip is one thread's work */
} winograd_blocking;

winograd_blocking winograd_choose_blocking(const matmul_shape *of, bool integers);

/** Where a tile begins. */
typedef struct winograd_place {
    size_t image;
    size_t input_row, input_column;   /**< its first; -1 as a size_t before the picture */
    size_t output_row, output_column; /**< its first that lies in the picture */
    size_t row_lead, column_lead;     /**< outputs before that */
} winograd_place;

winograd_place winograd_find_tile(const winograd_blocking *blocking, size_t tile);

/** Where the inputs of a tile lie from channel k on, up to WINOGRAD_CHANNELS; zeros where outside the picture.
 * @param out_pixels  [tile][tile] */
void winograd_point_pixels(const matmul_args *args,
                           const winograd_blocking *blocking,
                           const winograd_place *at,
                           size_t k,
                           const float **out_pixels);

enum { WINOGRAD_CHANNELS = 512 };

#endif /* SD14_CPU_WINOGRAD_FORM_H */
