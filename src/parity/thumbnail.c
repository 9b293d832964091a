/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/thumbnail.h"

#include <stdbool.h>

#include "base/memory.h"

enum { CHANNELS = 3 };

/* False: no memory. */
static bool make_room(const png_picture *from, int side_max, thumbnail *out)
{
    int width = from->width, height = from->height;
    const int longest = width > height ? width : height;
    if (longest > side_max) {
        width = (int)((int64_t)width * side_max / longest);
        height = (int)((int64_t)height * side_max / longest);
        if (width < 1) width = 1;
        if (height < 1) height = 1;
    }
    *out = (thumbnail){.pixels = mem_array((size_t)width * (size_t)height, CHANNELS)};
    out->picture = (png_picture){.width = width, .height = height, .pixels = out->pixels};
    return out->pixels != NULL;
}

/* The pixels [first, last) of `whole` that pixel `at` of `parts` stands for; at least one. */
static void part_of(int at, int parts, int whole, size_t *first, size_t *last)
{
    *first = (size_t)((int64_t)at * whole / parts);
    *last = (size_t)(((int64_t)at + 1) * whole / parts);
    if (*last <= *first) *last = *first + 1;
}

/* The part of a picture that one pixel stands for. */
typedef struct box {
    size_t left, right, top, bottom; /* right and bottom are past it */
    size_t width;                    /* of the picture */
} box;

static uint8_t mean_of(const uint8_t *pixels, const box *over, size_t channel)
{
    uint64_t sum = 0;
    for (size_t y = over->top; y < over->bottom; y++) {
        for (size_t x = over->left; x < over->right; x++) {
            sum += pixels[(y * over->width + x) * CHANNELS + channel];
        }
    }
    const uint64_t count = (over->right - over->left) * (over->bottom - over->top);
    return (uint8_t)((sum + count / 2) / count);
}

static uint8_t
difference_of(const uint8_t *a, const uint8_t *b, int gain, const box *over, size_t channel)
{
    int most = 0;
    for (size_t y = over->top; y < over->bottom; y++) {
        for (size_t x = over->left; x < over->right; x++) {
            const size_t at = (y * over->width + x) * CHANNELS + channel;
            const int apart = a[at] > b[at] ? a[at] - b[at] : b[at] - a[at];
            if (apart > most) most = apart;
        }
    }
    return most * gain > 255 ? 255 : (uint8_t)(most * gain);
}

/* `b` NULL: means of a; else differences. */
static void fill(const png_picture *a, const png_picture *b, int gain, thumbnail *to)
{
    uint8_t *pixel = to->pixels;
    for (int y = 0; y < to->picture.height; y++) {
        box over = {.width = (size_t)a->width};
        part_of(y, to->picture.height, a->height, &over.top, &over.bottom);
        for (int x = 0; x < to->picture.width; x++) {
            part_of(x, to->picture.width, a->width, &over.left, &over.right);
            for (size_t channel = 0; channel < CHANNELS; channel++) {
                *pixel++ = b == NULL ? mean_of(a->pixels, &over, channel)
                                     : difference_of(a->pixels, b->pixels, gain, &over, channel);
            }
        }
    }
}

sd14_status thumbnail_mean(const png_picture *from, int side_max, thumbnail *out, sd14_error *error)
{
    if (!make_room(from, side_max, out)) FAIL_NO_MEMORY(error, "a picture of the report");
    fill(from, NULL, 1, out);
    return SD14_OK;
}

sd14_status thumbnail_difference(const png_picture *a,
                                 const png_picture *b,
                                 int gain,
                                 int side_max,
                                 thumbnail *out,
                                 sd14_error *error)
{
    if (!make_room(a, side_max, out)) FAIL_NO_MEMORY(error, "a picture of the report");
    fill(a, b, gain, out);
    return SD14_OK;
}

void thumbnail_release(thumbnail *of)
{
    mem_free(of->pixels);
    *of = (thumbnail){0};
}
