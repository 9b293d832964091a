/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/npy.h"

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
    (void)path_in(path, temp_folder(folder), "array.npy");
    return 0;
}

static int drop_folder(void **state)
{
    (void)state;
    remove_folder(folder);
    return 0;
}

static void reads_what_it_writes(void **state)
{
    (void)state;
    static const int64_t data[24] = {1, -2, 3, INT64_MIN, 5, 6, 7};
    static const dtype types[] = {DTYPE_F32, DTYPE_I32, DTYPE_I64};
    const shape shapes[] = {{0}, shape_1(3), shape_1(0), shape_2(3, 4), shape_4(1, 2, 3, 4)};
    for (size_t t = 0; t < 3; t++) {
        for (size_t s = 0; s < sizeof(shapes) / sizeof(shapes[0]); s++) {
            const tensor array = {types[t], shapes[s], data};
            assert_int_equal(npy_write(path, &array, &error), SD14_OK);
            npy got;
            if (npy_open(path, &got, &error) != SD14_OK) fail_msg("%s", error.text);
            assert_int_equal(got.tensor.type, types[t]);
            assert_true(shape_equal(got.tensor.shape, shapes[s]));
            const size_t bytes = shape_count(shapes[s]) * dtype_bytes(types[t]);
            if (bytes > 0) assert_memory_equal(got.tensor.data, data, bytes);
            assert_int_equal((got.map.size - bytes) % 64, 0);
            npy_close(&got);
            npy_close(&got);
        }
    }
    const tensor half = {DTYPE_F16, shape_1(3), data};
    assert_int_equal(npy_write(path, &half, &error), SD14_ERROR_INVALID_ARGUMENT);
    assert_non_null(strstr(error.text, "float16"));
}

/* A file of this version and header, with `data_bytes` zeros behind it. */
static void write_npy(char major, const char *header, size_t data_bytes)
{
    uint8_t bytes[1024] = "\x93NUMPY";
    const size_t length = strlen(header);
    const size_t start = major == 1 ? 10 : 12;
    bytes[6] = (uint8_t)major;
    bytes[8] = (uint8_t)length;
    memcpy(bytes + start, header, length);
    write_file(path, bytes, start + length + data_bytes);
}

static void reads_other_spellings(void **state)
{
    (void)state;
    npy got;
    write_npy(2, "{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }    \n", 8);
    assert_int_equal(npy_open(path, &got, &error), SD14_OK);
    npy_close(&got);
    write_npy(1, "{'shape':(2,1),'fortran_order':False,'descr':'<f4'}\n", 8);
    assert_int_equal(npy_open(path, &got, &error), SD14_OK);
    assert_true(shape_equal(got.tensor.shape, shape_2(2, 1)));
    npy_close(&got);
}

#define TAIL ", 'fortran_order': False, 'shape': (2,), }\n"
#define HEAD "{'descr': '<f4', 'fortran_order': False, 'shape': "

static const struct {
    const char *header;
    size_t data_bytes;
    const char *words;
} lies[] = {
    {"{'descr': '<f8'" TAIL, 16, "element type '<f8'"},
    {"{'descr': '>f4'" TAIL, 8, "element type '>f4'"},
    {"{'descr': '|O'" TAIL, 8, "element type '|O'"},
    {"{'descr': [('a', '<f4')]" TAIL, 8, "element type"},
    {"{'descr': '<f4', 'fortran_order': True, 'shape': (2,), }\n", 8, "Fortran order"},
    {"{'descr': '<f4', 'fortran_order': 0, 'shape': (2,), }\n", 8, "not numpy's"},
    {HEAD "(2), }\n", 8, "not numpy's"},
    {HEAD "(2,,), }\n", 8, "not numpy's"},
    {HEAD "(,), }\n", 8, "not numpy's"},
    {HEAD "(-2,), }\n", 8, "not numpy's"},
    {HEAD "(2 2), }\n", 16, "not numpy's"},
    {HEAD "2, }\n", 8, "not numpy's"},
    {HEAD "(2,\n", 8, "not numpy's"},
    {HEAD "(1,1,1,1,2), }\n", 8, "more than 4 axes"},
    {HEAD "(99999999999999999999,), }\n", 8, "too long"},
    {HEAD "(4294967296,4294967296), }\n", 8, "too large"},
    {HEAD "(2,), }\n", 7, "7 bytes of data, but the shape needs 8"},
    {HEAD "(2,), }\n", 9, "9 bytes of data"},
    {HEAD "(2,), }", 8, "not numpy's"},
    {HEAD "(2,), } x\n", 8, "not numpy's"},
    {HEAD "(2,), 'shape': (2,)}\n", 8, "not numpy's"},
    {HEAD "(2,), 'more': 1}\n", 8, "not numpy's"},
    {"{'descr': '<f4', 'fortran_order': False}\n", 4, "lacks"},
    {"{'descr': '<f4' 'fortran_order': False, 'shape': ()}\n", 4, "not numpy's"},
    {"", 8, "not numpy's"},
    {"{", 8, "not numpy's"},
};

static void assert_refused(const char *words)
{
    npy got;
    const sd14_status status = npy_open(path, &got, &error);
    if (status != SD14_ERROR_FILE || strstr(error.text, words) == NULL ||
        strchr(error.text, '\n') != NULL || got.map.bytes != NULL) {
        fail_msg("wanted \"%s\", got %s \"%s\"", words, sd14_status_name(status), error.text);
    }
}

static void refuses_other_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        write_npy(1, lies[i].header, lies[i].data_bytes);
        assert_refused(lies[i].words);
    }
    write_npy(3, HEAD "(2,), }\n", 8);
    assert_refused("version 3.0");
    write_file(path, "\x93NUMPY\1\0\xFF\xFF{}", 12);
    assert_refused("header of 65535 bytes");
    write_file(path, "\x93NUMPY\1\0", 8);
    assert_refused("not a .npy");
    write_file(path, "", 0);
    assert_refused("not a .npy");
    (void)unlink(path);
    assert_refused("No such file");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, drop_folder)
    const struct CMUnitTest tests[] = {
        TEST(reads_what_it_writes),
        TEST(reads_other_spellings),
        TEST(refuses_other_files),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
