/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/conv_winograd.h"

#include "backends/cpu/winograd_form.h"
#include "base/memory.h"
#include "base/sizes.h"

enum {
    INPUT_TILES = 4, /* tiles of a work item of the input transform */
    LINE = MEM_ALIGNMENT / sizeof(float),
    KEPT_WEIGHTS = 400000 /* outputs · channels; U of SD 1.4's larger ones would take 8 GB */
};

typedef struct winograd_work {
    const matmul_args *args;
    const winograd_blocking *blocking;
    const cpu_kernels *kernels;
    winograd_input_f32_fn *input;
    winograd_weight_f32_fn *weight;
    winograd_output_f32_fn *output;
    float *v;
    size_t first, count; /* tiles of the strip */
} winograd_work;

/* ---- weights ------------------------------------------------------------------------------------ */

bool conv_winograd_suits(const matmul_shape *of)
{
    return of->kernel == 3 && of->stride == 1 && of->pad_before == 1 && of->pad_after == 1 &&
           of->channels >= GEMM_PANEL && of->outputs >= GEMM_PANEL;
}

bool conv_winograd_keeps(shape weight)
{
    return weight.dim[0] * weight.dim[1] <= KEPT_WEIGHTS;
}

/* A product's floats in a panel of U. The line more keeps them out of one set of the cache. */
static size_t u_stride_of(size_t channels)
{
    return channels * GEMM_PANEL + LINE;
}

size_t conv_winograd_count(shape weight, bool upsampled)
{
    return ceil_div(weight.dim[0], GEMM_PANEL) * winograd_form_of(upsampled)->products *
           u_stride_of(weight.dim[1]);
}

typedef struct prepare_work {
    winograd_weight_f32_fn *transform;
    float *u;
    size_t channels, products;
} prepare_work;

enum { TAPS = 9 };

/* The taps lie where the last products' will: the kernel has read a vector of all before it writes one. */
static void prepare_panel(void *context, size_t panel, int thread)
{
    (void)thread;
    const prepare_work *work = context;
    const size_t stride = u_stride_of(work->channels);
    float *u = work->u + panel * work->products * stride;
    work->transform(u, stride, u + (work->products - TAPS) * stride, stride,
                    work->channels * GEMM_PANEL);
}

void conv_winograd_prepare(
    thread_pool *pool, const cpu_kernels *kernels, const tensor *weight, bool upsampled, float *u)
{
    prepare_work work = {.transform = upsampled ? kernels->upsample_weight_f32
                                                : kernels->winograd_weight_f32,
                         .u = u,
                         .channels = weight->shape.dim[1],
                         .products = winograd_form_of(upsampled)->products};
    const size_t stride = u_stride_of(work.channels);
    matmul_pack_apart(pool, weight, u + (work.products - TAPS) * stride, work.products * stride,
                      stride);
    thread_pool_run(pool, ceil_div(weight->shape.dim[0], GEMM_PANEL), prepare_panel, &work);
}

/* ---- scratch ------------------------------------------------------------------------------------ */

/* A thread's scratch: row pointers, the products of a group, then a chunk of U or the V of a small strip. */
static size_t pointers_bytes(const winograd_blocking *b)
{
    return ceil_div(b->group * sizeof(const float *), MEM_ALIGNMENT) * MEM_ALIGNMENT;
}

static size_t m_stride(const winograd_blocking *b)
{
    return b->group * GEMM_PANEL + LINE;
}

static size_t v_bytes(const winograd_blocking *b)
{
    return b->form->positions * b->v_stride * sizeof(float);
}

static size_t m_bytes(const winograd_blocking *b)
{
    return b->form->products * m_stride(b) * sizeof(float);
}

size_t conv_winograd_shared_bytes(const matmul_shape *of)
{
    const winograd_blocking b = winograd_choose_blocking(of);
    return b.small ? 0 : v_bytes(&b);
}

size_t conv_winograd_scratch_bytes(const matmul_shape *of)
{
    const winograd_blocking b = winograd_choose_blocking(of);
    const size_t chunk_bytes = b.form->products * u_stride_of(b.chunk) * sizeof(float);
    return pointers_bytes(&b) + m_bytes(&b) + (b.kept ? 0 : chunk_bytes) +
           (b.small ? v_bytes(&b) : 0);
}

/* ---- V ------------------------------------------------------------------------------------------ */

static void transform_tiles(void *context, size_t item, int thread)
{
    (void)thread;
    const winograd_work *work = context;
    const winograd_blocking *b = work->blocking;
    const size_t end = smaller((item + 1) * INPUT_TILES, work->count);
    for (size_t tile = item * INPUT_TILES; tile < end; tile++) {
        const winograd_place at = winograd_find_tile(b, work->first + tile);
        for (size_t k = 0; k < b->depth; k += WINOGRAD_CHANNELS) {
            const float *pixels[WINOGRAD_POSITIONS];
            winograd_point_pixels(work->args, b, &at, k, pixels);
            work->input(work->v + tile * b->depth + k, b->v_stride, pixels,
                        smaller(b->depth - k, WINOGRAD_CHANNELS));
        }
    }
}

/* ---- products and outputs ----------------------------------------------------------------------- */

/* A group of tiles by a panel. */
typedef struct winograd_item {
    size_t first, tiles; /* in the strip */
    size_t panel, columns;
    const float **rows;
    float *m, *u;
} winograd_item;

/* Chunk of U from channel k on, its positions *out_stride apart. */
static const float *
take_u(const winograd_work *work, const winograd_item *item, size_t k, size_t *out_stride)
{
    const size_t depth = work->blocking->depth;
    if (work->blocking->kept) {
        *out_stride = u_stride_of(depth);
        return (const float *)work->args->packed +
               item->panel * work->blocking->form->products * *out_stride;
    }
    *out_stride = u_stride_of(work->blocking->chunk);
    const size_t count = smaller(depth - k, work->blocking->chunk);
    const float *taps =
        (const float *)work->args->packed + (item->panel * TAPS * depth + k) * GEMM_PANEL;
    work->weight(item->u, *out_stride, taps, depth * GEMM_PANEL, count * GEMM_PANEL);
    return item->u;
}

static void multiply(const winograd_work *work, const winograd_item *item)
{
    const winograd_blocking *b = work->blocking;
    for (size_t k = 0; k < b->depth; k += b->chunk) {
        size_t u_stride;
        const float *u = take_u(work, item, k, &u_stride);
        for (size_t p = 0; p < b->form->products; p++) {
            const float *v =
                work->v + b->form->position_of[p] * b->v_stride + item->first * b->depth + k;
            for (size_t t = 0; t < item->tiles; t++) item->rows[t] = v + t * b->depth;
            const gemm_f32_args gemm = {.c = item->m + p * m_stride(b),
                                        .c_stride = GEMM_PANEL,
                                        .a = item->rows,
                                        .rows = item->tiles,
                                        .taps = 1,
                                        .k = smaller(b->depth - k, b->chunk),
                                        .b = u + p * u_stride,
                                        .columns = item->columns,
                                        .resume = k > 0};
            work->kernels->gemm_f32(&gemm);
        }
    }
}

static void store_tile(const winograd_work *work, const winograd_item *item, size_t tile)
{
    const matmul_args *args = work->args;
    const size_t out = work->blocking->form->out;
    const size_t height = matmul_output_height(&args->shape);
    const size_t width = matmul_output_width(&args->shape);
    const winograd_place at = winograd_find_tile(work->blocking, work->first + item->first + tile);
    const size_t pixel = (at.image * height + at.output_row) * width + at.output_column;
    const size_t column = item->panel * GEMM_PANEL, y = pixel * args->output_stride + column;
    const winograd_output_f32_args output = {
        .m = item->m + tile * GEMM_PANEL,
        .m_stride = m_stride(work->blocking),
        .y = args->output + y,
        .residual = args->residual == NULL ? NULL : args->residual + y,
        .bias = args->bias == NULL ? NULL : args->bias + column,
        .pixel_stride = args->output_stride,
        .row_stride = args->output_stride * width,
        .first_row = at.row_lead,
        .end_row = smaller(at.row_lead + height - at.output_row, out),
        .first_column = at.column_lead,
        .end_column = smaller(at.column_lead + width - at.output_column, out),
        .channels = item->columns,
    };
    work->output(&output);
}

static void run_group(const winograd_work *work, size_t group, size_t panel, int thread)
{
    const matmul_args *args = work->args;
    const winograd_blocking *b = work->blocking;
    char *scratch = (char *)args->scratch + (size_t)thread * args->scratch_stride;
    const size_t first = group * b->group;
    const winograd_item item = {
        .first = first,
        .tiles = smaller(work->count - first, b->group),
        .panel = panel,
        .columns = smaller(args->shape.outputs - panel * GEMM_PANEL, GEMM_PANEL),
        .rows = (const float **)(void *)scratch,
        .m = (float *)(void *)(scratch + pointers_bytes(b)),
        .u = (float *)(void *)(scratch + pointers_bytes(b) + m_bytes(b)),
    };
    multiply(work, &item);
    for (size_t tile = 0; tile < item.tiles; tile++) store_tile(work, &item, tile);
}

/* Neighbouring items share a panel of U. */
static void run_item(void *context, size_t index, int thread)
{
    const winograd_work *work = context;
    const size_t groups = ceil_div(work->count, work->blocking->group);
    run_group(work, index % groups, index / groups, thread);
}

static void run_small_strip(void *context, size_t index, int thread)
{
    winograd_work strip = *(const winograd_work *)context;
    const winograd_blocking *b = strip.blocking;
    char *scratch = (char *)strip.args->scratch + (size_t)thread * strip.args->scratch_stride;
    strip.v = (float *)(void *)(scratch + pointers_bytes(b) + m_bytes(b));
    strip.first = index * b->strip_tiles;
    strip.count = smaller(b->tiles - strip.first, b->strip_tiles);
    for (size_t i = 0; i * INPUT_TILES < strip.count; i++) transform_tiles(&strip, i, thread);
    for (size_t panel = 0; panel < b->panels; panel++) run_group(&strip, 0, panel, thread);
}

void conv_winograd_run(thread_pool *pool,
                       const cpu_kernels *kernels,
                       const matmul_args *args,
                       void *shared)
{
    const bool upsampled = args->shape.upsampled;
    const winograd_blocking b = winograd_choose_blocking(&args->shape);
    winograd_work work = {
        .args = args,
        .blocking = &b,
        .kernels = kernels,
        .input = upsampled ? kernels->upsample_input_f32 : kernels->winograd_input_f32,
        .weight = upsampled ? kernels->upsample_weight_f32 : kernels->winograd_weight_f32,
        .output = upsampled ? kernels->upsample_output_f32 : kernels->winograd_output_f32,
        .v = shared,
    };
    if (b.small) {
        thread_pool_run(pool, ceil_div(b.tiles, b.strip_tiles), run_small_strip, &work);
        return;
    }
    for (; work.first < b.tiles; work.first += b.strip_tiles) {
        work.count = smaller(b.tiles - work.first, b.strip_tiles);
        thread_pool_run(pool, ceil_div(work.count, INPUT_TILES), transform_tiles, &work);
        thread_pool_run(pool, ceil_div(work.count, b.group) * b.panels, run_item, &work);
    }
}
