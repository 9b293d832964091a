/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/safetensors.h"

#include <stdlib.h>
#include <string.h>

#include "formats/safetensors_write.h"
#include "support/cmocka.h"
#include "support/files.h"

static char folder[PATH_MAX];
static char path[PATH_MAX];
static sd14_error error;

static int make_folder(void **state)
{
    (void)state;
    (void)path_in(path, temp_folder(folder), "model.safetensors");
    return 0;
}

static int drop_folder(void **state)
{
    (void)state;
    remove_folder(folder);
    return 0;
}

/* A file of this header and `data_bytes` bytes 1, 2, 3, ... behind it. */
static void write_model(const char *header, size_t data_bytes)
{
    const size_t length = strlen(header);
    uint8_t *bytes = calloc(8 + length + data_bytes + 1, 1);
    test_files_need(bytes != NULL, "calloc");
    for (size_t i = 0; i < 8; i++) bytes[i] = (uint8_t)(length >> (8 * i) & 0xFF);
    memcpy(bytes + 8, header, length);
    for (size_t i = 0; i < data_bytes; i++) bytes[8 + length + i] = (uint8_t)(i + 1);
    write_file(path, bytes, 8 + length + data_bytes);
    free(bytes);
}

/* Opening fails with one line that names the file and has `words` in it. */
static void assert_refused(const char *words)
{
    safetensors *file = NULL;
    memset(&error, 0, sizeof(error));
    const sd14_status status = safetensors_open(path, &file, &error);
    if (status != SD14_ERROR_MODEL || strstr(error.text, path) == NULL ||
        strstr(error.text, words) == NULL || strchr(error.text, '\n') != NULL || file != NULL) {
        fail_msg("wanted \"%s\", got %s: \"%s\"", words, sd14_status_name(status), error.text);
    }
}

#define ONE(name, dtype, shape, start, end)                                                        \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" start "," end   \
    "]}"

static void reads_valid_files(void **state)
{
    (void)state;
    write_model(
        "{\"__metadata__\":{\"format\":\"pt\",\"x\":\"\"}," ONE("z.bias", "F32", "[2]", "0", "8") "," ONE(
            "half", "F16", "[1,2]", "8",
            "12") "," ONE("brain", "BF16", "[2,1]", "12",
                          "16") "," ONE("flag", "BOOL", "[3]", "16",
                                        "19") "," ONE("none", "F64", "[0,5]", "19",
                                                      "19") "," ONE("scalar", "I64", "[]", "19",
                                                                    "27") "," ONE("new", "F8_E4M3",
                                                                                  "[2]", "27",
                                                                                  "29") "," ONE("de"
                                                                                                "e"
                                                                                                "p",
                                                                                                "U"
                                                                                                "8",
                                                                                                "[1"
                                                                                                ",1"
                                                                                                ",1"
                                                                                                ",1"
                                                                                                ",3"
                                                                                                "]",
                                                                                                "2"
                                                                                                "9",
                                                                                                "3"
                                                                                                "2") "}   ",
        32);
    safetensors *file = NULL;
    assert_int_equal(safetensors_open(path, &file, &error), SD14_OK);
    assert_int_equal(safetensors_count(file), 8);
    for (size_t i = 1; i < 8; i++) {
        assert_true(strcmp(safetensors_name(file, i - 1), safetensors_name(file, i)) < 0);
    }
    assert_string_equal(safetensors_metadata(file, "format"), "pt");
    assert_string_equal(safetensors_metadata(file, "x"), "");
    assert_null(safetensors_metadata(file, "y"));

    tensor got;
    assert_int_equal(safetensors_find(file, "z.bias", &got, &error), SD14_OK);
    assert_int_equal(got.type, DTYPE_F32);
    assert_true(shape_equal(got.shape, shape_1(2)));
    assert_memory_equal(got.data, "\1\2\3\4\5\6\7\10", 8);
    assert_int_equal(safetensors_find(file, "half", &got, &error), SD14_OK);
    assert_int_equal(got.type, DTYPE_F16);
    assert_true(shape_equal(got.shape, shape_2(1, 2)));
    assert_memory_equal(got.data, "\11\12\13\14", 4);
    assert_int_equal(safetensors_find(file, "brain", &got, &error), SD14_OK);
    assert_int_equal(got.type, DTYPE_BF16);
    assert_int_equal(safetensors_find(file, "flag", &got, &error), SD14_OK);
    assert_int_equal(got.type, DTYPE_BOOL);
    assert_int_equal(safetensors_find(file, "none", &got, &error), SD14_OK);
    assert_int_equal(shape_count(got.shape), 0);
    assert_int_equal(safetensors_find(file, "scalar", &got, &error), SD14_OK);
    assert_int_equal(got.shape.rank, 0);
    assert_int_equal(((const uint8_t *)got.data)[7], 27);

    /* There, but no tensor of ours: refused when asked for, not before. */
    assert_true(safetensors_has(file, "new"));
    assert_int_equal(safetensors_find(file, "new", &got, &error), SD14_ERROR_MODEL);
    assert_non_null(strstr(error.text, "new: dtype F8_E4M3 is not supported"));
    assert_int_equal(safetensors_find(file, "deep", &got, &error), SD14_ERROR_MODEL);
    assert_non_null(strstr(error.text, "deep: 5 axes"));
    assert_false(safetensors_has(file, "__metadata__"));
    assert_int_equal(safetensors_find(file, "nobody", &got, &error), SD14_ERROR_MODEL);
    assert_non_null(strstr(error.text, "has no tensor nobody"));
    safetensors_close(file);
    safetensors_close(NULL);
}

static void reads_empty_models(void **state)
{
    (void)state;
    safetensors *file = NULL;
    write_model("{}", 0);
    assert_int_equal(safetensors_open(path, &file, &error), SD14_OK);
    assert_int_equal(safetensors_count(file), 0);
    assert_false(safetensors_has(file, ""));
    safetensors_close(file);
}

/* Headers that lie; 8 bytes of data follow each. */
static const struct {
    const char *header;
    const char *words;
} lies[] = {
    /* JSON */
    {"{", "not valid JSON"},
    {"{}{}", "not valid JSON"},
    {"{\"a\":1,}", "not valid JSON"},
    {"{\"\\u0000\":{}}", "not valid JSON"},
    {"{\"\xFF\":{}}", "not valid JSON"},
    {"[]", "header is not JSON"},
    {"\"x\"", "header is not JSON"},
    {" {}", "header is not JSON"},
    {"{" ONE("a", "F32", "[2]", "0", "8") "," ONE("a", "F32", "[2]", "0", "8") "}", "duplicate"},
    {"{\"__metadata__\":[]}", "__metadata__: expected an object"},
    {"{\"__metadata__\":{\"a\":1}}", "__metadata__.a: expected a string, found 1"},
    /* entries */
    {"{\"a\":7}", "a: expected an object, found 7"},
    {"{\"a\":{}}", "a.dtype: expected a string, found nothing"},
    {"{\"a\":{\"dtype\":\"F32\"}}", "a.shape: expected an array"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", "a.data_offsets: expected an array of 2"},
    {"{" ONE("a", "F33", "[2]", "0", "8") "}", "a.dtype: unknown dtype \"F33\""},
    {"{" ONE("a", "f32", "[2]", "0", "8") "}", "unknown dtype \"f32\""},
    {"{\"a\":{\"dtype\":5,\"shape\":[2],\"data_offsets\":[0,8]}}", "a.dtype: expected a string"},
    {"{" ONE("a", "F32", "2", "0", "8") "}", "a.shape: expected an array"},
    {"{" ONE("a", "F32", "[-2]", "0", "8") "}",
     "a.shape[0]: expected a whole number >= 0, found -2"},
    {"{" ONE("a", "F32", "[2.0]", "0", "8") "}", "a.shape[0]: expected a whole number"},
    {"{" ONE("a", "F32", "[\"2\"]", "0", "8") "}", "a.shape[0]: expected a whole number"},
    {"{" ONE("a", "F32", "[true]", "0", "8") "}", "a.shape[0]: expected a whole number"},
    {"{" ONE("a", "F32", "[99999999999999999999]", "0", "8") "}", "not valid JSON"},
    {"{" ONE("a", "F32", "[4294967296,4294967296]", "0", "8") "}",
     "a.shape: the shape is too large"},
    {"{" ONE("a", "F32", "[4611686018427387905,4]", "0", "16") "}", "the shape is too large"},
    {"{" ONE("a", "F32", "[2305843009213693952]", "0", "8") "}", "the shape is too large"},
    {"{" ONE("a", "F4", "[15]", "0", "7") "," ONE("b", "U8", "[1]", "7", "8") "}", "make 60 bits"},
    /* offsets */
    {"{" ONE("a", "F32", "[2]", "8", "0") "}", "a.data_offsets[1]: expected a whole number >= 8"},
    {"{" ONE("a", "F32", "[2]", "-8", "0") "}", "a.data_offsets[0]"},
    {"{" ONE("a", "F32", "[2]", "0", "8,8") "}", "a.data_offsets: expected an array of 2, found"},
    {"{" ONE("a", "F32", "[2]", "0", "4") "}", "a: 4 bytes of data"},
    {"{" ONE("a", "F32", "[1]", "0", "8") "}", "a: 8 bytes of data"},
    {"{" ONE("a", "F32", "[1]", "0", "4") "," ONE("b", "F32", "[1]", "0", "4") "}", "b: its data"},
    {"{" ONE("a", "F32", "[2]", "0", "8") "," ONE("b", "F32", "[1]", "4", "8") "}",
     "b: its data starts at 4, but other tensors reach to 8"},
    {"{" ONE("a", "U8", "[2]", "0", "2") "," ONE("b", "F32", "[1]", "4", "8") "}",
     "b: its data starts at 4, but those before end at 2"},
    {"{" ONE("a", "F32", "[1]", "4", "8") "}", "a: its data starts at 4"},
    {"{" ONE("a", "F32", "[1]", "0", "4") "}", "4 bytes after the last tensor"},
    {"{}", "8 bytes after the last tensor"},
    {"{" ONE("a", "F32", "[4]", "0", "16") "}", "cut short: 8 bytes of data are there"},
    {"{" ONE("a", "F32", "[2]", "9223372036854775800", "9223372036854775807") "}", "a: 7 bytes"},
    {"{" ONE("a\\n\\u001b[31m", "F32", "[9]", "0", "8") "}", "a??[31m: 8 bytes"},
};

static void refuses_lying_headers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        write_model(lies[i].header, 8);
        assert_refused(lies[i].words);
    }
}

static void refuses_lying_lengths(void **state)
{
    (void)state;
    write_file(path, "\x08\0\0\0\0", 5);
    assert_refused("only 5 bytes");
    write_file(path, "\x02\0\0\0\0\0\0\0", 8);
    assert_refused("ends inside its header");
    write_file(path, "\x03\0\0\0\0\0\0\0{}", 10);
    assert_refused("ends inside its header (3 bytes announced, 2 there)");
    write_file(path, "\0\0\0\0\0\0\0\0{}", 10);
    assert_refused("empty");
    write_file(path, "\x01\xE1\xF5\x05\0\0\0\0{}", 10);
    assert_refused("its header would be 100000001 bytes");
    write_file(path, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF{}", 10);
    assert_refused("its header would be 18446744073709551615 bytes");
}

/* Every prefix of a good file is refused. */
static void refuses_cut_files(void **state)
{
    (void)state;
    write_model("{" ONE("a", "F32", "[2]", "0", "8") "}", 8);
    size_t size = 0;
    uint8_t *bytes = read_file(path, &size);
    for (size_t cut = 0; cut < size; cut++) {
        write_file(path, bytes, cut);
        assert_refused(cut == 0 ? "empty" : cut < 8 ? "only" : "incomplete");
    }
    free(bytes);
}

#define BYTES(literal) literal, sizeof(literal) - 1

static const struct {
    const char *start;
    size_t size;
    const char *words;
} mistakes[] = {
    {BYTES(""), "empty"},
    {BYTES("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 3438354725\n"),
     "a Git LFS pointer"},
    {BYTES("\r\n <!DOCTYPE html><html>"), "a web page"},
    {BYTES("<HTML><body>"), "a web page"},
    {BYTES("<?xml version='1.0'?><Error>AccessDenied</Error>"), "an XML text"},
    {BYTES("{\"error\":\"Entry not found\"}"), "a JSON text"},
    {BYTES("PK\3\4\0\0\10\10\0\0\0\0\0\0"), "a zip archive"},
    {BYTES("\x80\2}q\0(X\7\0\0\0weights"), "a Python pickle"},
    {BYTES("GGUF\3\0\0\0\0\0\0\0"), "a GGUF file"},
    {BYTES("\x93NUMPY\1\0v\0{'descr'"), "a numpy array"},
    {BYTES("\x1F\x8B\10\0\0\0\0\0\0\3"), "gzip"},
    {BYTES("just some words"), "not a safetensors file"},
};

static void names_what_people_mistake(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        write_file(path, mistakes[i].start, mistakes[i].size);
        assert_refused(mistakes[i].words);
    }
    (void)unlink(path);
    assert_refused("No such file");
    (void)snprintf(path, sizeof(path), "%s", folder);
    assert_refused("is a folder");
}

/* A header of 640 bytes makes a file begin as pickles do: not a mistake. */
static void believes_good_files_that_look_bad(void **state)
{
    (void)state;
    char header[641];
    memset(header, ' ', 640);
    header[0] = '{';
    header[1] = '}';
    header[640] = '\0';
    write_model(header, 0);
    safetensors *file = NULL;
    assert_int_equal(safetensors_open(path, &file, &error), SD14_OK);
    safetensors_close(file);
}

static void reads_what_it_writes(void **state)
{
    (void)state;
    static const float numbers[] = {1.0F, -2.0F, 0.5F, 3.0F, 4.0F, 5.0F};
    static const uint8_t flags[] = {1, 0, 1};
    static const safetensors_item items[] = {
        {"z", {DTYPE_F32, {2, {2, 3}}, numbers}},
        {"a\"\\\n\xC3\xA9", {DTYPE_BOOL, {1, {3}}, flags}},
        {"b", {DTYPE_F32, {0, {0}}, numbers}},
        {"empty", {DTYPE_I64, {1, {0}}, NULL}},
    };
    static const safetensors_note note = {"format", "pt"};
    assert_int_equal(safetensors_write(path, items, 4, &note, 1, &error), SD14_OK);
    safetensors *file = NULL;
    assert_int_equal(safetensors_open(path, &file, &error), SD14_OK);
    assert_int_equal(safetensors_count(file), 4);
    assert_string_equal(safetensors_metadata(file, "format"), "pt");
    for (size_t i = 0; i < 4; i++) {
        tensor got;
        assert_int_equal(safetensors_find(file, items[i].name, &got, &error), SD14_OK);
        assert_int_equal(got.type, items[i].tensor.type);
        assert_true(shape_equal(got.shape, items[i].tensor.shape));
        const size_t bytes = shape_count(got.shape) * dtype_bytes(got.type);
        if (bytes > 0) assert_memory_equal(got.data, items[i].tensor.data, bytes);
    }
    safetensors_close(file);

    /* Large elements first, so that all are aligned; then by name. */
    size_t size = 0;
    uint8_t *before = read_file(path, &size);
    static const char header[] =
        "{\"__metadata__\":{\"format\":\"pt\"},"
        "\"empty\":{\"dtype\":\"I64\",\"shape\":[0],\"data_offsets\":[0,0]},"
        "\"b\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]},"
        "\"z\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[4,28]},"
        "\"a\\\"\\\\\\n\xC3\xA9\":{\"dtype\":\"BOOL\",\"shape\":[3],\"data_offsets\":[28,31]}}";
    assert_memory_equal(before + 8, header, sizeof(header) - 1);
    assert_int_equal((size - 31) % 8, 0);

    /* The order of the items makes no difference. */
    const safetensors_item turned[] = {items[3], items[2], items[1], items[0]};
    assert_int_equal(safetensors_write(path, turned, 4, &note, 1, &error), SD14_OK);
    size_t size_after = 0;
    uint8_t *after = read_file(path, &size_after);
    assert_int_equal(size, size_after);
    assert_memory_equal(before, after, size);
    free(before);
    free(after);
}

static void refuses_to_write_nonsense(void **state)
{
    (void)state;
    const tensor scalar = {DTYPE_U8, {0, {0}}, "x"};
    const safetensors_item twice[] = {{"_a", scalar}, {"_a", scalar}};
    assert_int_equal(safetensors_write(path, twice, 2, NULL, 0, &error),
                     SD14_ERROR_INVALID_ARGUMENT);
    assert_non_null(strstr(error.text, "two tensors"));
    const safetensors_item reserved = {"__metadata__", scalar};
    assert_int_equal(safetensors_write(path, &reserved, 1, NULL, 0, &error),
                     SD14_ERROR_INVALID_ARGUMENT);
    const safetensors_item bytes = {"\xFF", scalar};
    assert_int_equal(safetensors_write(path, &bytes, 1, NULL, 0, &error),
                     SD14_ERROR_INVALID_ARGUMENT);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(safetensors_write(folder, NULL, 0, NULL, 0, &error), SD14_ERROR_FILE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, drop_folder)
    const struct CMUnitTest tests[] = {
        TEST(reads_valid_files),
        TEST(reads_empty_models),
        TEST(refuses_lying_headers),
        TEST(refuses_lying_lengths),
        TEST(refuses_cut_files),
        TEST(names_what_people_mistake),
        TEST(believes_good_files_that_look_bad),
        TEST(reads_what_it_writes),
        TEST(refuses_to_write_nonsense),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
