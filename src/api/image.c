/* SPDX-License-Identifier: Apache-2.0 */
#include <sd14/image.h>
#include <sd14/sd14.h>

#include "base/memory.h"
#include "formats/png.h"

const char *sd14_version(void)
{
    return SD14_VERSION;
}

void sd14_image_destroy(sd14_image *image)
{
    if (image == NULL) return;
    mem_free(image->pixels);
    mem_free(image);
}

sd14_status sd14_image_write_png(const sd14_image *image,
                                 const char *path,
                                 const sd14_png_text *texts,
                                 size_t n_texts,
                                 sd14_error *error)
{
    if (image == NULL || image->pixels == NULL || path == NULL || (texts == NULL && n_texts > 0)) {
        FAIL(error, INVALID_ARGUMENT, "no picture, path or texts given");
    }
    png_note *notes = mem_array(n_texts, sizeof(*notes));
    if (notes == NULL) FAIL_NO_MEMORY(error, "a picture's texts");
    for (size_t i = 0; i < n_texts; i++) {
        if (texts[i].key == NULL || texts[i].value == NULL) {
            mem_free(notes);
            FAIL(error, INVALID_ARGUMENT, "text %zu of a picture has no key or no value", i);
        }
        notes[i] = (png_note){.key = texts[i].key, .value = texts[i].value};
    }
    const png_picture picture = {.width = image->width,
                                 .height = image->height,
                                 .pixels = image->pixels,
                                 .notes = notes,
                                 .note_count = n_texts};
    const sd14_status status = png_picture_write(path, &picture, error);
    mem_free(notes);
    return status;
}
