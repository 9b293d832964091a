/* SPDX-License-Identifier: Apache-2.0 */

/* Each allocation of each reader and writer fails once: the answer is a status and nothing leaks
 * (the address sanitizer's build sees to that). */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/thread_pool.h"
#include "formats/json.h"
#include "formats/npy.h"
#include "formats/png.h"
#include "formats/safetensors.h"
#include "formats/safetensors_index.h"
#include "formats/safetensors_write.h"
#include "support/cmocka.h"
#include "support/fail_alloc.h"
#include "support/files.h"

static char folder[PATH_MAX];
static char model_path[PATH_MAX];
static char index_path[PATH_MAX];
static char picture_path[PATH_MAX];
static char array_path[PATH_MAX];
static char output_path[PATH_MAX];
static sd14_error error;

static const uint8_t pixels[5 * 7 * 3] = {1, 2, 3};
static const png_note notes[] = {{"tEXt", "caf\xC3\xA9"}, {"iTXt", "\xE5\xAE\x87"}};
static const png_picture picture = {5, 7, pixels, notes, 2};
static const safetensors_item items[] = {{"a", {DTYPE_U8, {1, {3}}, "aaa"}},
                                         {"b", {DTYPE_U8, {0, {0}}, "b"}}};
static const safetensors_note model_note = {"format", "pt"};
static const tensor array = {DTYPE_I32, {2, {2, 1}}, "01234567"};

static int make_files(void **state)
{
    (void)state;
    static const char index[] = "{\"weight_map\":{\"a\":\"model.safetensors\"}}";
    (void)temp_folder(folder);
    (void)path_in(model_path, folder, "model.safetensors");
    (void)path_in(index_path, folder, "model.safetensors.index.json");
    (void)path_in(picture_path, folder, "picture.png");
    (void)path_in(array_path, folder, "array.npy");
    (void)path_in(output_path, folder, "output");
    test_files_need(safetensors_write(model_path, items, 2, NULL, 0, NULL) == SD14_OK, model_path);
    test_files_need(png_picture_write(picture_path, &picture, NULL) == SD14_OK, picture_path);
    test_files_need(npy_write(array_path, &array, NULL) == SD14_OK, array_path);
    write_file(index_path, index, sizeof(index) - 1);
    return 0;
}

static int drop_files(void **state)
{
    (void)state;
    remove_folder(folder);
    return 0;
}

/* Each opens or writes one thing and, if that went well, closes it. */

static sd14_status use_safetensors(void)
{
    safetensors *file = NULL;
    const sd14_status status = safetensors_open(model_path, &file, &error);
    safetensors_close(file);
    return status;
}

static sd14_status use_index(void)
{
    safetensors_index *index = NULL;
    const sd14_status status = safetensors_index_open(index_path, &index, &error);
    safetensors_index_close(index);
    return status;
}

static sd14_status write_safetensors(void)
{
    return safetensors_write(output_path, items, 2, &model_note, 1, &error);
}

static sd14_status use_json(void)
{
    json_document document;
    TRY(json_document_load(index_path, SD14_ERROR_MODEL, &document, &error));
    text dump = {0};
    json_canonical(document.root, &dump);
    const sd14_status status = text_failed(&dump) ? SD14_ERROR_OUT_OF_MEMORY : SD14_OK;
    text_release(&dump);
    json_document_release(&document);
    return status;
}

static sd14_status write_png(void)
{
    return png_picture_write(output_path, &picture, &error);
}

static sd14_status use_png(void)
{
    png_file file;
    const sd14_status status = png_file_read(picture_path, &file, &error);
    const bool complete = file.picture.note_count == 2; /* libpng may leave out a note in silence */
    png_file_release(&file);
    return status == SD14_OK && !complete ? SD14_ERROR_FAILED : status;
}

static sd14_status use_npy(void)
{
    npy got;
    const sd14_status status = npy_open(array_path, &got, &error);
    npy_close(&got);
    return status;
}

static sd14_status write_npy(void)
{
    return npy_write(output_path, &array, &error);
}

static sd14_status use_pool(void)
{
    thread_pool *pool = NULL;
    const sd14_status status = thread_pool_create(3, &pool, &error);
    thread_pool_destroy(pool);
    return status;
}

static const struct {
    const char *name;
    sd14_status (*use)(void);
    int allocations; /* at least that many, or the test does not test */
} uses[] = {
    {"safetensors_open", use_safetensors, 3},
    {"safetensors_index_open", use_index, 6},
    {"safetensors_write", write_safetensors, 4},
    {"json_document_load", use_json, 3},
    {"png_picture_write", write_png, 10},
    {"png_file_read", use_png, 8},
    {"npy_open", use_npy, 0},
    {"npy_write", write_npy, 3},
    {"thread_pool_create", use_pool, 2},
};

static void fails_cleanly_at_every_allocation(void **state)
{
    (void)state;
    for (size_t u = 0; u < sizeof(uses) / sizeof(uses[0]); u++) {
        int n = 1;
        for (;; n++) {
            memset(&error, 0, sizeof(error));
            fail_alloc_at(n);
            const sd14_status status = uses[u].use();
            if (!fail_alloc_happened()) {
                assert_int_equal(status, SD14_OK);
                break;
            }
            if (status != SD14_ERROR_OUT_OF_MEMORY) {
                fail_msg("%s, allocation %d: %s: %s", uses[u].name, n, sd14_status_name(status),
                         error.text);
            }
            assert_int_equal(access(output_path, F_OK), -1);
        }
        (void)unlink(output_path);
        if (n - 1 < uses[u].allocations) fail_msg("%s: only %d", uses[u].name, n - 1);
        (void)printf("%s: %d allocations failed in turn\n", uses[u].name, n - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fails_cleanly_at_every_allocation, make_files, drop_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
