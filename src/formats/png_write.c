/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <string.h>
#include <utf8proc.h>

#include "base/file_write.h"
#include "base/memory.h"
#include "formats/png.h"
#include "formats/png_codec.h"

/* zlib's own default level; Paeth is what most rows of photographs choose anyway, and one filter for
 * all rows saves the search. */
enum { COMPRESSION_LEVEL = 6, KEY_MAX = 79 };

/* One encoding. libpng's jump leaves local variables undefined, but not this. */
typedef struct encoder {
    png_codec codec;
    png_structp png;
    png_infop info;
    png_text *chunks; /* one per note */
    text *latin1;     /* the values of those in tEXt */
    text *to;
} encoder;

static sd14_status check_key(const char *key, sd14_error *error)
{
    const size_t length = strlen(key);
    bool good = length >= 1 && length <= KEY_MAX && key[0] != ' ' && key[length - 1] != ' ';
    for (size_t i = 0; i < length; i++) {
        good = good && key[i] >= 0x20 && key[i] < 0x7F && !(key[i] == ' ' && key[i + 1] == ' ');
    }
    if (!good) {
        FAIL(error, INVALID_ARGUMENT,
             "\"%.80s\": not a PNG keyword; use 1 to %d ASCII letters, single spaces between", key,
             KEY_MAX);
    }
    return SD14_OK;
}

static bool is_utf8(const char *string)
{
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)string;
    utf8proc_ssize_t left = (utf8proc_ssize_t)strlen(string);
    while (left > 0) {
        utf8proc_int32_t code = 0;
        const utf8proc_ssize_t used = utf8proc_iterate(at, left, &code);
        if (used <= 0) return false;
        at += used;
        left -= used;
    }
    return true;
}

static sd14_status check_picture(const png_picture *picture, sd14_error *error)
{
    if (picture->width < 1 || picture->height < 1 || picture->width > PNG_PICTURE_SIDE_MAX ||
        picture->height > PNG_PICTURE_SIDE_MAX) {
        FAIL(error, INVALID_ARGUMENT, "a picture of %d x %d; each side must be 1 to %d",
             picture->width, picture->height, PNG_PICTURE_SIDE_MAX);
    }
    for (size_t i = 0; i < picture->note_count; i++) {
        TRY(check_key(picture->notes[i].key, error));
        if (!is_utf8(picture->notes[i].value)) {
            FAIL(error, INVALID_ARGUMENT, "the text of \"%s\" is not UTF-8", picture->notes[i].key);
        }
    }
    return SD14_OK;
}

static sd14_status prepare_notes(encoder *with, const png_picture *picture, sd14_error *error)
{
    if (picture->note_count == 0) return SD14_OK;
    with->chunks = mem_array(picture->note_count, sizeof(*with->chunks));
    with->latin1 = mem_array(picture->note_count, sizeof(*with->latin1));
    if (with->chunks == NULL || with->latin1 == NULL) FAIL_NO_MEMORY(error, "the picture's notes");

    for (size_t i = 0; i < picture->note_count; i++) {
        const png_note *note = &picture->notes[i];
        text *latin1 = &with->latin1[i];
        const bool fits = latin1_from_utf8(note->value, latin1);
        if (text_failed(latin1)) FAIL_NO_MEMORY(error, "the picture's notes");
        /* libpng only reads the strings, whatever its types say. */
        with->chunks[i] = (png_text){
            .compression = fits ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE,
            .key = (png_charp)(uintptr_t)note->key,
            .text = (png_charp)(uintptr_t)(fits ? text_get(latin1) : note->value),
        };
    }
    return SD14_OK;
}

static void append(png_structp png, png_bytep bytes, size_t size)
{
    encoder *with = png_get_io_ptr(png);
    text_add_bytes(with->to, (const char *)bytes, size);
    if (!text_failed(with->to)) return;
    with->codec.out_of_memory = true;
    png_error(png, "out of memory");
}

static void flush(png_structp png)
{
    (void)png;
}

/* False when libpng gave up. */
static bool write_chunks(encoder *with, const png_picture *picture)
{
    if (setjmp(png_jmpbuf(with->png)) != 0) return false;

    png_set_write_fn(with->png, with, append, flush);
    png_set_compression_level(with->png, COMPRESSION_LEVEL);
    png_set_filter(with->png, PNG_FILTER_TYPE_BASE, PNG_FILTER_PAETH);
    png_set_IHDR(with->png, with->info, (png_uint_32)picture->width, (png_uint_32)picture->height,
                 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    if (picture->note_count > 0) {
        png_set_text(with->png, with->info, with->chunks, (int)picture->note_count);
    }
    png_write_info(with->png, with->info);
    for (int y = 0; y < picture->height; y++) {
        png_write_row(with->png, picture->pixels + (size_t)y * (size_t)picture->width * 3);
    }
    png_write_end(with->png, with->info);
    return true;
}

static sd14_status encode(encoder *with, const png_picture *picture, sd14_error *error)
{
    TRY(prepare_notes(with, picture, error));
    with->png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, &with->codec, png_codec_error,
                                          png_codec_warning, &with->codec, png_codec_allocate,
                                          png_codec_free);
    if (with->png != NULL) with->info = png_create_info_struct(with->png);
    if (with->info == NULL) FAIL_NO_MEMORY(error, "encoding a PNG");

    /* Memory that runs out makes libpng give up, or leave out a note with a warning: neither will
     * do. */
    const bool written = write_chunks(with, picture);
    if (with->codec.out_of_memory) FAIL_NO_MEMORY(error, "encoding a PNG");
    if (!written)
        FAIL(error, FAILED, "libpng could not encode the picture: %s", with->codec.reason);
    return SD14_OK;
}

sd14_status png_picture_encode(const png_picture *picture, text *to, sd14_error *error)
{
    TRY(check_picture(picture, error));
    encoder with = {.to = to};
    const sd14_status status = encode(&with, picture, error);
    png_destroy_write_struct(&with.png, &with.info);
    for (size_t i = 0; with.latin1 != NULL && i < picture->note_count; i++) {
        text_release(&with.latin1[i]);
    }
    mem_free(with.latin1);
    mem_free(with.chunks);
    return status;
}

sd14_status png_picture_write(const char *path, const png_picture *picture, sd14_error *error)
{
    text bytes = {0};
    sd14_status status = png_picture_encode(picture, &bytes, error);
    if (status == SD14_OK) status = file_write_all(path, bytes.bytes, bytes.length, error);
    text_release(&bytes);
    return status;
}
