/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "backends/cpu/matmul.h"

/* Elements of each of a panel's outputs that are converted at a time: the buffer is 18 KiB, and
 * its odd stride in cache lines keeps its columns out of one cache set. */
enum { PACK_RUN = 128, PACK_STRIDE = PACK_RUN + 16 };

typedef struct pack_work {
    const tensor *weight;
    size_t outputs, channels, taps;
    float *packed;
    size_t panel_stride, tap_stride;
} pack_work;

static pack_work describe(const tensor *weight, float *packed)
{
    const shape *s = &weight->shape;
    return (pack_work){.weight = weight,
                       .outputs = s->dim[0],
                       .channels = s->dim[1],
                       .taps = s->rank == 4 ? s->dim[2] * s->dim[3] : 1,
                       .packed = packed};
}

static size_t panel_count(size_t outputs)
{
    return (outputs + GEMM_PANEL - 1) / GEMM_PANEL;
}

size_t matmul_packed_count(shape weight)
{
    const tensor described = {.shape = weight};
    const pack_work work = describe(&described, NULL);
    return panel_count(work.outputs) * work.channels * work.taps * GEMM_PANEL;
}

/* Outputs become lanes; element e of an output is tap e % taps of channel e / taps. */
static void store_run(
    const pack_work *work, float (*rows)[PACK_STRIDE], size_t first, size_t count, float *panel)
{
    size_t tap = first % work->taps, channel = first / work->taps;
    for (size_t e = 0; e < count; e++) {
        float *lanes = panel + tap * work->tap_stride + channel * GEMM_PANEL;
        for (size_t lane = 0; lane < GEMM_PANEL; lane++) lanes[lane] = rows[lane][e];
        if (++tap < work->taps) continue;
        tap = 0;
        channel++;
    }
}

static void pack_panel(void *context, size_t item, int thread)
{
    (void)thread;
    const pack_work *work = context;
    const size_t depth = work->channels * work->taps;
    const size_t first_output = item * GEMM_PANEL;
    const size_t left = work->outputs - first_output;
    const size_t outputs = left < GEMM_PANEL ? left : GEMM_PANEL;
    float rows[GEMM_PANEL][PACK_STRIDE];
    memset(rows, 0, sizeof rows);

    for (size_t first = 0; first < depth; first += PACK_RUN) {
        const size_t count = depth - first < PACK_RUN ? depth - first : PACK_RUN;
        for (size_t lane = 0; lane < outputs; lane++) {
            tensor_to_f32(work->weight, (first_output + lane) * depth + first, count, rows[lane]);
        }
        store_run(work, rows, first, count, work->packed + item * work->panel_stride);
    }
}

void matmul_pack_apart(
    thread_pool *pool, const tensor *weight, float *packed, size_t panel_stride, size_t tap_stride)
{
    pack_work work = describe(weight, packed);
    work.panel_stride = panel_stride;
    work.tap_stride = tap_stride;
    thread_pool_run(pool, panel_count(work.outputs), pack_panel, &work);
}

void matmul_pack(thread_pool *pool, const tensor *weight, float *packed)
{
    const pack_work dense = describe(weight, packed);
    const size_t tap = dense.channels * GEMM_PANEL;
    matmul_pack_apart(pool, weight, packed, dense.taps * tap, tap);
}
