/* SPDX-License-Identifier: Apache-2.0 */

/** Pictures made smaller for a page, and what two of them differ in made visible. */
#ifndef SD14_PARITY_THUMBNAIL_H
#define SD14_PARITY_THUMBNAIL_H

#include "base/status.h"
#include "formats/png.h"

/** A picture of our own memory. */
typedef struct thumbnail {
    png_picture picture;
    uint8_t *pixels;
} thumbnail;

/** Each pixel the mean of those it stands for. No side is longer than `side_max`; never larger than the
 * picture. @return SD14_ERROR_OUT_OF_MEMORY */
SD14_NODISCARD sd14_status thumbnail_mean(const png_picture *from,
                                          int side_max,
                                          thumbnail *out,
                                          sd14_error *error);

/** |a - b| times `gain`, cut at 255. Each pixel the largest of those it stands for: one that differs is not
 * lost. The pictures have one size. @return SD14_ERROR_OUT_OF_MEMORY */
SD14_NODISCARD sd14_status thumbnail_difference(const png_picture *a,
                                                const png_picture *b,
                                                int gain,
                                                int side_max,
                                                thumbnail *out,
                                                sd14_error *error);

/** An all-zero or released one is fine. */
void thumbnail_release(thumbnail *of);

#endif /* SD14_PARITY_THUMBNAIL_H */
