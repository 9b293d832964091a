/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Tiles of 8 rows and 32 columns: 16 of the 32 registers are chains, two hold B, and each element
 * of A is broadcast by the multiply-add that reads it. More rows would hide nothing more and fall
 * into one set of the L1 cache when A's rows are a power of two apart.
 */
#include "backends/cpu/kernels/intrinsics.h"
#include "backends/cpu/kernels/kernels.h"
#include "backends/cpu/kernels/unroll.h"

enum { LANES = 16, TILE_ROWS = 8, TILE_VECTORS = 2 };

/* Bits of the lanes below n. */
static inline __mmask16 first_lanes(size_t n)
{
    return (__mmask16)(n >= LANES ? 0xffffU : (1U << n) - 1U);
}

ALWAYS_INLINE void finish_tile(const gemm_f32_args *args,
                               size_t row,
                               __m512 (*chain)[TILE_VECTORS],
                               const int rows,
                               const int vectors)
{
    UNROLL
    for (int v = 0; v < vectors; v++) {
        const size_t n = (size_t)v * LANES;
        const __mmask16 mask = first_lanes(args->columns - n);
        __m512 bias = _mm512_setzero_ps();
        if (args->bias != NULL) bias = _mm512_maskz_loadu_ps(mask, args->bias + n);
        UNROLL
        for (int r = 0; r < rows; r++) {
            const size_t at = row + (size_t)r;
            __m512 value = chain[r][v];
            if (args->bias != NULL) value = _mm512_add_ps(value, bias);
            if (args->residual != NULL) {
                const float *residual = args->residual + at * args->residual_stride + n;
                value = _mm512_add_ps(value, _mm512_maskz_loadu_ps(mask, residual));
            }
            _mm512_mask_storeu_ps(args->c + at * args->c_stride + n, mask, value);
        }
    }
}

ALWAYS_INLINE void
run_tile(const gemm_f32_args *args, size_t row, const int rows, const int vectors)
{
    __m512 chain[TILE_ROWS][TILE_VECTORS];
    UNROLL
    for (int v = 0; v < vectors; v++) {
        const size_t n = (size_t)v * LANES;
        const __mmask16 mask = first_lanes(args->columns - n);
        UNROLL
        for (int r = 0; r < rows; r++) {
            const float *c = args->c + (row + (size_t)r) * args->c_stride + n;
            chain[r][v] = _mm512_setzero_ps();
            if (args->resume) chain[r][v] = _mm512_maskz_loadu_ps(mask, c);
        }
    }

    const float *b = args->b;
    for (size_t t = 0; t < args->taps; t++) {
        const float *a[TILE_ROWS];
        UNROLL
        for (int r = 0; r < rows; r++) {
            a[r] = args->a[t * args->rows + row + (size_t)r];
        }
        for (size_t i = 0; i < args->k; i++, b += GEMM_PANEL) {
            __m512 right[TILE_VECTORS];
            UNROLL
            for (int v = 0; v < vectors; v++) {
                right[v] = _mm512_loadu_ps(b + v * LANES);
            }
            UNROLL
            for (int r = 0; r < rows; r++) {
                const __m512 left = _mm512_set1_ps(a[r][i]);
                UNROLL
                for (int v = 0; v < vectors; v++) {
                    chain[r][v] = _mm512_fmadd_ps(left, right[v], chain[r][v]);
                }
            }
        }
    }
    finish_tile(args, row, chain, rows, vectors);
}

typedef void tile_fn(const gemm_f32_args *args, size_t row);

#define TILE(rows, vectors)                                                                        \
    static void tile_##rows##_##vectors(const gemm_f32_args *args, size_t row)                     \
    {                                                                                              \
        run_tile(args, row, rows, vectors);                                                        \
    }
#define TILES(rows) TILE(rows, 1) TILE(rows, 2)
TILES(1)
TILES(2)
TILES(3)
TILES(4)
TILES(5)
TILES(6)
TILES(7)
TILES(8)

static tile_fn *const tiles[TILE_ROWS][TILE_VECTORS] = {
    {tile_1_1, tile_1_2}, {tile_2_1, tile_2_2}, {tile_3_1, tile_3_2}, {tile_4_1, tile_4_2},
    {tile_5_1, tile_5_2}, {tile_6_1, tile_6_2}, {tile_7_1, tile_7_2}, {tile_8_1, tile_8_2},
};

void gemm_f32_avx512(const gemm_f32_args *args)
{
    const size_t vectors = (args->columns + LANES - 1) / LANES;
    for (size_t row = 0; row < args->rows; row += TILE_ROWS) {
        const size_t height = args->rows - row < TILE_ROWS ? args->rows - row : TILE_ROWS;
        tiles[height - 1][vectors - 1](args, row);
    }
}
