/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/conv_winograd.h"

#include "backends/cpu/winograd_form.h"
#include "base/memory.h"
#include "base/sizes.h"

enum {
    INPUT_TILES = 4, /* tiles of a work item of the input transform */
    TAPS = 9
};

typedef struct winograd_work {
    const matmul_args *args;
    const winograd_blocking *blocking;
    const cpu_kernels *kernels;
    winograd_input_f32_fn *input;
    winograd_output_f32_fn *output;
    void *v;             /* [positions][strip_tiles][padded] of floats or integers */
    float *v_scales;     /* of integers: [positions][strip_tiles] */
    size_t first, count; /* tiles of the strip */
} winograd_work;

/* ---- scratch ------------------------------------------------------------------------------------ */

static size_t whole_lines(size_t bytes)
{
    return ceil_div(bytes, MEM_ALIGNMENT) * MEM_ALIGNMENT;
}

/*
 * A thread's scratch: row pointers; the products of a group; a chunk of U, or of integers a tile before it
 * is rounded; the V of a small strip.
 */
typedef struct winograd_scratch {
    const void **rows;
    float *m, *work;
    void *v;
    size_t bytes;
} winograd_scratch;

static size_t m_stride(const winograd_blocking *b)
{
    return b->group * GEMM_PANEL + MEM_ALIGNMENT / sizeof(float);
}

static size_t scales_offset(const winograd_blocking *b)
{
    const size_t values = b->form->positions * b->v_stride;
    return whole_lines(values * (b->integers ? sizeof(int16_t) : sizeof(float)));
}

static size_t v_bytes(const winograd_blocking *b)
{
    const size_t scales = b->integers ? b->form->positions * b->strip_tiles : 0;
    return scales_offset(b) + whole_lines(scales * sizeof(float));
}

static size_t work_floats(const winograd_blocking *b)
{
    if (b->integers) return b->form->positions * b->depth;
    return b->kept ? 0 : b->form->products * winograd_u_stride(b->chunk);
}

static winograd_scratch lay_out(const winograd_blocking *b, void *from)
{
    char *next = from;
    winograd_scratch s = {.rows = (const void **)(void *)next};
    next += whole_lines(b->group * sizeof *s.rows);
    s.m = (float *)(void *)next;
    next += whole_lines(b->form->products * m_stride(b) * sizeof(float));
    s.work = (float *)(void *)next;
    next += whole_lines(work_floats(b) * sizeof(float));
    s.v = next;
    next += b->small ? v_bytes(b) : 0;
    s.bytes = (size_t)(next - (char *)from);
    return s;
}

size_t conv_winograd_shared_bytes(const matmul_shape *of, bool integers)
{
    const winograd_blocking b = winograd_choose_blocking(of, integers);
    return b.small ? 0 : v_bytes(&b);
}

size_t conv_winograd_scratch_bytes(const matmul_shape *of, bool integers)
{
    static char anywhere[1];
    const winograd_blocking b = winograd_choose_blocking(of, integers);
    return lay_out(&b, anywhere).bytes;
}

static winograd_scratch scratch_of(const winograd_work *work, int thread)
{
    const matmul_args *args = work->args;
    return lay_out(work->blocking, (char *)args->scratch + (size_t)thread * args->scratch_stride);
}

static void set_v(winograd_work *work, void *v)
{
    work->v = v;
    work->v_scales = (float *)(void *)((char *)v + scales_offset(work->blocking));
}

/* ---- V ------------------------------------------------------------------------------------------ */

/* One tile of the picture, its positions `stride` floats apart. */
static void transform_tile(const winograd_work *work, size_t tile, float *v, size_t stride)
{
    const winograd_blocking *b = work->blocking;
    const winograd_place at = winograd_find_tile(b, work->first + tile);
    for (size_t k = 0; k < b->depth; k += WINOGRAD_CHANNELS) {
        const float *pixels[WINOGRAD_POSITIONS];
        winograd_point_pixels(work->args, b, &at, k, pixels);
        work->input(v + k, stride, pixels, smaller(b->depth - k, WINOGRAD_CHANNELS));
    }
}

static void round_tile(const winograd_work *work, size_t tile, const float *from)
{
    const winograd_blocking *b = work->blocking;
    for (size_t p = 0; p < b->form->positions; p++) {
        work->kernels->quantize_rows_i16((int16_t *)work->v + p * b->v_stride + tile * b->padded,
                                         work->v_scales + p * b->strip_tiles + tile,
                                         from + p * b->depth, 1, 1, b->depth, I16_NORM);
    }
}

static void transform_tiles(void *context, size_t item, int thread)
{
    const winograd_work *work = context;
    const winograd_blocking *b = work->blocking;
    const size_t end = smaller((item + 1) * INPUT_TILES, work->count);
    for (size_t tile = item * INPUT_TILES; tile < end; tile++) {
        if (b->integers) {
            const winograd_scratch scratch = scratch_of(work, thread);
            transform_tile(work, tile, scratch.work, b->depth);
            round_tile(work, tile, scratch.work);
        } else {
            transform_tile(work, tile, (float *)work->v + tile * b->depth, b->v_stride);
        }
    }
}

/* ---- products and outputs ----------------------------------------------------------------------- */

/* A group of tiles by a panel. */
typedef struct winograd_item {
    winograd_scratch scratch;
    size_t first, tiles; /* in the strip */
    size_t panel, columns;
} winograd_item;

/* Chunk of U from channel k on, its products *out_stride apart. */
static const float *
take_u(const winograd_work *work, const winograd_item *item, size_t k, size_t *out_stride)
{
    const winograd_blocking *b = work->blocking;
    const float *packed = work->args->packed;
    if (b->kept) {
        *out_stride = winograd_u_stride(b->depth);
        return packed + item->panel * b->form->products * *out_stride;
    }
    *out_stride = winograd_u_stride(b->chunk);
    const size_t count = smaller(b->depth - k, b->chunk);
    const float *taps = packed + (item->panel * TAPS * b->depth + k) * GEMM_PANEL;
    winograd_weight_of(work->kernels, work->args->shape.upsampled)(
        item->scratch.work, *out_stride, taps, b->depth * GEMM_PANEL, count * GEMM_PANEL);
    return item->scratch.work;
}

static void multiply_f32(const winograd_work *work, const winograd_item *item)
{
    const winograd_blocking *b = work->blocking;
    const float **rows = (const float **)item->scratch.rows;
    for (size_t k = 0; k < b->depth; k += b->chunk) {
        size_t u_stride;
        const float *u = take_u(work, item, k, &u_stride);
        for (size_t p = 0; p < b->form->products; p++) {
            const float *v = (const float *)work->v + b->form->position_of[p] * b->v_stride +
                             item->first * b->depth + k;
            for (size_t t = 0; t < item->tiles; t++) rows[t] = v + t * b->depth;
            const gemm_f32_args gemm = {.c = item->scratch.m + p * m_stride(b),
                                        .c_stride = GEMM_PANEL,
                                        .a = rows,
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

static void multiply_i16(const winograd_work *work, const winograd_item *item)
{
    const winograd_blocking *b = work->blocking;
    const size_t products = b->form->products, product = b->padded * GEMM_PANEL;
    const int16_t *u = (const int16_t *)work->args->packed + item->panel * products * product;
    const float *u_scales = (const float *)(const void *)((const int16_t *)work->args->packed +
                                                          b->panels * products * product) +
                            item->panel * products * GEMM_PANEL;
    const int16_t **rows = (const int16_t **)item->scratch.rows;
    for (size_t p = 0; p < products; p++) {
        const size_t position = b->form->position_of[p];
        const int16_t *v =
            (const int16_t *)work->v + position * b->v_stride + item->first * b->padded;
        for (size_t t = 0; t < item->tiles; t++) rows[t] = v + t * b->padded;
        const gemm_i16_args gemm = {.c = item->scratch.m + p * m_stride(b),
                                    .c_stride = GEMM_PANEL,
                                    .a = rows,
                                    .row_scales =
                                        work->v_scales + position * b->strip_tiles + item->first,
                                    .rows = item->tiles,
                                    .taps = 1,
                                    .k = b->depth,
                                    .b = u + p * product,
                                    .columns = item->columns,
                                    .column_scales = u_scales + p * GEMM_PANEL};
        work->kernels->gemm_i16(&gemm);
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
        .m = item->scratch.m + tile * GEMM_PANEL,
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
    const size_t first = group * b->group;
    const winograd_item item = {
        .scratch = scratch_of(work, thread),
        .first = first,
        .tiles = smaller(work->count - first, b->group),
        .panel = panel,
        .columns = smaller(args->shape.outputs - panel * GEMM_PANEL, GEMM_PANEL),
    };
    if (b->integers) {
        multiply_i16(work, &item);
    } else {
        multiply_f32(work, &item);
    }
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
    set_v(&strip, scratch_of(&strip, thread).v);
    strip.first = index * b->strip_tiles;
    strip.count = smaller(b->tiles - strip.first, b->strip_tiles);
    for (size_t i = 0; i * INPUT_TILES < strip.count; i++) transform_tiles(&strip, i, thread);
    for (size_t panel = 0; panel < b->panels; panel++) run_group(&strip, 0, panel, thread);
}

void conv_winograd_run(thread_pool *pool,
                       const cpu_kernels *kernels,
                       const matmul_args *args,
                       bool integers)
{
    const bool upsampled = args->shape.upsampled;
    const winograd_blocking b = winograd_choose_blocking(&args->shape, integers);
    winograd_work work = {
        .args = args,
        .blocking = &b,
        .kernels = kernels,
        .input = upsampled ? kernels->upsample_input_f32 : kernels->winograd_input_f32,
        .output = upsampled ? kernels->upsample_output_f32 : kernels->winograd_output_f32,
    };
    set_v(&work, args->shared);
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
