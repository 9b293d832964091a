/* SPDX-License-Identifier: Apache-2.0 */

/* A picture that was read has all of its pixels, and written again it reads back equal. */
#include <png.h>
#include <zlib.h>

#include "formats/png.h"
#include "fuzz.h"

enum { SIGNATURE_BYTES = 8, CHUNK_EXTRA_BYTES = 12, PIXELS_MAX = 1 << 16 };

static uint32_t read_big_endian(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Makes every chunk's checksum right: with a wrong one libpng looks no further, and chance makes no other. */
static void repair_checksums(uint8_t *png, size_t size)
{
    size_t at = SIGNATURE_BYTES;
    while (at + CHUNK_EXTRA_BYTES <= size) {
        const size_t length = read_big_endian(png + at);
        if (length > size - at - CHUNK_EXTRA_BYTES) return;
        const uint32_t sum = (uint32_t)crc32(0, png + at + 4, (uInt)length + 4);
        uint8_t *to = png + at + 8 + length;
        for (int i = 0; i < 4; i++) to[i] = (uint8_t)(sum >> (24 - 8 * i));
        at += CHUNK_EXTRA_BYTES + length;
    }
}

static void check_same(const png_picture *a, const png_picture *b)
{
    const size_t bytes = (size_t)a->width * (size_t)a->height * 3;
    FUZZ_CHECK(a->width == b->width && a->height == b->height);
    FUZZ_CHECK(memcmp(a->pixels, b->pixels, bytes) == 0);
    FUZZ_CHECK(a->note_count == b->note_count);
    for (size_t i = 0; i < a->note_count; i++) {
        FUZZ_CHECK(strcmp(a->notes[i].key, b->notes[i].key) == 0);
        FUZZ_CHECK(strcmp(a->notes[i].value, b->notes[i].value) == 0);
    }
}

/* Room for hundreds of millions of pixels costs a sanitizer seconds: of sides that are allowed, small ones. */
static bool is_slow(const uint8_t *png, size_t size)
{
    if (size < SIGNATURE_BYTES + CHUNK_EXTRA_BYTES + 13) return false;
    const uint32_t width = read_big_endian(png + 16), height = read_big_endian(png + 20);
    return width <= PNG_PICTURE_SIDE_MAX && height <= PNG_PICTURE_SIDE_MAX &&
           (uint64_t)width * height > PIXELS_MAX;
}

/* Files may hold notes that a writer must refuse: then without. */
static void check_round_trip(const png_file *file)
{
    png_picture picture = file->picture;
    png_file again;
    sd14_error error;
    text bytes = {0};
    FUZZ_CHECK(picture.width >= 1 && picture.width <= PNG_PICTURE_SIDE_MAX);
    FUZZ_CHECK(picture.height >= 1 && picture.height <= PNG_PICTURE_SIDE_MAX);
    if ((size_t)picture.width * (size_t)picture.height > PIXELS_MAX)
        return; /* for the time it takes */

    const sd14_status status = png_picture_encode(&picture, &bytes, &error);
    if (status != SD14_OK) {
        fuzz_refused(status, SD14_ERROR_INVALID_ARGUMENT, &error);
        FUZZ_CHECK(picture.note_count > 0);
        picture.note_count = 0;
        text_release(&bytes);
        FUZZ_CHECK(png_picture_encode(&picture, &bytes, &error) == SD14_OK);
    }
    const char *path = fuzz_file((const uint8_t *)bytes.bytes, bytes.length);
    FUZZ_CHECK(png_file_read(path, &again, &error) == SD14_OK);
    check_same(&picture, &again.picture);
    png_file_release(&again);
    text_release(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    png_file file;
    sd14_error error;
    if (is_slow(data, size)) return 0;
    uint8_t *repaired = malloc(size + 1);
    test_files_need(repaired != NULL, "an input");
    memcpy(repaired, data, size);
    repair_checksums(repaired, size);
    const sd14_status status = png_file_read(fuzz_file(repaired, size), &file, &error);
    free(repaired);
    if (status != SD14_OK) {
        fuzz_refused(status, SD14_ERROR_FILE, &error);
        return 0;
    }
    check_round_trip(&file);
    png_file_release(&file);
    return 0;
}
