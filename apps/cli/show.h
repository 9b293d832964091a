/* SPDX-License-Identifier: Apache-2.0 */

/** Pictures in the terminal. */
#ifndef SD14_CLI_SHOW_H
#define SD14_CLI_SHOW_H

#include <sd14/image.h>

#include "console.h"

/**
 * Shows a picture on standard error, if that is a terminal which can: kitty's graphics protocol, iTerm2's
 * inline pictures, else half blocks in 24-bit colour. Otherwise says that it cannot.
 *
 * @param png_path  The picture's file, or NULL: iTerm2 wants a file, not pixels.
 */
void show_image(console *con, const sd14_image *image, const char *png_path);

#endif /* SD14_CLI_SHOW_H */
