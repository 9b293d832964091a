/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/png_codec.h"

#include <stdio.h>

#include "base/memory.h"

void png_codec_error(png_structp png, png_const_charp words)
{
    png_codec *codec = png_get_error_ptr(png);
    (void)snprintf(codec->reason, sizeof(codec->reason), "%s", words);
    png_longjmp(png, 1);
}

void png_codec_warning(png_structp png, png_const_charp words)
{
    (void)png;
    (void)words;
}

png_voidp png_codec_allocate(png_structp png, png_alloc_size_t bytes)
{
    void *block = mem_array(bytes, 1);
    if (block == NULL) ((png_codec *)png_get_mem_ptr(png))->out_of_memory = true;
    return block;
}

void png_codec_free(png_structp png, png_voidp block)
{
    (void)png;
    mem_free(block);
}

bool latin1_from_utf8(const char *utf8, text *to)
{
    for (const unsigned char *c = (const unsigned char *)utf8; *c != '\0'; c++) {
        unsigned code = *c;
        if (code >= 0x80) {
            /* Latin-1 beyond ASCII is two bytes of UTF-8, the first C2 or C3. */
            if ((code != 0xC2 && code != 0xC3) || (c[1] & 0xC0) != 0x80) return false;
            code = (code & 3U) << 6 | (c[1] & 0x3FU);
            c++;
        }
        if ((code < 0x20 && code != '\n') || (code >= 0x7F && code < 0xA0)) return false;
        const char byte = (char)(unsigned char)code;
        text_add_bytes(to, &byte, 1);
    }
    return true;
}

void latin1_to_utf8(const char *latin1, text *to)
{
    for (const unsigned char *c = (const unsigned char *)latin1; *c != '\0'; c++) {
        const char two[2] = {(char)(unsigned char)(0xC0U | *c >> 6),
                             (char)(unsigned char)(0x80U | (*c & 0x3FU))};
        if (*c < 0x80) {
            text_add_bytes(to, (const char *)c, 1);
        } else {
            text_add_bytes(to, two, 2);
        }
    }
}
