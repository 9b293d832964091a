/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <string.h>

#include "base/file_map.h"
#include "base/memory.h"
#include "formats/png.h"
#include "formats/png_codec.h"

/* Notes beyond this are left out, and chunks beyond this refused: a file may not fill the memory. */
enum { NOTES_MAX = 1000, CHUNK_BYTES_MAX = 8 << 20 };

/* A file's first bytes; a chunk's length and name before its data, its checksum behind. */
enum { SIGNATURE_BYTES = 8, LENGTH_BYTES = 4, CHUNK_HEAD_BYTES = 8, CHECKSUM_BYTES = 4 };

/* One decoding. libpng's jump leaves local variables undefined, but not this. */
typedef struct decoder {
    png_codec codec;
    png_structp png;
    png_infop info;
    file_map map;
    size_t at; /* next byte of the map */
    uint8_t *pixels;
    size_t width;
    size_t height;
} decoder;

static void take(png_structp png, png_bytep bytes, size_t size)
{
    decoder *with = png_get_io_ptr(png);
    if (size > with->map.size - with->at) png_error(png, "the file is cut short");
    memcpy(bytes, with->map.bytes + with->at, size);
    with->at += size;
}

/* What is wrong with the lengths that chunks announce; NULL: nothing. libpng warns of one that is too long, and
 * makes room for all of it before it reads. */
static const char *find_long_chunk(const file_map *map)
{
    for (size_t at = SIGNATURE_BYTES; map->size - at >= CHUNK_HEAD_BYTES;) {
        const size_t length = png_get_uint_32(map->bytes + at);
        const uint8_t *name = map->bytes + at + LENGTH_BYTES;
        if (memcmp(name, "IEND", 4) == 0) break;
        at += CHUNK_HEAD_BYTES;
        if (length + CHECKSUM_BYTES > map->size - at) return "a chunk is cut short";
        if (length > CHUNK_BYTES_MAX && memcmp(name, "IDAT", 4) != 0) return "a chunk is too long";
        at += length + CHECKSUM_BYTES;
    }
    return NULL;
}

/* Everything becomes 8-bit RGB. */
static void set_transforms(png_structp png)
{
    png_set_expand(png);
    png_set_scale_16(png);
    png_set_gray_to_rgb(png);
    png_set_strip_alpha(png);
}

/* False when libpng gave up. */
static bool read_chunks(decoder *with)
{
    if (setjmp(png_jmpbuf(with->png)) != 0) return false;

    png_set_read_fn(with->png, with, take);
    png_set_user_limits(with->png, PNG_PICTURE_SIDE_MAX, PNG_PICTURE_SIDE_MAX);
    png_set_chunk_cache_max(with->png, NOTES_MAX);
    png_set_chunk_malloc_max(with->png, CHUNK_BYTES_MAX);
    png_read_info(with->png, with->info);
    set_transforms(with->png);
    const int passes = png_set_interlace_handling(with->png);
    png_read_update_info(with->png, with->info);

    with->width = png_get_image_width(with->png, with->info);
    with->height = png_get_image_height(with->png, with->info);
    if (png_get_rowbytes(with->png, with->info) != with->width * 3) {
        png_error(with->png, "an unknown kind of picture");
    }
    with->pixels = png_codec_allocate(with->png, with->width * with->height * 3);
    if (with->pixels == NULL) png_error(with->png, "out of memory");
    for (int pass = 0; pass < passes; pass++) {
        for (size_t y = 0; y < with->height; y++) {
            png_read_row(with->png, with->pixels + y * with->width * 3, NULL);
        }
    }
    png_read_end(with->png, with->info); /* notes may stand behind the pixels */
    return true;
}

/* A zero-terminated UTF-8 copy, NULL when memory is out. */
static char *utf8_copy(const char *string, bool is_utf8)
{
    if (is_utf8) return mem_string(string);
    text utf8 = {0};
    latin1_to_utf8(string, &utf8);
    char *copy = text_failed(&utf8) ? NULL : mem_string(text_get(&utf8));
    text_release(&utf8);
    return copy;
}

static sd14_status copy_notes(const decoder *with, png_file *out, sd14_error *error)
{
    png_textp chunks = NULL;
    const int count = png_get_text(with->png, with->info, &chunks, NULL);
    if (count <= 0) return SD14_OK;

    out->notes = mem_array((size_t)count, sizeof(*out->notes));
    out->strings = mem_array((size_t)count, 2 * sizeof(*out->strings));
    if (out->notes == NULL || out->strings == NULL) FAIL_NO_MEMORY(error, "a picture's notes");
    out->picture.notes = out->notes;
    for (size_t i = 0; i < (size_t)count; i++) {
        const bool is_utf8 = chunks[i].compression >= PNG_ITXT_COMPRESSION_NONE;
        char **key = &out->strings[2 * i];
        char **value = &out->strings[2 * i + 1];
        out->picture.note_count = i + 1;
        *key = utf8_copy(chunks[i].key, false);
        *value = utf8_copy(chunks[i].text == NULL ? "" : chunks[i].text, is_utf8);
        if (*key == NULL || *value == NULL) FAIL_NO_MEMORY(error, "a picture's notes");
        out->notes[i] = (png_note){*key, *value};
    }
    return SD14_OK;
}

static sd14_status decode(decoder *with, const char *path, png_file *out, sd14_error *error)
{
    if (with->map.size < SIGNATURE_BYTES || png_sig_cmp(with->map.bytes, 0, SIGNATURE_BYTES) != 0) {
        FAIL(error, FILE, "%s: not a PNG picture", path);
    }
    const char *wrong = find_long_chunk(&with->map);
    if (wrong != NULL) FAIL(error, FILE, "%s: cannot read the picture: %s", path, wrong);
    with->png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &with->codec, png_codec_error,
                                         png_codec_warning, &with->codec, png_codec_allocate,
                                         png_codec_free);
    if (with->png != NULL) with->info = png_create_info_struct(with->png);
    if (with->info == NULL) FAIL_NO_MEMORY(error, path);

    const bool read = read_chunks(with);
    if (with->codec.out_of_memory) FAIL_NO_MEMORY(error, path);
    if (!read) FAIL(error, FILE, "%s: cannot read the picture: %s", path, with->codec.reason);

    out->pixels = with->pixels;
    with->pixels = NULL;
    out->picture = (png_picture){
        .width = (int)with->width, .height = (int)with->height, .pixels = out->pixels};
    return copy_notes(with, out, error);
}

sd14_status png_file_read(const char *path, png_file *out_file, sd14_error *error)
{
    *out_file = (png_file){0};
    decoder with = {0};
    TRY(file_map_open(path, &with.map, error));
    const sd14_status status = decode(&with, path, out_file, error);
    png_destroy_read_struct(&with.png, &with.info, NULL);
    mem_free(with.pixels);
    file_map_close(&with.map);
    if (status != SD14_OK) png_file_release(out_file);
    return status;
}

void png_file_release(png_file *file)
{
    for (size_t i = 0; i < 2 * file->picture.note_count; i++) mem_free(file->strings[i]);
    mem_free(file->strings);
    mem_free(file->notes);
    mem_free(file->pixels);
    *file = (png_file){0};
}
