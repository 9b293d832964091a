/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "backends/cpu/matmul_i16.h"
#include "base/memory.h"
#include "base/sizes.h"

enum { RUN = 512 }; /* elements of a kernel's taps that are converted at a time */

typedef struct pack_work {
    const tensor *weight;
    const cpu_kernels *kernels;
    size_t outputs, channels, taps, panels;
    size_t depth; /* of an output in integers */
    int16_t *packed;
    float *scales;
    /* Per thread: an output [taps][channels], then a panel's outputs [taps][padded channels]. */
    char *scratch;
    size_t scratch_stride;
} pack_work;

static pack_work describe(shape weight)
{
    pack_work work = {.outputs = weight.dim[0],
                      .channels = weight.dim[1],
                      .taps = weight.rank == 4 ? weight.dim[2] * weight.dim[3] : 1};
    work.panels = ceil_div(work.outputs, GEMM_PANEL);
    work.depth = work.taps * i16_padded(work.channels);
    const size_t bytes = work.depth * (sizeof(float) + GEMM_PANEL * sizeof(int16_t));
    work.scratch_stride = ceil_div(bytes, MEM_ALIGNMENT) * MEM_ALIGNMENT;
    return work;
}

size_t matmul_i16_packed_bytes(shape weight)
{
    const pack_work work = describe(weight);
    return work.panels * GEMM_PANEL * (work.depth * sizeof(int16_t) + sizeof(float));
}

size_t matmul_i16_pack_scratch_bytes(shape weight)
{
    return describe(weight).scratch_stride;
}

void matmul_read_output(const tensor *weight, size_t output, float *row)
{
    const size_t channels = weight->shape.dim[1];
    const size_t taps = weight->shape.rank == 4 ? weight->shape.dim[2] * weight->shape.dim[3] : 1;
    const size_t count = taps * channels;
    if (taps == 1) {
        tensor_to_f32(weight, output * count, count, row);
        return;
    }
    float run[RUN];
    size_t tap = 0, channel = 0;
    for (size_t first = 0; first < count; first += RUN) {
        const size_t now = smaller(count - first, RUN);
        tensor_to_f32(weight, output * count + first, now, run);
        for (size_t e = 0; e < now; e++) {
            row[tap * channels + channel] = run[e];
            if (++tap < taps) continue;
            tap = 0;
            channel++;
        }
    }
}

void matmul_i16_interleave(const int16_t *values, size_t depth, int16_t *panel)
{
    for (size_t pair = 0; pair < depth / 2; pair++) {
        for (size_t lane = 0; lane < GEMM_PANEL; lane++, panel += 2)
            memcpy(panel, values + lane * depth + 2 * pair, 2 * sizeof *panel);
    }
}

static void pack_panel(void *context, size_t item, int thread)
{
    const pack_work *work = context;
    const size_t first = item * GEMM_PANEL;
    const size_t outputs = smaller(work->outputs - first, GEMM_PANEL);
    float *row = (float *)(void *)(work->scratch + (size_t)thread * work->scratch_stride);
    int16_t *values = (int16_t *)(void *)(row + work->depth);
    float *scales = work->scales + first;

    memset(scales, 0, GEMM_PANEL * sizeof *scales);
    memset(values + outputs * work->depth, 0,
           (GEMM_PANEL - outputs) * work->depth * sizeof *values);
    for (size_t lane = 0; lane < outputs; lane++) {
        matmul_read_output(work->weight, first + lane, row);
        work->kernels->quantize_rows_i16(values + lane * work->depth, scales + lane, row, 1,
                                         work->taps, work->channels, I16_NORM);
    }
    matmul_i16_interleave(values, work->depth, work->packed + first * work->depth);
}

void matmul_i16_pack(thread_pool *pool,
                     const cpu_kernels *kernels,
                     const tensor *weight,
                     void *packed,
                     void *scratch)
{
    pack_work work = describe(weight->shape);
    work.weight = weight;
    work.kernels = kernels;
    work.packed = packed;
    work.scales = (float *)(void *)(work.packed + work.panels * GEMM_PANEL * work.depth);
    work.scratch = scratch;
    thread_pool_run(pool, work.panels, pack_panel, &work);
}
