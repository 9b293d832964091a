/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/winograd_form.h"

#include "backends/cpu/conv_winograd.h"
#include "base/memory.h"
#include "base/sizes.h"

enum {
    GROUP = 64,
    GROUP_MAKING_U = 80, /* each makes U again: the 72 of 16x16 made 32x32, twice, are one */
    GROUP_UNIT = 8,      /* rows of the products' register tiles */
    STRIP_BYTES = 12 << 20,
    STRIP_TILES_MIN = 32,
    SMALL_STRIP_BYTES = 600 << 10,
    SMALL_STRIP_TILES_MIN = 16,
    SMALL_U_BYTES = 6 << 20,
    SMALL_STRIPS_MIN = 64 /* enough for every thread to end at about the same time */
};

/* What a pixel outside the picture reads. */
static const float zeros[WINOGRAD_CHANNELS];

static const unsigned char every_position[WINOGRAD_POSITIONS] = {
    0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17,
    18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35,
};

/* Rows and columns take 0, 1, 2, 3, 0, 2, 3 of four. */
static const unsigned char shared_positions[UPSAMPLE_PRODUCTS] = {
    0,  1,  2,  3,  0,  2,  3,  //
    4,  5,  6,  7,  4,  6,  7,  //
    8,  9,  10, 11, 8,  10, 11, //
    12, 13, 14, 15, 12, 14, 15, //
    0,  1,  2,  3,  0,  2,  3,  //
    8,  9,  10, 11, 8,  10, 11, //
    12, 13, 14, 15, 12, 14, 15, //
};

static const winograd_form forms[2] = {
    {.tile = WINOGRAD_TILE,
     .step = WINOGRAD_OUT,
     .out = WINOGRAD_OUT,
     .positions = WINOGRAD_POSITIONS,
     .products = WINOGRAD_POSITIONS,
     .position_of = every_position,
     .chunk = 128},
    {.tile = UPSAMPLE_TILE,
     .step = UPSAMPLE_OUT / 2,
     .out = UPSAMPLE_OUT,
     .lead = 1,
     .positions = UPSAMPLE_POSITIONS,
     .products = UPSAMPLE_PRODUCTS,
     .position_of = shared_positions,
     .chunk = 64},
};

const winograd_form *winograd_form_of(bool upsampled)
{
    return &forms[upsampled];
}

winograd_blocking winograd_choose_blocking(const matmul_shape *of, bool integers)
{
    const size_t value_bytes = integers ? sizeof(int16_t) : sizeof(float);
    const winograd_form *form = winograd_form_of(of->upsampled);
    winograd_blocking b = {
        .form = form,
        .tile_rows = ceil_div(matmul_output_height(of) + form->lead, form->out),
        .tile_columns = ceil_div(matmul_output_width(of) + form->lead, form->out),
        .panels = ceil_div(of->outputs, GEMM_PANEL),
        .depth = of->channels,
        .padded = integers ? i16_padded(of->channels) : of->channels,
        .kept = conv_winograd_keeps(shape_2(of->outputs, of->channels), integers),
        .integers = integers,
    };
    b.tiles = of->batch * b.tile_rows * b.tile_columns;
    b.chunk = b.kept ? of->channels : smaller(of->channels, form->chunk);

    const size_t tile_bytes = form->positions * b.padded * value_bytes;
    const size_t u_bytes = form->products * b.padded * of->outputs * value_bytes;
    size_t most = smaller(SMALL_STRIP_BYTES / tile_bytes, GROUP);
    b.small = u_bytes <= SMALL_U_BYTES && most >= SMALL_STRIP_TILES_MIN &&
              b.tiles >= SMALL_STRIPS_MIN * most;
    if (!b.small) {
        most = STRIP_BYTES / tile_bytes;
        if (most < STRIP_TILES_MIN) most = STRIP_TILES_MIN;
    }
    b.strip_tiles = ceil_div(b.tiles, ceil_div(b.tiles, most));
    const size_t groups = ceil_div(b.strip_tiles, b.kept ? GROUP : GROUP_MAKING_U);
    b.group = ceil_div(ceil_div(b.strip_tiles, groups), GROUP_UNIT) * GROUP_UNIT;
    const size_t line = MEM_ALIGNMENT / value_bytes;
    b.v_stride = ceil_div(b.strip_tiles * b.padded, line) * line + line;
    return b;
}

winograd_place winograd_find_tile(const winograd_blocking *blocking, size_t tile)
{
    const winograd_form *form = blocking->form;
    const size_t row = tile / blocking->tile_columns % blocking->tile_rows;
    const size_t column = tile % blocking->tile_columns;
    winograd_place at = {.image = tile / (blocking->tile_rows * blocking->tile_columns),
                         .input_row = row * form->step - 1,
                         .input_column = column * form->step - 1,
                         .row_lead = row == 0 ? form->lead : 0,
                         .column_lead = column == 0 ? form->lead : 0};
    at.output_row = row * form->out + at.row_lead - form->lead;
    at.output_column = column * form->out + at.column_lead - form->lead;
    return at;
}

void winograd_point_pixels(const matmul_args *args,
                           const winograd_blocking *blocking,
                           const winograd_place *at,
                           size_t k,
                           const float **out_pixels)
{
    const matmul_shape *of = &args->shape;
    const size_t tile = blocking->form->tile;
    const float *image = args->input + at->image * of->height * of->width * of->channels + k;
    for (size_t i = 0; i < tile * tile; i++) {
        /* Above and left of the image these are far beyond its size. */
        const size_t y = at->input_row + i / tile, x = at->input_column + i % tile;
        const bool inside = y < of->height && x < of->width;
        out_pixels[i] = inside ? image + (y * of->width + x) * of->channels : zeros;
    }
}
