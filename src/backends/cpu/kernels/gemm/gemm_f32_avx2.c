/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Tiles of 6 rows and 16 columns: 12 of the 16 registers are chains, enough to hide the latency of
 * two fused multiply-adds per cycle; two hold B, one a broadcast element of A. Up to two rows go
 * over all 32 columns at once, since they wait for B's memory and it should be read in one stream.
 */
#include "backends/cpu/kernels/intrinsics.h"
#include "backends/cpu/kernels/kernels.h"
#include "backends/cpu/kernels/unroll.h"

/* Steps of k that B is asked for ahead: a tile uses every other cache line of it, a pattern that the
 * processor's own prefetch follows less well (4 % on Zen 1). */
enum { AHEAD = 8 };

enum { LANES = 8, TILE_ROWS = 6, TILE_VECTORS = 2, FLAT_ROWS = 2, FLAT_VECTORS = 4 };

/* All ones in the first n lanes. */
static inline __m256i first_lanes(size_t n)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), lane);
}

/* The first n floats (all 8 if there are more), zeros after them. */
static inline __m256 load_first(const float *from, size_t n)
{
    return n >= LANES ? _mm256_loadu_ps(from) : _mm256_maskload_ps(from, first_lanes(n));
}

static inline void store_first(float *to, size_t n, __m256 value)
{
    if (n >= LANES) {
        _mm256_storeu_ps(to, value);
    } else {
        _mm256_maskstore_ps(to, first_lanes(n), value);
    }
}

ALWAYS_INLINE void finish_tile(const gemm_f32_args *args,
                               size_t row,
                               size_t column,
                               __m256 (*chain)[FLAT_VECTORS],
                               const int rows,
                               const int vectors)
{
    UNROLL
    for (int v = 0; v < vectors; v++) {
        const size_t n = column + (size_t)v * LANES;
        const size_t left = args->columns - n;
        const __m256 bias =
            args->bias == NULL ? _mm256_setzero_ps() : load_first(args->bias + n, left);
        UNROLL
        for (int r = 0; r < rows; r++) {
            const size_t at = row + (size_t)r;
            __m256 value = chain[r][v];
            if (args->bias != NULL) value = _mm256_add_ps(value, bias);
            if (args->residual != NULL) {
                const float *residual = args->residual + at * args->residual_stride + n;
                value = _mm256_add_ps(value, load_first(residual, left));
            }
            store_first(args->c + at * args->c_stride + n, left, value);
        }
    }
}

ALWAYS_INLINE void
run_tile(const gemm_f32_args *args, size_t row, size_t column, const int rows, const int vectors)
{
    __m256 chain[TILE_ROWS][FLAT_VECTORS];
    UNROLL
    for (int r = 0; r < rows; r++) {
        UNROLL
        for (int v = 0; v < vectors; v++) {
            const size_t n = column + (size_t)v * LANES;
            const float *c = args->c + (row + (size_t)r) * args->c_stride + n;
            chain[r][v] = args->resume ? load_first(c, args->columns - n) : _mm256_setzero_ps();
        }
    }

    const float *b = args->b + column;
    for (size_t t = 0; t < args->taps; t++) {
        const float *a[TILE_ROWS];
        UNROLL
        for (int r = 0; r < rows; r++) {
            a[r] = args->a[t * args->rows + row + (size_t)r];
        }
        for (size_t i = 0; i < args->k; i++, b += GEMM_PANEL) {
            _mm_prefetch((const char *)(b + AHEAD * GEMM_PANEL), _MM_HINT_T0);
            __m256 right[FLAT_VECTORS];
            UNROLL
            for (int v = 0; v < vectors; v++) {
                right[v] = _mm256_load_ps(b + v * LANES);
            }
            UNROLL
            for (int r = 0; r < rows; r++) {
                const __m256 left = _mm256_broadcast_ss(a[r] + i);
                UNROLL
                for (int v = 0; v < vectors; v++) {
                    chain[r][v] = _mm256_fmadd_ps(left, right[v], chain[r][v]);
                }
            }
        }
    }
    finish_tile(args, row, column, chain, rows, vectors);
}

typedef void tile_fn(const gemm_f32_args *args, size_t row, size_t column);

#define TILE(rows, vectors)                                                                        \
    static void tile_##rows##_##vectors(const gemm_f32_args *args, size_t row, size_t column)      \
    {                                                                                              \
        run_tile(args, row, column, rows, vectors);                                                \
    }
#define TILES(rows) TILE(rows, 1) TILE(rows, 2)
TILES(1)
TILES(2)
TILES(3)
TILES(4)
TILES(5)
TILES(6)
TILE(1, 3)
TILE(1, 4)
TILE(2, 3)
TILE(2, 4)

static tile_fn *const tiles[TILE_ROWS][TILE_VECTORS] = {
    {tile_1_1, tile_1_2}, {tile_2_1, tile_2_2}, {tile_3_1, tile_3_2},
    {tile_4_1, tile_4_2}, {tile_5_1, tile_5_2}, {tile_6_1, tile_6_2},
};
static tile_fn *const flat_tiles[FLAT_ROWS][FLAT_VECTORS] = {
    {tile_1_1, tile_1_2, tile_1_3, tile_1_4},
    {tile_2_1, tile_2_2, tile_2_3, tile_2_4},
};

void gemm_f32_avx2(const gemm_f32_args *args)
{
    const size_t vectors = (args->columns + LANES - 1) / LANES;
    const size_t tail = args->rows % TILE_ROWS;
    const size_t flat = tail <= FLAT_ROWS ? tail : 0; /* rows left for the flat tile */
    const size_t tiled = args->rows - flat;

    for (size_t v = 0; v < vectors; v += TILE_VECTORS) {
        const size_t width = vectors - v < TILE_VECTORS ? vectors - v : TILE_VECTORS;
        for (size_t row = 0; row < tiled; row += TILE_ROWS) {
            const size_t height = tiled - row < TILE_ROWS ? tiled - row : TILE_ROWS;
            tiles[height - 1][width - 1](args, row, v * LANES);
        }
    }
    if (flat > 0) flat_tiles[flat - 1][vectors - 1](args, tiled, 0);
}
