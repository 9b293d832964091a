/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/safetensors_index.h"

#include <string.h>

#include "formats/safetensors_write.h"
#include "support/cmocka.h"
#include "support/files.h"

static char folder[PATH_MAX];
static char path[PATH_MAX];
static sd14_error error;

/* Two shards: one with "a" and "c", one with "b". */
static int make_model(void **state)
{
    (void)state;
    static const safetensors_item first[] = {{"c", {DTYPE_U8, {1, {3}}, "ccc"}},
                                             {"a", {DTYPE_U8, {1, {1}}, "a"}}};
    static const safetensors_item second[] = {{"b", {DTYPE_U8, {1, {2}}, "bb"}}};
    (void)temp_folder(folder);
    (void)path_in(path, folder, "one.safetensors");
    test_files_need(safetensors_write(path, first, 2, NULL, 0, NULL) == SD14_OK, path);
    (void)path_in(path, folder, "two.safetensors");
    test_files_need(safetensors_write(path, second, 1, NULL, 0, NULL) == SD14_OK, path);
    (void)path_in(path, folder, "model.safetensors.index.json");
    return 0;
}

static int drop_model(void **state)
{
    (void)state;
    remove_folder(folder);
    return 0;
}

static void finds_tensors_in_shards(void **state)
{
    (void)state;
    const char *json = "{\"metadata\":{\"total_size\":6},\"weight_map\":{\"a\":\"one.safetensors\","
                       "\"b\":\"two.safetensors\",\"c\":\"one.safetensors\"}}";
    write_file(path, json, strlen(json));
    safetensors_index *index = NULL;
    assert_int_equal(safetensors_index_open(path, &index, &error), SD14_OK);
    assert_int_equal(safetensors_index_count(index), 3);
    static const char *const names[] = {"a", "b", "c"};
    for (size_t i = 0; i < 3; i++) {
        tensor got;
        assert_string_equal(safetensors_index_name(index, i), names[i]);
        assert_int_equal(safetensors_index_at(index, i, &got, &error), SD14_OK);
        assert_int_equal(shape_count(got.shape), i + 1);
        assert_memory_equal(got.data, names[i], 1);
        assert_int_equal(safetensors_index_find(index, names[i], &got, &error), SD14_OK);
        assert_memory_equal(got.data, names[i], 1);
    }
    tensor got;
    assert_false(safetensors_index_has(index, "d"));
    assert_int_equal(safetensors_index_find(index, "d", &got, &error), SD14_ERROR_MODEL);
    assert_non_null(strstr(error.text, "has no tensor d"));
    safetensors_index_close(index);
    safetensors_index_close(NULL);
}

static const struct {
    const char *json;
    const char *words;
} lies[] = {
    {"", "the file is empty"},
    {"{", "model.safetensors.index.json:1:1: not valid JSON"},
    {"[]", "weight_map: expected an object, found nothing"},
    {"{\"weight_map\":[]}", "weight_map: expected an object"},
    {"{\"weight_map\":{\"a\":1}}", "weight_map.a: expected a string, found 1"},
    {"{\"weight_map\":{\"a\":\"../one.safetensors\"}}", "not the plain name of a file"},
    {"{\"weight_map\":{\"a\":\"/etc/passwd\"}}", "not the plain name of a file"},
    {"{\"weight_map\":{\"a\":\"..\"}}", "not the plain name of a file"},
    {"{\"weight_map\":{\"a\":\"x\\\\y\"}}", "not the plain name of a file"},
    {"{\"weight_map\":{\"a\":\"\"}}", "not the plain name of a file"},
    {"{\"weight_map\":{\"a\":\"three.safetensors\"}}", "three.safetensors: cannot open"},
    {"{\"weight_map\":{\"a\":\"one.safetensors\",\"c\":\"two.safetensors\"}}",
     "c is not in two.safetensors"},
};

static void refuses_lying_indexes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        safetensors_index *index = NULL;
        write_file(path, lies[i].json, strlen(lies[i].json));
        const sd14_status status = safetensors_index_open(path, &index, &error);
        if (status != SD14_ERROR_MODEL || strstr(error.text, lies[i].words) == NULL ||
            strchr(error.text, '\n') != NULL || index != NULL) {
            fail_msg("wanted \"%s\", got \"%s\"", lies[i].words, error.text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(finds_tensors_in_shards, make_model, drop_model),
        cmocka_unit_test_setup_teardown(refuses_lying_indexes, make_model, drop_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
