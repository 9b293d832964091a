/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/matmul.h"

#include <string.h>

#include "base/memory.h"
#include "base/sizes.h"

/*
 * Blocks, chosen by measurement (bench/kernels.c); they change no byte of the result.
 *
 * A work item is some rows (a strip) by some panels. Within it k advances in chunks: the chunk of
 * one panel (64 KiB) stays in the L2 cache while the strip's rows pass over it, and the strip's
 * chunk (at most 288 KiB; less where taps share pixels) while the panels do.
 */
enum {
    CHUNK = 512,       /* floats of k */
    STRIP = 144,       /* rows: a multiple of the register tiles' 6 and 8; the 128 of 8x8 fit */
    ITEMS_WANTED = 128 /* enough for every thread to end at about the same time */
};

/* What a tap on padding reads: never more than a chunk. */
static const float zeros[CHUNK];

typedef struct blocking {
    size_t rows, taps, panels;
    size_t strip_rows, strips;
    size_t group_panels, groups;
    size_t chunk_taps, chunk_k; /* whole taps, or a part of one */
    bool strips_first;          /* neighbouring items: next strip, or next group */
} blocking;

matmul_shape matmul_linear(size_t rows, size_t channels, size_t outputs)
{
    return (matmul_shape){.batch = 1,
                          .height = 1,
                          .width = rows,
                          .channels = channels,
                          .kernel = 1,
                          .stride = 1,
                          .outputs = outputs};
}

static size_t output_size(const matmul_shape *of, size_t input_size)
{
    const size_t size = of->upsampled ? 2 * input_size : input_size;
    return (size + of->pad_before + of->pad_after - of->kernel) / of->stride + 1;
}

size_t matmul_output_height(const matmul_shape *of)
{
    return output_size(of, of->height);
}

size_t matmul_output_width(const matmul_shape *of)
{
    return output_size(of, of->width);
}

size_t matmul_output_rows(const matmul_shape *of)
{
    return of->batch * matmul_output_height(of) * matmul_output_width(of);
}

/* Parts of about equal size, none above `most`, each but the last a multiple of `unit`. */
static size_t equal_part(size_t whole, size_t most, size_t unit)
{
    const size_t part = ceil_div(whole, ceil_div(whole, most));
    return smaller(smaller(ceil_div(part, unit) * unit, most), whole);
}

static blocking choose_blocking(const matmul_shape *of)
{
    blocking b = {.rows = matmul_output_rows(of),
                  .taps = of->kernel * of->kernel,
                  .panels = ceil_div(of->outputs, GEMM_PANEL)};

    b.strip_rows = equal_part(b.rows, STRIP, 24);
    b.strips = ceil_div(b.rows, b.strip_rows);
    b.group_panels = equal_part(b.panels, ceil_div(b.panels * b.strips, ITEMS_WANTED), 1);
    b.groups = ceil_div(b.panels, b.group_panels);

    const bool whole_taps = of->channels <= CHUNK;
    b.chunk_taps = whole_taps ? equal_part(b.taps, CHUNK / of->channels, 1) : 1;
    b.chunk_k = whole_taps ? of->channels : equal_part(of->channels, CHUNK, 8);

    /* Either side is read once per block of the other: repeat the smaller traffic. */
    const size_t input_floats = of->batch * of->height * of->width * of->channels;
    const size_t weight_floats = of->outputs * of->channels * b.taps;
    b.strips_first = input_floats * b.groups < weight_floats * b.strips;
    return b;
}

size_t matmul_scratch_bytes(const matmul_shape *of)
{
    const blocking b = choose_blocking(of);
    const size_t bytes = b.chunk_taps * b.strip_rows * sizeof(const float *);
    return ceil_div(bytes, MEM_ALIGNMENT) * MEM_ALIGNMENT;
}

typedef struct matmul_work {
    const matmul_args *args;
    const blocking *blocking;
    gemm_f32_fn *gemm;
} matmul_work;

void matmul_point_rows(const matmul_shape *of,
                       const float *input,
                       size_t tap_y,
                       size_t tap_x,
                       size_t k,
                       size_t first,
                       size_t rows,
                       const float **out_rows)
{
    const size_t out_height = matmul_output_height(of), out_width = matmul_output_width(of);
    size_t column = first % out_width;
    size_t line = first / out_width % out_height;
    const size_t image_floats = of->height * of->width * of->channels;
    const float *image = input + first / (out_width * out_height) * image_floats + k;

    for (size_t r = 0; r < rows; r++) {
        /* Above and left of the image these wrap around, to far beyond its size. */
        const size_t y = line * of->stride + tap_y - of->pad_before;
        const size_t x = column * of->stride + tap_x - of->pad_before;
        const bool inside = y < of->height && x < of->width;
        out_rows[r] = inside ? image + (y * of->width + x) * of->channels : zeros;
        if (++column < out_width) continue;
        column = 0;
        if (++line < out_height) continue;
        line = 0;
        image += image_floats;
    }
}

/* One chunk of k for one work item: the panels share its row pointers. */
static void run_chunk(const matmul_work *work,
                      gemm_f32_args *gemm,
                      size_t first_row,
                      size_t first_panel,
                      size_t end_panel,
                      size_t depth_before)
{
    const matmul_args *args = work->args;
    const size_t depth = work->blocking->taps * args->shape.channels;
    const bool last = depth_before + gemm->taps * gemm->k == depth;

    gemm->resume = depth_before > 0;
    for (size_t p = first_panel; p < end_panel; p++) {
        const size_t column = p * GEMM_PANEL;
        const size_t c = first_row * args->output_stride + column;
        gemm->b = args->packed + (p * depth + depth_before) * GEMM_PANEL;
        gemm->c = args->output + c;
        gemm->columns = smaller(args->shape.outputs - column, GEMM_PANEL);
        gemm->bias = last && args->bias != NULL ? args->bias + column : NULL;
        gemm->residual = last && args->residual != NULL ? args->residual + c : NULL;
        work->gemm(gemm);
    }
}

static void run_item(void *context, size_t item, int thread)
{
    const matmul_work *work = context;
    const matmul_args *args = work->args;
    const blocking *b = work->blocking;
    const size_t strip = b->strips_first ? item % b->strips : item / b->groups;
    const size_t group = b->strips_first ? item / b->strips : item % b->groups;
    const size_t first = strip * b->strip_rows;
    const size_t first_panel = group * b->group_panels;
    const size_t end_panel = smaller(first_panel + b->group_panels, b->panels);

    void *scratch = (char *)args->scratch + (size_t)thread * args->scratch_stride;
    const float **pointers = scratch;
    gemm_f32_args gemm = {.c_stride = args->output_stride,
                          .a = pointers,
                          .rows = smaller(b->rows - first, b->strip_rows),
                          .residual_stride = args->output_stride};

    for (size_t tap = 0; tap < b->taps; tap += gemm.taps) {
        gemm.taps = smaller(b->taps - tap, b->chunk_taps);
        for (size_t k = 0; k < args->shape.channels; k += gemm.k) {
            gemm.k = smaller(args->shape.channels - k, b->chunk_k);
            for (size_t t = 0; t < gemm.taps; t++) {
                matmul_point_rows(&args->shape, args->input, (tap + t) / args->shape.kernel,
                                  (tap + t) % args->shape.kernel, k, first, gemm.rows,
                                  pointers + t * gemm.rows);
            }
            run_chunk(work, &gemm, first, first_panel, end_panel, tap * args->shape.channels + k);
        }
    }
}

void matmul_run(thread_pool *pool, const cpu_kernels *kernels, const matmul_args *args)
{
    const blocking b = choose_blocking(&args->shape);
    matmul_work work = {.args = args, .blocking = &b, .gemm = kernels->gemm_f32};
    thread_pool_run(pool, b.strips * b.groups, run_item, &work);
}
