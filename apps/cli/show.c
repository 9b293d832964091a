/* SPDX-License-Identifier: Apache-2.0 */
#include "show.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    KITTY_CHUNK = 3072, /* bytes: 4096 characters of base64, the most its protocol takes at once */
    COLUMNS_MAX = 96,   /* half blocks: wider pictures do not look better */
    PNG_BYTES_MAX = 64 << 20
};

typedef enum show_way { SHOW_NONE, SHOW_KITTY, SHOW_ITERM2, SHOW_BLOCKS } show_way;

static bool environment_is(const char *name, const char *value)
{
    const char *set = getenv(name);
    if (set == NULL || set[0] == '\0') return false;
    return value == NULL || strcmp(set, value) == 0;
}

static show_way choose_way(bool has_file)
{
    if (isatty(STDERR_FILENO) == 0) return SHOW_NONE;
    /* A multiplexer passes its own environment on, but not the pictures. */
    const bool direct = !environment_is("TMUX", NULL) && !environment_is("STY", NULL);
    if (direct) {
        if (environment_is("KITTY_WINDOW_ID", NULL) || environment_is("TERM", "xterm-kitty") ||
            environment_is("TERM", "xterm-ghostty") || environment_is("TERM_PROGRAM", "ghostty")) {
            return SHOW_KITTY;
        }
        const bool iterm2 = environment_is("TERM_PROGRAM", "iTerm.app") ||
                            environment_is("LC_TERMINAL", "iTerm2") ||
                            environment_is("TERM_PROGRAM", "WezTerm");
        if (iterm2 && has_file) return SHOW_ITERM2;
    }
    if (environment_is("COLORTERM", "truecolor") || environment_is("COLORTERM", "24bit")) {
        return SHOW_BLOCKS;
    }
    return SHOW_NONE;
}

static void print_base64(FILE *to, const uint8_t *bytes, size_t n_bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n_bytes; i += 3) {
        const size_t have = n_bytes - i;
        const uint32_t three = (uint32_t)bytes[i] << 16 |
                               (have > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                               (have > 2 ? (uint32_t)bytes[i + 2] : 0);
        (void)fputc(digits[three >> 18], to);
        (void)fputc(digits[three >> 12 & 63], to);
        (void)fputc(have > 1 ? digits[three >> 6 & 63] : '=', to);
        (void)fputc(have > 2 ? digits[three & 63] : '=', to);
    }
}

/* https://sw.kovidgoyal.net/kitty/graphics-protocol/: a=T transmit and show, f=24 RGB, q=2 no answers
 * (nobody would read them), m=1 more follows. */
static void show_kitty(FILE *to, const sd14_image *image)
{
    const size_t n_bytes = (size_t)image->width * (size_t)image->height * 3;
    for (size_t at = 0; at < n_bytes; at += KITTY_CHUNK) {
        const size_t left = n_bytes - at;
        const int more = left > KITTY_CHUNK;
        if (at == 0) {
            (void)fprintf(to, "\033_Ga=T,f=24,q=2,s=%d,v=%d,m=%d;", image->width, image->height,
                          more);
        } else {
            (void)fprintf(to, "\033_Gq=2,m=%d;", more);
        }
        print_base64(to, image->pixels + at, more ? KITTY_CHUNK : left);
        (void)fputs("\033\\", to);
    }
    (void)fputc('\n', to);
}

/* https://iterm2.com/documentation-images.html */
static bool show_iterm2(FILE *to, const char *png_path)
{
    struct stat about;
    FILE *file = fopen(png_path, "rb");
    uint8_t *bytes = NULL;
    bool shown = false;
    if (file == NULL || fstat(fileno(file), &about) != 0) goto done;
    if (about.st_size <= 0 || about.st_size > PNG_BYTES_MAX) goto done;
    const size_t n_bytes = (size_t)about.st_size;
    bytes = calloc(n_bytes, 1);
    if (bytes == NULL || fread(bytes, 1, n_bytes, file) != n_bytes) goto done;

    (void)fprintf(to, "\033]1337;File=inline=1;size=%zu:", n_bytes);
    print_base64(to, bytes, n_bytes);
    (void)fputs("\a\n", to);
    shown = true;
done:
    free(bytes);
    if (file != NULL) (void)fclose(file);
    return shown;
}

/* Mean colour of the part of the picture that cell (x, y) of columns x rows covers. */
static void
mean_color(const sd14_image *image, int x, int y, int columns, int rows, unsigned rgb[3])
{
    const int64_t width = image->width, height = image->height;
    const int64_t left = x * width / columns, top = y * height / rows;
    int64_t right = (x + 1) * width / columns, bottom = (y + 1) * height / rows;
    if (right <= left) right = left + 1;
    if (bottom <= top) bottom = top + 1;
    uint64_t sums[3] = {0, 0, 0};
    for (int64_t row = top; row < bottom; row++) {
        for (int64_t column = left; column < right; column++) {
            const uint8_t *pixel = image->pixels + (row * width + column) * 3;
            for (int c = 0; c < 3; c++) sums[c] += pixel[c];
        }
    }
    const uint64_t count = (uint64_t)((right - left) * (bottom - top));
    for (int c = 0; c < 3; c++) rgb[c] = (unsigned)((sums[c] + count / 2) / count);
}

/* A character cell is about twice as high as wide: its upper half block is one pixel, its background the
 * one below. */
static void show_blocks(FILE *to, const sd14_image *image)
{
    int columns, lines;
    console_size(&columns, &lines);
    if (columns > COLUMNS_MAX) columns = COLUMNS_MAX;
    int rows = (int)((int64_t)columns * image->height / image->width) & ~1;
    const int rows_max = lines > 4 ? 2 * (lines - 2) : 4; /* leave room for the messages */
    if (rows > rows_max) {
        rows = rows_max;
        columns = (int)((int64_t)rows * image->width / image->height);
    }
    if (rows < 2) rows = 2;
    if (columns < 1) columns = 1;
    for (int y = 0; y < rows; y += 2) {
        for (int x = 0; x < columns; x++) {
            unsigned upper[3], lower[3];
            mean_color(image, x, y, columns, rows, upper);
            mean_color(image, x, y + 1, columns, rows, lower);
            (void)fprintf(to, "\033[38;2;%u;%u;%um\033[48;2;%u;%u;%um\xe2\x96\x80", upper[0],
                          upper[1], upper[2], lower[0], lower[1], lower[2]);
        }
        (void)fputs("\033[0m\n", to);
    }
}

void show_image(console *con, const sd14_image *image, const char *png_path)
{
    console_clear(con);
    bool shown = true;
    switch (choose_way(png_path != NULL)) {
    case SHOW_KITTY:
        show_kitty(stderr, image);
        break;
    case SHOW_ITERM2:
        shown = show_iterm2(stderr, png_path);
        break;
    case SHOW_BLOCKS:
        show_blocks(stderr, image);
        break;
    case SHOW_NONE:
        shown = false;
        break;
    }
    (void)fflush(stderr);
    if (!shown) {
        console_warning(con,
                        "--show: this terminal cannot show pictures (kitty, Ghostty, WezTerm and "
                        "iTerm2 can, and those that set COLORTERM=truecolor)");
    }
}
