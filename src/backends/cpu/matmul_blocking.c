/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/matmul_blocking.h"

#include "base/sizes.h"

enum {
    STRIP = 144,       /* rows: a multiple of the register tiles' 6 and 8; the 128 of 8x8 fit */
    ITEMS_WANTED = 128 /* enough for every thread to end at about the same time */
};

/* Parts of about equal size, none above `most`, each but the last a multiple of `unit`. */
static size_t equal_part(size_t whole, size_t most, size_t unit)
{
    const size_t part = ceil_div(whole, ceil_div(whole, most));
    return smaller(smaller(ceil_div(part, unit) * unit, most), whole);
}

matmul_blocking matmul_choose_blocking(const matmul_shape *of, size_t chunk, size_t unit)
{
    matmul_blocking b = {.rows = matmul_output_rows(of),
                         .taps = of->kernel * of->kernel,
                         .panels = ceil_div(of->outputs, GEMM_PANEL)};

    b.strip_rows = equal_part(b.rows, STRIP, 24);
    b.strips = ceil_div(b.rows, b.strip_rows);
    b.group_panels = equal_part(b.panels, ceil_div(b.panels * b.strips, ITEMS_WANTED), 1);
    b.groups = ceil_div(b.panels, b.group_panels);

    const bool whole_taps = of->channels <= chunk;
    b.chunk_taps = whole_taps ? equal_part(b.taps, chunk / of->channels, 1) : 1;
    b.chunk_k = whole_taps ? of->channels : equal_part(of->channels, chunk, unit);

    /* Either side is read once per block of the other: repeat the smaller traffic. */
    const size_t input_floats = of->batch * of->height * of->width * of->channels;
    const size_t weight_floats = of->outputs * of->channels * b.taps;
    b.strips_first = input_floats * b.groups < weight_floats * b.strips;
    return b;
}

matmul_item matmul_item_of(const matmul_blocking *b, size_t item)
{
    const size_t strip = b->strips_first ? item % b->strips : item / b->groups;
    const size_t group = b->strips_first ? item / b->strips : item % b->groups;
    const size_t first = strip * b->strip_rows;
    return (matmul_item){
        .first_row = first,
        .rows = smaller(b->rows - first, b->strip_rows),
        .first_panel = group * b->group_panels,
        .end_panel = smaller((group + 1) * b->group_panels, b->panels),
    };
}
