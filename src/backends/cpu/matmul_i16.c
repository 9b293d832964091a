/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/matmul_i16.h"

#include "backends/cpu/i16_rows.h"
#include "backends/cpu/matmul_blocking.h"
#include "base/memory.h"
#include "base/sizes.h"

enum {
    CHUNK = 3 * I16_CHUNK, /* values of k: matmul_blocking.h */
    QUANTIZED_ROWS = 64    /* at a time */
};

/* What a tap on padding reads: never more than a chunk. */
static const int16_t zeros[CHUNK];

typedef struct matmul_i16_work {
    const matmul_args *args;
    const matmul_blocking *blocking;
    const cpu_kernels *kernels;
    i16_rows input; /* one per pixel */
    const float *column_scales;
} matmul_i16_work;

static size_t whole_lines(size_t bytes)
{
    return ceil_div(bytes, MEM_ALIGNMENT) * MEM_ALIGNMENT;
}

static size_t pixels_of(const matmul_shape *of)
{
    return of->batch * of->height * of->width;
}

size_t matmul_i16_shared_bytes(const matmul_shape *of)
{
    return i16_rows_bytes(pixels_of(of), of->channels);
}

static size_t pointers_of(const matmul_blocking *b)
{
    return b->chunk_taps * b->strip_rows;
}

/* Per row of a chunk's taps: pointer, scale, and a pixel's number while they are found. */
size_t matmul_i16_scratch_bytes(const matmul_shape *of)
{
    const matmul_blocking b = matmul_choose_blocking(of, CHUNK, I16_CHUNK);
    return whole_lines(pointers_of(&b) * (sizeof(const int16_t *) + sizeof(float)) +
                       b.strip_rows * sizeof(size_t));
}

static void quantize_rows(void *context, size_t item, int thread)
{
    (void)thread;
    const matmul_i16_work *work = context;
    const size_t first = item * QUANTIZED_ROWS;
    i16_rows_put(&work->input, work->kernels, first,
                 work->args->input + first * work->input.channels,
                 smaller(pixels_of(&work->args->shape) - first, QUANTIZED_ROWS));
}

static void point_tap(const matmul_i16_work *work,
                      const matmul_item *part,
                      size_t tap,
                      size_t k,
                      size_t *pixels,
                      const int16_t **out_rows,
                      float *out_scales)
{
    const matmul_shape *of = &work->args->shape;
    const size_t stride = i16_padded(of->channels);
    matmul_find_pixels(of, tap / of->kernel, tap % of->kernel, part->first_row, part->rows, pixels);
    for (size_t r = 0; r < part->rows; r++) {
        const bool inside = pixels[r] != MATMUL_PADDING;
        out_rows[r] = inside ? work->input.values + pixels[r] * stride + k : zeros;
        out_scales[r] = inside ? work->input.scales[pixels[r]] : 0.0F;
    }
}

/* One chunk of k for one work item, from value `before` of the packed depth on. */
static void run_chunk(const matmul_i16_work *work,
                      gemm_i16_args *gemm,
                      const matmul_item *part,
                      size_t before,
                      bool last)
{
    const matmul_args *args = work->args;
    const size_t depth = work->blocking->taps * i16_padded(args->shape.channels);
    gemm->resume = before > 0;
    for (size_t p = part->first_panel; p < part->end_panel; p++) {
        const size_t column = p * GEMM_PANEL;
        const size_t c = part->first_row * args->output_stride + column;
        gemm->b = (const int16_t *)args->packed + (p * depth + before) * GEMM_PANEL;
        gemm->c = args->output + c;
        gemm->columns = smaller(args->shape.outputs - column, GEMM_PANEL);
        gemm->column_scales = last ? work->column_scales + column : NULL;
        gemm->bias = last && args->bias != NULL ? args->bias + column : NULL;
        gemm->residual = last && args->residual != NULL ? args->residual + c : NULL;
        work->kernels->gemm_i16(gemm);
    }
}

static void run_item(void *context, size_t item, int thread)
{
    const matmul_i16_work *work = context;
    const matmul_args *args = work->args;
    const matmul_blocking *b = work->blocking;
    const matmul_item part = matmul_item_of(b, item);
    const size_t channels = args->shape.channels;

    void *scratch = (char *)args->scratch + (size_t)thread * args->scratch_stride;
    const int16_t **pointers = scratch;
    size_t *pixels = (size_t *)(void *)(pointers + pointers_of(b));
    float *scales = (float *)(void *)(pixels + b->strip_rows);
    gemm_i16_args gemm = {.c_stride = args->output_stride,
                          .a = pointers,
                          .row_scales = scales,
                          .rows = part.rows,
                          .residual_stride = args->output_stride};

    for (size_t tap = 0; tap < b->taps; tap += gemm.taps) {
        gemm.taps = smaller(b->taps - tap, b->chunk_taps);
        for (size_t k = 0; k < channels; k += gemm.k) {
            gemm.k = smaller(channels - k, b->chunk_k);
            for (size_t t = 0; t < gemm.taps; t++) {
                point_tap(work, &part, tap + t, k, pixels, pointers + t * part.rows,
                          scales + t * part.rows);
            }
            const bool last = tap + gemm.taps == b->taps && k + gemm.k == channels;
            run_chunk(work, &gemm, &part, tap * i16_padded(channels) + k, last);
        }
    }
}

void matmul_i16_run(thread_pool *pool, const cpu_kernels *kernels, const matmul_args *args)
{
    const matmul_blocking b = matmul_choose_blocking(&args->shape, CHUNK, I16_CHUNK);
    const size_t depth = b.taps * i16_padded(args->shape.channels);
    const size_t pixels = pixels_of(&args->shape);
    const bool given = args->integers != NULL;
    const int16_t *panels = args->packed;
    matmul_i16_work work = {
        .args = args,
        .blocking = &b,
        .kernels = kernels,
        .input = i16_rows_at(given ? (void *)(uintptr_t)args->integers : args->shared, pixels,
                             args->shape.channels),
        .column_scales = (const float *)(const void *)(panels + b.panels * depth * GEMM_PANEL),
    };
    if (!given) thread_pool_run(pool, ceil_div(pixels, QUANTIZED_ROWS), quantize_rows, &work);
    thread_pool_run(pool, b.strips * b.groups, run_item, &work);
}
