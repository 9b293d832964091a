/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/emulated_product.h"

#include "base/sizes.h"

/* Depth that goes through a matrix engine at once, and through a multiplication; a block of a float32 chain, of any
 * size that matmul_point_rows() has zeros for. */
enum { TILE = 32, STEP = 16, DEPTH_CHUNK = 512 };

/*
 * LoFi, HiFi2, HiFi3 and HiFi4 are one to four passes: high by high, high by right's low, left's low by high,
 * low by low. A float32 sum takes passes that share a part at once: products of 8 bits by 8 are exact in
 * it.
 */
#define BOTH                                                                                       \
    {                                                                                              \
        OPERAND_HIGH, OPERAND_LOW                                                                  \
    }
static const product_passes in_float32[FIDELITIES] = {
    [FIDELITY_LOFI] = {{OPERAND_HIGH}, {OPERAND_HIGH}, 1, 1, {{0, 0}}, 1},
    [FIDELITY_HIFI2] = {{OPERAND_HIGH}, {OPERAND_WHOLE}, 1, 1, {{0, 0}}, 1},
    [FIDELITY_HIFI3] = {BOTH, {OPERAND_WHOLE, OPERAND_HIGH}, 2, 2, {{0, 0}, {1, 1}}, 2},
    [FIDELITY_HIFI4] = {{OPERAND_WHOLE}, {OPERAND_WHOLE}, 1, 1, {{0, 0}}, 1},
};
static const product_passes in_bfloat16[FIDELITIES] = {
    [FIDELITY_LOFI] = {{OPERAND_HIGH}, {OPERAND_HIGH}, 1, 1, {{0, 0}}, 1},
    [FIDELITY_HIFI2] = {{OPERAND_HIGH}, BOTH, 1, 2, {{0, 0}, {0, 1}}, 2},
    [FIDELITY_HIFI3] = {BOTH, BOTH, 2, 2, {{0, 0}, {0, 1}, {1, 0}}, 3},
    [FIDELITY_HIFI4] = {BOTH, BOTH, 2, 2, {{0, 0}, {0, 1}, {1, 0}, {1, 1}}, 4},
};

const product_passes *product_passes_of(const numerics *of)
{
    const bool wide = of->accumulation == STORAGE_FLOAT32;
    return wide ? &in_float32[of->fidelity] : &in_bfloat16[of->fidelity];
}

/* The rounded sum of what is there and what was made. */
static void add_rounded(const emulated_product *of, const float (*made)[GEMM_PANEL])
{
    for (size_t r = 0; r < of->rows; r++) {
        float *sum = of->result + r * of->stride;
        for (size_t n = 0; n < of->columns; n++) sum[n] = round_to_bfloat16(sum[n] + made[r][n]);
    }
}

/* `k` channels of one pass, added to the result. */
static void
run_block(const emulated_product *of, int pass, size_t tap, size_t first, size_t k, bool resume)
{
    const product_passes *passes = product_passes_of(of->numerics);
    const bool wide = of->numerics->accumulation == STORAGE_FLOAT32;
    const float *rows[EMULATED_ROWS];
    float made[EMULATED_ROWS][GEMM_PANEL];
    of->point(of->context, passes->pass[pass].left, tap, first, of->rows, rows);
    const gemm_f32_args gemm = {
        .c = wide ? of->result : made[0],
        .c_stride = wide ? of->stride : GEMM_PANEL,
        .a = rows,
        .rows = of->rows,
        .taps = 1,
        .k = k,
        .b = of->right[passes->pass[pass].right] + (tap * of->depth + first) * GEMM_PANEL,
        .columns = of->columns,
        .resume = wide && resume,
    };
    of->gemm(&gemm);
    if (!wide) add_rounded(of, (const float(*)[GEMM_PANEL])made);
}

void emulated_product_run(const emulated_product *of)
{
    const bool wide = of->numerics->accumulation == STORAGE_FLOAT32;
    const size_t tile = wide ? DEPTH_CHUNK : TILE, step = wide ? DEPTH_CHUNK : STEP;
    const int n_passes = product_passes_of(of->numerics)->n_passes;
    bool resume = false;
    for (size_t r = 0; r < of->rows; r++) {
        for (size_t n = 0; n < of->columns; n++) of->result[r * of->stride + n] = 0.0F;
    }
    for (size_t tap = 0; tap < of->taps; tap++) {
        for (size_t first = 0; first < of->depth; first += tile) {
            const size_t end = smaller(first + tile, of->depth);
            for (int pass = 0; pass < n_passes; pass++) {
                for (size_t k = first; k < end; k += step) {
                    run_block(of, pass, tap, k, smaller(step, end - k), resume);
                    resume = true;
                }
            }
        }
    }
}
