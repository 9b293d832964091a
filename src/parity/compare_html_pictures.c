/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "parity/compare_html.h"
#include "parity/html.h"
#include "parity/thumbnail.h"

/* Longest sides in pixels: a page of 50 items of 512x512 stays below 20 MB. */
enum { SHEET_SIDE = 128, TRIO_SIDE = 256, NAME_BYTES = 128, ALT_BYTES = 128 };

/* An item's pictures; one that is not there has no pixels. */
typedef struct pair {
    png_file files[SIDES];
} pair;

static sd14_status read_one(
    const comparison *of, const compared_item *item, int side, png_file *out, sd14_error *error)
{
    sd14_error ignored; /* the findings name what cannot be read */
    if (!of->of_runs) return png_file_read(of->request.path[side], out, &ignored);
    if (item->run[side] == NULL) return SD14_OK;
    char name[NAME_BYTES];
    (void)snprintf(name, sizeof(name), "%s/picture.png", item->id);
    char *path = run_folder_path(&of->runs[side], name);
    if (path == NULL) FAIL_NO_MEMORY(error, "a file's name");
    const sd14_status status = png_file_read(path, out, &ignored);
    mem_free(path);
    return status;
}

static void release_pair(pair *of)
{
    for (int side = 0; side < SIDES; side++) png_file_release(&of->files[side]);
}

static sd14_status
read_pair(const comparison *of, const compared_item *item, pair *out, sd14_error *error)
{
    *out = (pair){0};
    for (int side = 0; side < SIDES; side++) {
        const sd14_status status = read_one(of, item, side, &out->files[side], error);
        if (status != SD14_ERROR_OUT_OF_MEMORY) continue;
        release_pair(out);
        FAIL_NO_MEMORY(error, "the report's pictures");
    }
    return SD14_OK;
}

static bool can_differ(const pair *of)
{
    const png_picture *a = &of->files[SIDE_A].picture, *b = &of->files[SIDE_B].picture;
    return a->pixels != NULL && b->pixels != NULL && a->width == b->width && a->height == b->height;
}

/* The largest difference becomes white. */
static int choose_gain(const pair *of, int *out_level)
{
    const png_picture *a = &of->files[SIDE_A].picture, *b = &of->files[SIDE_B].picture;
    const size_t count = (size_t)a->width * (size_t)a->height * 3;
    *out_level = picture_max_level(a->pixels, b->pixels, count);
    return *out_level == 0 ? 1 : 255 / *out_level;
}

/* A, B, and as the third their difference. */
enum { DIFFERENCE = SIDES, COLUMNS };

/* A <figure>, its caption what it is called there. */
static sd14_status add_figure(const compared_item *item,
                              const pair *from,
                              int column,
                              int side_max,
                              text *to,
                              sd14_error *error)
{
    const bool sheet = side_max == SHEET_SIDE, difference = column == DIFFERENCE;
    thumbnail small = {0};
    int level = 0, gain = 1;
    char alt[ALT_BYTES];
    (void)snprintf(alt, sizeof(alt), "%s: %s", difference ? "difference" : side_name(column),
                   item->id);
    if (difference && can_differ(from)) {
        gain = choose_gain(from, &level);
        TRY(thumbnail_difference(&from->files[SIDE_A].picture, &from->files[SIDE_B].picture, gain,
                                 side_max, &small, error));
    } else if (!difference && from->files[column].pixels != NULL) {
        TRY(thumbnail_mean(&from->files[column].picture, side_max, &small, error));
    }
    text_add(to, "<figure>");
    sd14_status status = SD14_OK;
    if (small.pixels != NULL) {
        status = html_add_picture(to, &small.picture, alt, error);
    } else {
        text_add(to, "<p>none</p>");
    }
    text_add(to, "<figcaption>");
    if (sheet) html_escape(to, item->id);
    if (!sheet && !difference) text_add(to, "%s", side_name(column));
    if (difference) text_add(to, "%s &times;%d", sheet ? "" : "difference", gain);
    if (difference && !sheet) text_add(to, ", max level %d", level);
    text_add(to, "</figcaption></figure>\n");
    thumbnail_release(&small);
    return status;
}

sd14_status
compare_html_trio(const comparison *of, const compared_item *item, text *to, sd14_error *error)
{
    pair pictures;
    TRY(read_pair(of, item, &pictures, error));
    sd14_status status = SD14_OK;
    if (pictures.files[SIDE_A].pixels != NULL || pictures.files[SIDE_B].pixels != NULL) {
        text_add(to, "<div class=\"trio\">\n");
        for (int column = 0; column < COLUMNS && status == SD14_OK; column++) {
            status = add_figure(item, &pictures, column, TRIO_SIDE, to, error);
        }
        text_add(to, "</div>\n");
    }
    release_pair(&pictures);
    return status;
}

/* An item's tile on each of the sheets. */
static sd14_status
add_tiles(const comparison *of, const compared_item *item, text sheets[COLUMNS], sd14_error *error)
{
    pair pictures;
    TRY(read_pair(of, item, &pictures, error));
    sd14_status status = SD14_OK;
    for (int column = 0; column < COLUMNS && status == SD14_OK; column++) {
        status = add_figure(item, &pictures, column, SHEET_SIDE, &sheets[column], error);
    }
    release_pair(&pictures);
    return status;
}

sd14_status compare_html_sheets(const comparison *of, text *to, sd14_error *error)
{
    static const char *const titles[COLUMNS] = {"A", "B, the reference", "Differences"};
    text sheets[COLUMNS] = {{0}};
    sd14_status status = SD14_OK;
    for (size_t i = 0; i < of->item_count && status == SD14_OK; i++) {
        status = add_tiles(of, &of->items[of->order[i]], sheets, error);
    }
    text_add(to, "<h2>Contact sheets, the worst first</h2>\n<div class=\"sheets\">\n");
    for (int column = 0; column < COLUMNS; column++) {
        text_add(to, "<div><h3>%s</h3>\n<div class=\"sheet\">\n", titles[column]);
        text_add_bytes(to, text_get(&sheets[column]), sheets[column].length);
        text_add(to, "</div></div>\n");
        to->failed |= text_failed(&sheets[column]);
        text_release(&sheets[column]);
    }
    text_add(to, "</div>\n");
    return status;
}
