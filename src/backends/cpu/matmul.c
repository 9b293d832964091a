/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/matmul.h"

#include "backends/cpu/matmul_blocking.h"
#include "base/memory.h"
#include "base/sizes.h"

/* Floats of k in a chunk: matmul_blocking.h. */
enum { CHUNK = 512, CHUNK_UNIT = 8 };

enum { PIXELS = 48 }; /* looked up at a time */

/* What a tap on padding reads: never more than a chunk. */
static const float zeros[CHUNK];

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

size_t matmul_scratch_bytes(const matmul_shape *of)
{
    const matmul_blocking b = matmul_choose_blocking(of, CHUNK, CHUNK_UNIT);
    const size_t bytes = b.chunk_taps * b.strip_rows * sizeof(const float *);
    return ceil_div(bytes, MEM_ALIGNMENT) * MEM_ALIGNMENT;
}

typedef struct matmul_work {
    const matmul_args *args;
    const matmul_blocking *blocking;
    gemm_f32_fn *gemm;
} matmul_work;

void matmul_find_pixels(const matmul_shape *of,
                        size_t tap_y,
                        size_t tap_x,
                        size_t first,
                        size_t rows,
                        size_t *out_pixels)
{
    const size_t out_height = matmul_output_height(of), out_width = matmul_output_width(of);
    size_t column = first % out_width;
    size_t line = first / out_width % out_height;
    size_t image = first / (out_width * out_height) * of->height * of->width;

    for (size_t r = 0; r < rows; r++) {
        /* Above and left of the image these wrap around, to far beyond its size. */
        const size_t y = line * of->stride + tap_y - of->pad_before;
        const size_t x = column * of->stride + tap_x - of->pad_before;
        const bool inside = y < of->height && x < of->width;
        out_pixels[r] = inside ? image + y * of->width + x : MATMUL_PADDING;
        if (++column < out_width) continue;
        column = 0;
        if (++line < out_height) continue;
        line = 0;
        image += of->height * of->width;
    }
}

void matmul_point_rows(const matmul_shape *of,
                       const float *input,
                       size_t tap_y,
                       size_t tap_x,
                       size_t k,
                       size_t first,
                       size_t rows,
                       const float **out_rows)
{
    size_t pixels[PIXELS];
    for (size_t done = 0; done < rows; done += PIXELS) {
        const size_t now = smaller(rows - done, PIXELS);
        matmul_find_pixels(of, tap_y, tap_x, first + done, now, pixels);
        for (size_t r = 0; r < now; r++) {
            const bool inside = pixels[r] != MATMUL_PADDING;
            out_rows[done + r] = inside ? input + pixels[r] * of->channels + k : zeros;
        }
    }
}

/* One chunk of k for one work item: the panels share its row pointers. */
static void run_chunk(const matmul_work *work,
                      gemm_f32_args *gemm,
                      const matmul_item *part,
                      size_t depth_before)
{
    const matmul_args *args = work->args;
    const size_t depth = work->blocking->taps * args->shape.channels;
    const bool last = depth_before + gemm->taps * gemm->k == depth;

    gemm->resume = depth_before > 0;
    for (size_t p = part->first_panel; p < part->end_panel; p++) {
        const size_t column = p * GEMM_PANEL;
        const size_t c = part->first_row * args->output_stride + column;
        gemm->b = (const float *)args->packed + (p * depth + depth_before) * GEMM_PANEL;
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
    const matmul_blocking *b = work->blocking;
    const matmul_item part = matmul_item_of(b, item);

    void *scratch = (char *)args->scratch + (size_t)thread * args->scratch_stride;
    const float **pointers = scratch;
    gemm_f32_args gemm = {.c_stride = args->output_stride,
                          .a = pointers,
                          .rows = part.rows,
                          .residual_stride = args->output_stride};

    for (size_t tap = 0; tap < b->taps; tap += gemm.taps) {
        gemm.taps = smaller(b->taps - tap, b->chunk_taps);
        for (size_t k = 0; k < args->shape.channels; k += gemm.k) {
            gemm.k = smaller(args->shape.channels - k, b->chunk_k);
            for (size_t t = 0; t < gemm.taps; t++) {
                matmul_point_rows(&args->shape, args->input, (tap + t) / args->shape.kernel,
                                  (tap + t) % args->shape.kernel, k, part.first_row, gemm.rows,
                                  pointers + t * gemm.rows);
            }
            run_chunk(work, &gemm, &part, tap * args->shape.channels + k);
        }
    }
}

void matmul_run(thread_pool *pool, const cpu_kernels *kernels, const matmul_args *args)
{
    const matmul_blocking b = matmul_choose_blocking(&args->shape, CHUNK, CHUNK_UNIT);
    matmul_work work = {.args = args, .blocking = &b, .gemm = kernels->gemm_f32};
    thread_pool_run(pool, b.strips * b.groups, run_item, &work);
}
