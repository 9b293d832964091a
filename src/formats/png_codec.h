/* SPDX-License-Identifier: Apache-2.0 */

/** What png_write.c and png_read.c share: libpng's callbacks, and Latin-1. */
#ifndef SD14_FORMATS_PNG_CODEC_H
#define SD14_FORMATS_PNG_CODEC_H

#include <png.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/** What the callbacks leave behind. libpng jumps out of its calls: nothing here is a local variable
 * of a function that it jumps back into. */
typedef struct png_codec {
    char reason[128];   /**< libpng's own words */
    bool out_of_memory; /**< an allocation failed, noticed by libpng or not */
} png_codec;

/** For png_create_*_struct_2(): the error's words into the png_codec, then the jump. */
void png_codec_error(png_structp png, png_const_charp words);

/** Drops warnings: libpng would print them. */
void png_codec_warning(png_structp png, png_const_charp words);

/** libpng's memory is mem_array()'s. */
png_voidp png_codec_allocate(png_structp png, png_alloc_size_t bytes);
void png_codec_free(png_structp png, png_voidp block);

/**
 * Converts UTF-8 to what a tEXt chunk may hold: Latin-1, printable, or a newline.
 * @return false when the string is not such; `to` then holds something useless.
 */
bool latin1_from_utf8(const char *utf8, text *to);

/** Any bytes are Latin-1. */
void latin1_to_utf8(const char *latin1, text *to);

#endif /* SD14_FORMATS_PNG_CODEC_H */
