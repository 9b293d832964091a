/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/conv_winograd.h"

#include "base/memory.h"
#include "base/sizes.h"

/*
 * Blocks; they change no byte of the result.
 *
 * Many tiles of few channels and outputs are cut into small strips, each the work of one thread, with V in its L2 cache
 * and U read from the last one. Otherwise the tiles are taken in strips whose V stays in the last cache, or a few more
 * where channels are many: each reads all of U, and a work item is a group of the strip's tiles by a panel. The item's
 * products and, where U is not kept, the chunk of U that they need stay in the L2 cache.
 */
enum {
    STRIP_BYTES = 12 << 20,
    STRIP_TILES_MIN = 32,
    SMALL_STRIP_BYTES = 600 << 10,
    SMALL_STRIP_TILES_MIN = 16,
    SMALL_U_BYTES = 6 << 20,
    SMALL_STRIPS_MIN = 64, /* enough for every thread to end at about the same time */
    GROUP_TILES = 64,
    CHUNK = 128,     /* floats of k for which U is made at a time */
    INPUT_TILES = 4, /* tiles of a work item of the input transform */
    ZEROS = 512,     /* channels transformed at a time: what a pixel outside the picture reads */
    LINE = MEM_ALIGNMENT / sizeof(float),
    KEPT_WEIGHTS = 400000 /* outputs · channels; U of SD 1.4's larger ones would take 8 GB */
};

static const float zeros[ZEROS];

typedef struct blocking {
    size_t tile_rows, tile_columns, tiles;
    size_t strip_tiles, panels, depth;
    size_t v_stride; /* floats from one position of V to the next */
    size_t chunk;
    bool kept;
    bool small; /* a strip is one thread's work */
} blocking;

typedef struct winograd_work {
    const matmul_args *args;
    const blocking *blocking;
    const cpu_kernels *kernels;
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

/* A position's floats in a panel of U. The line more keeps the 36 out of one set of the cache. */
static size_t u_stride_of(size_t channels)
{
    return channels * GEMM_PANEL + LINE;
}

size_t conv_winograd_count(shape weight)
{
    return ceil_div(weight.dim[0], GEMM_PANEL) * WINOGRAD_POSITIONS * u_stride_of(weight.dim[1]);
}

typedef struct prepare_work {
    const cpu_kernels *kernels;
    float *u;
    size_t channels;
} prepare_work;

enum { TAPS = 9, FIRST_TAP = WINOGRAD_POSITIONS - TAPS };

/* The taps lie where the last positions will: the kernel has read a vector of all before it writes one. */
static void prepare_panel(void *context, size_t panel, int thread)
{
    (void)thread;
    const prepare_work *work = context;
    const size_t stride = u_stride_of(work->channels);
    float *u = work->u + panel * WINOGRAD_POSITIONS * stride;
    work->kernels->winograd_weight_f32(u, stride, u + FIRST_TAP * stride, stride,
                                       work->channels * GEMM_PANEL);
}

void conv_winograd_prepare(thread_pool *pool,
                           const cpu_kernels *kernels,
                           const tensor *weight,
                           float *u)
{
    prepare_work work = {.kernels = kernels, .u = u, .channels = weight->shape.dim[1]};
    const size_t stride = u_stride_of(work.channels);
    matmul_pack_apart(pool, weight, u + FIRST_TAP * stride, WINOGRAD_POSITIONS * stride, stride);
    thread_pool_run(pool, ceil_div(weight->shape.dim[0], GEMM_PANEL), prepare_panel, &work);
}

/* ---- blocks and scratch ------------------------------------------------------------------------- */

static blocking choose_blocking(const matmul_shape *of)
{
    blocking b = {.tile_rows = ceil_div(of->height, WINOGRAD_OUT),
                  .tile_columns = ceil_div(of->width, WINOGRAD_OUT),
                  .panels = ceil_div(of->outputs, GEMM_PANEL),
                  .depth = of->channels};
    b.tiles = of->batch * b.tile_rows * b.tile_columns;
    b.kept = conv_winograd_keeps(shape_2(of->outputs, of->channels));
    b.chunk = b.kept ? of->channels : smaller(of->channels, CHUNK);

    const size_t tile_bytes = WINOGRAD_POSITIONS * of->channels * sizeof(float);
    size_t most = smaller(SMALL_STRIP_BYTES / tile_bytes, GROUP_TILES);
    b.small = tile_bytes * of->outputs <= SMALL_U_BYTES && most >= SMALL_STRIP_TILES_MIN &&
              b.tiles >= SMALL_STRIPS_MIN * most;
    if (!b.small) {
        most = STRIP_BYTES / tile_bytes;
        if (most < STRIP_TILES_MIN) most = STRIP_TILES_MIN;
    }
    b.strip_tiles = ceil_div(b.tiles, ceil_div(b.tiles, most));
    b.v_stride = ceil_div(b.strip_tiles * of->channels, LINE) * LINE + LINE;
    return b;
}

/* A thread's scratch: row pointers, the products of a group, then a chunk of U or the V of a small strip. */
enum {
    POINTERS_BYTES = GROUP_TILES * sizeof(const float *),
    M_STRIDE = GROUP_TILES * GEMM_PANEL + LINE,
    M_BYTES = WINOGRAD_POSITIONS * M_STRIDE * sizeof(float)
};

static size_t v_bytes(const blocking *b)
{
    return WINOGRAD_POSITIONS * b->v_stride * sizeof(float);
}

size_t conv_winograd_shared_bytes(const matmul_shape *of)
{
    const blocking b = choose_blocking(of);
    return b.small ? 0 : v_bytes(&b);
}

size_t conv_winograd_scratch_bytes(const matmul_shape *of)
{
    const blocking b = choose_blocking(of);
    const size_t chunk_bytes = WINOGRAD_POSITIONS * u_stride_of(b.chunk) * sizeof(float);
    return POINTERS_BYTES + M_BYTES + (b.kept ? 0 : chunk_bytes) + (b.small ? v_bytes(&b) : 0);
}

/* ---- V ------------------------------------------------------------------------------------------ */

typedef struct tile_place {
    size_t image, row, column; /* the last two in pixels */
} tile_place;

static tile_place find_tile(const blocking *b, size_t tile)
{
    return (tile_place){.image = tile / (b->tile_rows * b->tile_columns),
                        .row = tile / b->tile_columns % b->tile_rows * WINOGRAD_OUT,
                        .column = tile % b->tile_columns * WINOGRAD_OUT};
}

static void
point_pixels(const matmul_args *args, const tile_place *at, size_t k, const float **pixels)
{
    const matmul_shape *of = &args->shape;
    const float *image = args->input + at->image * of->height * of->width * of->channels + k;
    for (size_t i = 0; i < WINOGRAD_POSITIONS; i++) {
        /* Above and left of the image these wrap around, to far beyond its size. */
        const size_t y = at->row + i / WINOGRAD_TILE - 1;
        const size_t x = at->column + i % WINOGRAD_TILE - 1;
        const bool inside = y < of->height && x < of->width;
        pixels[i] = inside ? image + (y * of->width + x) * of->channels : zeros;
    }
}

static void transform_tiles(void *context, size_t item, int thread)
{
    (void)thread;
    const winograd_work *work = context;
    const blocking *b = work->blocking;
    const size_t end = smaller((item + 1) * INPUT_TILES, work->count);
    for (size_t tile = item * INPUT_TILES; tile < end; tile++) {
        const tile_place at = find_tile(b, work->first + tile);
        for (size_t k = 0; k < b->depth; k += ZEROS) {
            const float *pixels[WINOGRAD_POSITIONS];
            point_pixels(work->args, &at, k, pixels);
            work->kernels->winograd_input_f32(work->v + tile * b->depth + k, b->v_stride, pixels,
                                              smaller(b->depth - k, ZEROS));
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
        return (const float *)work->args->packed + item->panel * WINOGRAD_POSITIONS * *out_stride;
    }
    *out_stride = u_stride_of(work->blocking->chunk);
    const size_t count = smaller(depth - k, work->blocking->chunk);
    const float *taps =
        (const float *)work->args->packed + (item->panel * TAPS * depth + k) * GEMM_PANEL;
    work->kernels->winograd_weight_f32(item->u, *out_stride, taps, depth * GEMM_PANEL,
                                       count * GEMM_PANEL);
    return item->u;
}

static void multiply(const winograd_work *work, const winograd_item *item)
{
    const blocking *b = work->blocking;
    for (size_t k = 0; k < b->depth; k += b->chunk) {
        size_t u_stride;
        const float *u = take_u(work, item, k, &u_stride);
        for (size_t p = 0; p < WINOGRAD_POSITIONS; p++) {
            const float *v = work->v + p * b->v_stride + item->first * b->depth + k;
            for (size_t t = 0; t < item->tiles; t++) item->rows[t] = v + t * b->depth;
            const gemm_f32_args gemm = {.c = item->m + p * M_STRIDE,
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

static void store_tiles(const winograd_work *work, const winograd_item *item)
{
    const matmul_args *args = work->args;
    const matmul_shape *of = &args->shape;
    const size_t column = item->panel * GEMM_PANEL;
    for (size_t t = 0; t < item->tiles; t++) {
        const tile_place at = find_tile(work->blocking, work->first + item->first + t);
        const size_t pixel = (at.image * of->height + at.row) * of->width + at.column;
        const size_t y = pixel * args->output_stride + column;
        const winograd_output_f32_args output = {
            .m = item->m + t * GEMM_PANEL,
            .m_stride = M_STRIDE,
            .y = args->output + y,
            .residual = args->residual == NULL ? NULL : args->residual + y,
            .bias = args->bias == NULL ? NULL : args->bias + column,
            .pixel_stride = args->output_stride,
            .row_stride = args->output_stride * of->width,
            .rows = smaller(of->height - at.row, WINOGRAD_OUT),
            .columns = smaller(of->width - at.column, WINOGRAD_OUT),
            .channels = item->columns,
        };
        work->kernels->winograd_output_f32(&output);
    }
}

static void run_group(const winograd_work *work, size_t group, size_t panel, int thread)
{
    const matmul_args *args = work->args;
    char *scratch = (char *)args->scratch + (size_t)thread * args->scratch_stride;
    const size_t first = group * GROUP_TILES;
    const winograd_item item = {
        .first = first,
        .tiles = smaller(work->count - first, GROUP_TILES),
        .panel = panel,
        .columns = smaller(args->shape.outputs - panel * GEMM_PANEL, GEMM_PANEL),
        .rows = (const float **)(void *)scratch,
        .m = (float *)(void *)(scratch + POINTERS_BYTES),
        .u = (float *)(void *)(scratch + POINTERS_BYTES + M_BYTES),
    };
    multiply(work, &item);
    store_tiles(work, &item);
}

/* Neighbouring items share a panel of U. */
static void run_item(void *context, size_t index, int thread)
{
    const winograd_work *work = context;
    const size_t groups = ceil_div(work->count, GROUP_TILES);
    run_group(work, index % groups, index / groups, thread);
}

static void run_small_strip(void *context, size_t index, int thread)
{
    winograd_work strip = *(const winograd_work *)context;
    const blocking *b = strip.blocking;
    char *scratch = (char *)strip.args->scratch + (size_t)thread * strip.args->scratch_stride;
    strip.v = (float *)(void *)(scratch + POINTERS_BYTES + M_BYTES);
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
    const blocking b = choose_blocking(&args->shape);
    winograd_work work = {.args = args, .blocking = &b, .kernels = kernels, .v = shared};
    if (b.small) {
        thread_pool_run(pool, ceil_div(b.tiles, b.strip_tiles), run_small_strip, &work);
        return;
    }
    for (; work.first < b.tiles; work.first += b.strip_tiles) {
        work.count = smaller(b.tiles - work.first, b.strip_tiles);
        thread_pool_run(pool, ceil_div(work.count, INPUT_TILES), transform_tiles, &work);
        thread_pool_run(pool, ceil_div(work.count, GROUP_TILES) * b.panels, run_item, &work);
    }
}
