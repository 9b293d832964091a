/* SPDX-License-Identifier: Apache-2.0 */

/**
 * gemm_i16 for one instruction set. Whoever includes it has included i16_vec_256.h or i16_vec_512.h and written
 * i16_dot(), which adds the products of 16-bit pairs to 32-bit sums.
 *
 * The sums of a tile fill the registers, so the chains wait in c between chunks: once in 160 multiplications.
 */
#ifndef SD14_CPU_GEMM_I16_TILE_H
#define SD14_CPU_GEMM_I16_TILE_H

#include "backends/cpu/kernels/kernels.h"

/* What happens to the sums of a chunk. */
typedef enum i16_ending {
    I16_GO_ON,  /* the chains wait in c */
    I16_FINISH, /* the product is at its end */
    I16_GAIN    /* of one chunk: c goes on, weighted */
} i16_ending;

typedef struct i16_chunk {
    size_t row, column; /* where the tile begins */
    const float *row_scales;
    bool resume; /* the chains have begun */
} i16_chunk;

ALWAYS_INLINE i16_floats i16_load(const float *from, i16_mask mask, const bool whole)
{
    return whole ? i16_floats_load_all(from) : i16_floats_load(from, mask);
}

ALWAYS_INLINE i16_floats
i16_finish(const gemm_i16_args *args, i16_floats chain, size_t row, size_t column, i16_mask mask)
{
    i16_floats bias = i16_floats_set(0.0F);
    if (args->bias != NULL) bias = i16_floats_load(args->bias + column, mask);
    chain = i16_floats_fma(chain, i16_floats_load(args->column_scales + column, mask), bias);
    if (args->residual != NULL) {
        const float *residual = args->residual + row * args->residual_stride + column;
        chain = i16_floats_add(chain, i16_floats_load(residual, mask));
    }
    return chain;
}

/* `whole`: all columns of the tile exist. A store with a mask is slow, and what it wrote is waited for. */
ALWAYS_INLINE void i16_flush(const gemm_i16_args *args,
                             const i16_chunk *chunk,
                             i16_sums (*sums)[I16_TILE_VECTORS],
                             const int rows,
                             const bool whole,
                             const i16_ending ending)
{
    const size_t c_stride = args->c_stride;
    const float *scales = chunk->row_scales + chunk->row;
    UNROLL
    for (int v = 0; v < I16_TILE_VECTORS; v++) {
        const size_t column = chunk->column + (size_t)v * I16_LANES;
        const size_t left = args->columns > column ? args->columns - column : 0;
        const i16_mask mask = i16_first_lanes(left);
        const i16_mask taken = chunk->resume ? mask : i16_no_lanes();
        i16_floats decay = i16_floats_set(1.0F), gain = decay;
        if (ending == I16_GAIN) {
            decay = i16_load(args->decays + column, mask, whole);
            gain = i16_load(args->gains + column, mask, whole);
        }
        float *c = args->c + chunk->row * c_stride + column;
        UNROLL
        for (int r = 0; r < rows; r++, c += c_stride) {
            i16_floats sum = i16_floats_of(sums[r][v]), chain;
            if (ending == I16_GAIN) {
                chain = i16_floats_mul(i16_load(c, mask, whole), decay);
                sum = i16_floats_mul(sum, gain);
            } else {
                chain = i16_floats_load(c, taken);
            }
            chain = i16_floats_fma(sum, i16_floats_set(scales[r]), chain);
            if (ending == I16_FINISH)
                chain = i16_finish(args, chain, chunk->row + (size_t)r, column, mask);
            if (whole) {
                i16_floats_store_all(c, chain);
            } else {
                i16_floats_store(c, mask, chain);
            }
        }
    }
}

ALWAYS_INLINE void
run_tile(const gemm_i16_args *args, size_t row, size_t column, const int rows, const bool whole)
{
    const size_t pairs = i16_padded(args->k) / 2;
    const int16_t *b = args->b + column * 2;
    i16_chunk chunk = {
        .row = row, .column = column, .row_scales = args->row_scales, .resume = args->resume};

    for (size_t t = 0; t < args->taps; t++, chunk.row_scales += args->rows) {
        const int16_t *a[I16_TILE_ROWS];
        UNROLL
        for (int r = 0; r < rows; r++) {
            a[r] = args->a[t * args->rows + row + (size_t)r];
        }
        for (size_t i = 0; i < pairs;) {
            i16_sums sums[I16_TILE_ROWS][I16_TILE_VECTORS];
            UNROLL
            for (int r = 0; r < rows; r++) {
                UNROLL
                for (int v = 0; v < I16_TILE_VECTORS; v++) {
                    sums[r][v] = i16_sums_zero();
                }
            }
            const size_t end = pairs - i < I16_CHUNK / 2 ? pairs : i + I16_CHUNK / 2;
            for (; i < end; i++, b += GEMM_PANEL * 2) {
                i16_sums right[I16_TILE_VECTORS];
                UNROLL
                for (int v = 0; v < I16_TILE_VECTORS; v++) {
                    right[v] = i16_pairs_load(b + v * I16_LANES * 2);
                }
                UNROLL
                for (int r = 0; r < rows; r++) {
                    const i16_sums left = i16_pair_set(a[r] + 2 * i);
                    UNROLL
                    for (int v = 0; v < I16_TILE_VECTORS; v++) {
                        sums[r][v] = i16_dot(sums[r][v], left, right[v]);
                    }
                }
            }
            if (args->gains != NULL) {
                i16_flush(args, &chunk, sums, rows, whole, I16_GAIN);
            } else if (args->column_scales != NULL && t + 1 == args->taps && i == pairs) {
                i16_flush(args, &chunk, sums, rows, whole, I16_FINISH);
            } else {
                i16_flush(args, &chunk, sums, rows, whole, I16_GO_ON);
            }
            chunk.resume = true;
        }
    }
}

typedef void tile_fn(const gemm_i16_args *args, size_t row, size_t column);

#define TILE(rows, suffix, whole)                                                                  \
    static void tile_##rows##_##suffix(const gemm_i16_args *args, size_t row, size_t column)       \
    {                                                                                              \
        run_tile(args, row, column, rows, whole);                                                  \
    }
#define TILES(rows) TILE(rows, part, false) TILE(rows, whole, true)
TILES(1)
TILES(2)
TILES(3)
TILES(4)
TILES(5)
TILES(6)
#if I16_TILE_ROWS == 8
TILES(7)
TILES(8)
#endif

static tile_fn *const tiles[I16_TILE_ROWS][2] = {
    {tile_1_part, tile_1_whole}, {tile_2_part, tile_2_whole}, {tile_3_part, tile_3_whole},
    {tile_4_part, tile_4_whole}, {tile_5_part, tile_5_whole}, {tile_6_part, tile_6_whole},
#if I16_TILE_ROWS == 8
    {tile_7_part, tile_7_whole}, {tile_8_part, tile_8_whole},
#endif
};

static void run_tiles(const gemm_i16_args *args)
{
    enum { TILE_COLUMNS = I16_TILE_VECTORS * I16_LANES };
    for (size_t column = 0; column < args->columns; column += TILE_COLUMNS) {
        const bool whole = args->columns - column >= TILE_COLUMNS;
        for (size_t row = 0; row < args->rows; row += I16_TILE_ROWS) {
            const size_t below = args->rows - row;
            const size_t height = below < I16_TILE_ROWS ? below : I16_TILE_ROWS;
            tiles[height - 1][whole](args, row, column);
        }
    }
}

#endif /* SD14_CPU_GEMM_I16_TILE_H */
