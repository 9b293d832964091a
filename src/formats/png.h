/* SPDX-License-Identifier: Apache-2.0 */

/** PNG pictures with notes (prompt, seed, ...), over libpng. */
#ifndef SD14_FORMATS_PNG_H
#define SD14_FORMATS_PNG_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

/** Longest side read or written. */
enum { PNG_PICTURE_SIDE_MAX = 16384 };

/** A text chunk. */
typedef struct png_note {
    const char *key;   /**< 1 to 79 printable ASCII characters, no space at either end or doubled */
    const char *value; /**< UTF-8 */
} png_note;

/** 8-bit red, green, blue: pixels[height][width][3], no padding. */
typedef struct png_picture {
    int width;
    int height;
    const uint8_t *pixels;
    const png_note *notes; /**< in the file's order */
    size_t note_count;
} png_picture;

/**
 * Appends the file's bytes: the same for the same picture (and the same zlib): no time, fixed
 * compression. A note goes into tEXt when Latin-1 can hold it, else into iTXt.
 * @return SD14_ERROR_INVALID_ARGUMENT (size, key, value not UTF-8); SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status png_picture_encode(const png_picture *picture,
                                              text *to,
                                              sd14_error *error);

/** Encodes and writes; "-" is standard output. @return also SD14_ERROR_FILE. */
SD14_NODISCARD sd14_status png_picture_write(const char *path,
                                             const png_picture *picture,
                                             sd14_error *error);

/** A picture of our own memory, as read from a file. */
typedef struct png_file {
    png_picture picture;
    uint8_t *pixels;
    png_note *notes;
    char **strings; /**< keys and values, two per note */
} png_file;

/**
 * Reads a PNG of any kind as 8-bit RGB: palettes and grays are expanded, 16 bits rounded to 8, alpha
 * dropped (colours as stored: not blended with anything).
 * @return SD14_ERROR_FILE (not a PNG, damaged, a side over PNG_PICTURE_SIDE_MAX);
 *         SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status png_file_read(const char *path, png_file *out_file, sd14_error *error);

/** An all-zero or released file is fine. */
void png_file_release(png_file *file);

#endif /* SD14_FORMATS_PNG_H */
