/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/png.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "support/cmocka.h"
#include "support/files.h"

static char folder[PATH_MAX];
static char path[PATH_MAX];
static sd14_error error;

static int make_folder(void **state)
{
    (void)state;
    (void)path_in(path, temp_folder(folder), "picture.png");
    return 0;
}

static int drop_folder(void **state)
{
    (void)state;
    remove_folder(folder);
    return 0;
}

enum { WIDTH = 37, HEIGHT = 19 };
static uint8_t pixels[HEIGHT * WIDTH * 3];

static png_picture make_picture(void)
{
    uint32_t random = 1;
    for (size_t i = 0; i < sizeof(pixels); i++) {
        random = random * 1664525U + 1013904223U;
        pixels[i] = (uint8_t)(random >> 24);
    }
    return (png_picture){.width = WIDTH, .height = HEIGHT, .pixels = pixels};
}

static const png_note notes[] = {
    {"prompt", "a photograph of an astronaut riding a horse"},
    {"Latin one", "caf\xC3\xA9 \xC2\xA9\nsecond line"},
    {"beyond", "\xE5\xAE\x87\xE8\x88\xAA\xE5\x91\x98 \xF0\x9F\x90\x8E \xC4\x8D"},
    {"control", "tab\there"},
    {"empty", ""},
};
enum { NOTES = sizeof(notes) / sizeof(notes[0]) };

static bool has_bytes(const uint8_t *bytes, size_t size, const char *wanted, size_t wanted_size)
{
    return memmem(bytes, size, wanted, wanted_size) != NULL;
}

static void reads_what_it_writes(void **state)
{
    (void)state;
    png_picture picture = make_picture();
    picture.notes = notes;
    picture.note_count = NOTES;
    assert_int_equal(png_picture_write(path, &picture, &error), SD14_OK);

    png_file file;
    assert_int_equal(png_file_read(path, &file, &error), SD14_OK);
    assert_int_equal(file.picture.width, WIDTH);
    assert_int_equal(file.picture.height, HEIGHT);
    assert_memory_equal(file.picture.pixels, pixels, sizeof(pixels));
    assert_int_equal(file.picture.note_count, NOTES);
    for (size_t i = 0; i < NOTES; i++) {
        assert_string_equal(file.picture.notes[i].key, notes[i].key);
        assert_string_equal(file.picture.notes[i].value, notes[i].value);
    }
    png_file_release(&file);
    png_file_release(&file);

    size_t size = 0;
    uint8_t *bytes = read_file(path, &size);
    assert_true(has_bytes(bytes, size, "tEXtprompt\0a photo", 18));
    assert_true(has_bytes(bytes, size, "tEXtLatin one\0caf\xE9 \xA9\n", 21));
    assert_true(has_bytes(bytes, size, "iTXtbeyond\0\0\0\0\0\xE5\xAE\x87", 18));
    assert_true(has_bytes(bytes, size, "iTXtcontrol\0", 12));
    assert_false(has_bytes(bytes, size, "tIME", 4));
    free(bytes);
}

static void gives_the_same_bytes_each_time(void **state)
{
    (void)state;
    png_picture picture = make_picture();
    picture.notes = notes;
    picture.note_count = NOTES;
    text first = {0};
    text second = {0};
    assert_int_equal(png_picture_encode(&picture, &first, &error), SD14_OK);
    assert_int_equal(png_picture_encode(&picture, &second, &error), SD14_OK);
    assert_int_equal(first.length, second.length);
    assert_memory_equal(first.bytes, second.bytes, first.length);
    text_release(&first);
    text_release(&second);
}

/* libpng's own simplified reader agrees about the pixels. */
static void writes_what_libpng_reads(void **state)
{
    (void)state;
    const png_picture picture = make_picture();
    assert_int_equal(png_picture_write(path, &picture, &error), SD14_OK);
    png_image image = {.version = PNG_IMAGE_VERSION};
    static uint8_t decoded[sizeof(pixels)];
    assert_true(png_image_begin_read_from_file(&image, path));
    assert_int_equal(image.format, PNG_FORMAT_RGB);
    assert_int_equal(image.width, WIDTH);
    assert_true(png_image_finish_read(&image, NULL, decoded, 0, NULL));
    assert_memory_equal(decoded, pixels, sizeof(pixels));
}

static void refuses_to_write_nonsense(void **state)
{
    (void)state;
    char long_key[81];
    memset(long_key, 'k', 80);
    long_key[80] = '\0';
    const char *const bad_keys[] = {"", " a", "a ", "a  b", "caf\xC3\xA9", "a\nb", long_key};
    png_picture picture = make_picture();
    picture.note_count = 1;
    for (size_t i = 0; i < sizeof(bad_keys) / sizeof(bad_keys[0]); i++) {
        const png_note note = {bad_keys[i], "x"};
        picture.notes = &note;
        assert_int_equal(png_picture_write(path, &picture, &error), SD14_ERROR_INVALID_ARGUMENT);
    }
    const png_note note = {"key", "\xC3"};
    picture.notes = &note;
    assert_int_equal(png_picture_write(path, &picture, &error), SD14_ERROR_INVALID_ARGUMENT);
    assert_non_null(strstr(error.text, "not UTF-8"));
    picture.note_count = 0;
    picture.width = 0;
    assert_int_equal(png_picture_write(path, &picture, &error), SD14_ERROR_INVALID_ARGUMENT);
    picture.width = PNG_PICTURE_SIDE_MAX + 1;
    assert_int_equal(png_picture_write(path, &picture, &error), SD14_ERROR_INVALID_ARGUMENT);
    assert_int_equal(access(path, F_OK), -1);
}

/* Other kinds of PNG, written by libpng's simplified writer from the same gray ramp. */
static void reads_other_kinds(void **state)
{
    (void)state;
    static const png_uint_32 formats[] = {PNG_FORMAT_GRAY, PNG_FORMAT_GA, PNG_FORMAT_RGBA,
                                          PNG_FORMAT_RGB | PNG_FORMAT_FLAG_COLORMAP};
    for (size_t f = 0; f < sizeof(formats) / sizeof(formats[0]); f++) {
        uint8_t samples[16 * 4];
        uint8_t colors[16 * 3];
        const bool mapped = (formats[f] & PNG_FORMAT_FLAG_COLORMAP) != 0;
        const size_t channels = mapped ? 1 : PNG_IMAGE_SAMPLE_CHANNELS(formats[f]);
        for (size_t i = 0; i < 16; i++) {
            const uint8_t value = (uint8_t)(i * 17);
            for (size_t c = 0; c < channels; c++) samples[i * channels + c] = value;
            if (channels % 2 == 0)
                samples[i * channels + channels - 1] = (uint8_t)(i * 3); /* alpha */
            if (mapped) samples[i] = (uint8_t)(15 - i);
            memset(colors + 3 * (15 - i), value, 3);
        }
        png_image image = {.version = PNG_IMAGE_VERSION,
                           .width = 8,
                           .height = 2,
                           .format = formats[f],
                           .colormap_entries = mapped ? 16 : 0};
        assert_true(png_image_write_to_file(&image, path, 0, samples, 0, colors));
        png_file file;
        if (png_file_read(path, &file, &error) != SD14_OK) fail_msg("%s", error.text);
        for (size_t i = 0; i < 16 * 3; i++) {
            assert_int_equal(file.picture.pixels[i], i / 3 * 17); /* alpha dropped, not blended */
        }
        png_file_release(&file);
    }
}

static void refuses_damaged_files(void **state)
{
    (void)state;
    const png_picture picture = make_picture();
    text good = {0};
    assert_int_equal(png_picture_encode(&picture, &good, &error), SD14_OK);
    png_file file;

    for (size_t cut = 0; cut < good.length; cut += cut < 64 || cut + 110 > good.length ? 1 : 97) {
        write_file(path, good.bytes, cut);
        assert_int_equal(png_file_read(path, &file, &error), SD14_ERROR_FILE);
        assert_non_null(strstr(error.text, path));
        assert_null(strchr(error.text, '\n'));
        assert_null(file.pixels);
    }

    /* a width beyond the limit, its checksum right */
    static const uint8_t wide[] = "\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\x10\0\0\0\0\0\1\10\2\0\0\0"
                                  "\x31\xE7\x7B\x3B";
    write_file(path, wide, sizeof(wide) - 1);
    assert_int_equal(png_file_read(path, &file, &error), SD14_ERROR_FILE);

    /* a note that announces a gigabyte: refused before libpng makes room for it */
    static const uint8_t note[] = "\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\10\2\0\0\0"
                                  "\x90\x77\x53\xDE\x40\0\0\0tEXtkey";
    write_file(path, note, sizeof(note) - 1);
    assert_int_equal(png_file_read(path, &file, &error), SD14_ERROR_FILE);
    assert_non_null(strstr(error.text, "a chunk is cut short"));

    /* a broken checksum in the pixels */
    good.bytes[good.length / 2] ^= 1;
    write_file(path, good.bytes, good.length);
    assert_int_equal(png_file_read(path, &file, &error), SD14_ERROR_FILE);
    write_file(path, "GIF89a  not a PNG", 17);
    assert_int_equal(png_file_read(path, &file, &error), SD14_ERROR_FILE);
    assert_non_null(strstr(error.text, "not a PNG"));
    assert_int_equal(png_file_read(folder, &file, &error), SD14_ERROR_FILE);
    text_release(&good);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, drop_folder)
    const struct CMUnitTest tests[] = {
        TEST(reads_what_it_writes),     TEST(gives_the_same_bytes_each_time),
        TEST(writes_what_libpng_reads), TEST(refuses_to_write_nonsense),
        TEST(reads_other_kinds),        TEST(refuses_damaged_files),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
