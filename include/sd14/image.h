/* SPDX-License-Identifier: Apache-2.0 */

/** Pictures: 8-bit RGB, and their PNG files. */
#ifndef SD14_IMAGE_H
#define SD14_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include <sd14/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** [height, width, 3], uint8, sRGB, rows top to bottom, no padding. */
typedef struct sd14_image {
    int32_t width;
    int32_t height;
    uint8_t *pixels;
} sd14_image;

/** NULL is fine. */
SD14_API void sd14_image_destroy(sd14_image *image);

/** A text chunk of a PNG. */
typedef struct sd14_png_text {
    const char *key;   /**< 1 to 79 Latin-1 characters, e.g. "parameters" */
    const char *value; /**< UTF-8 */
} sd14_png_text;

/**
 * Writes a PNG with text chunks: whole, under a temporary name, then renamed; "-" is standard output. The
 * same picture and texts give the same bytes.
 *
 * @param texts  n_texts entries; NULL when n_texts is 0. Borrowed.
 * @return SD14_OK; SD14_ERROR_INVALID_ARGUMENT; SD14_ERROR_FILE (nothing is left behind);
 *         SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD SD14_API sd14_status sd14_image_write_png(const sd14_image *image,
                                                         const char *path,
                                                         const sd14_png_text *texts,
                                                         size_t n_texts,
                                                         sd14_error *error);

#ifdef __cplusplus
}
#endif

#endif /* SD14_IMAGE_H */
