/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/suite.h"

#include "support/cmocka.h"
#include "support/files.h"

#define SUITES SD14_SOURCE_DIR "/configs/suites/"

static char folder[PATH_MAX];
static char path[PATH_MAX];
static sd14_error error;

static int make_folder(void **state)
{
    (void)state;
    (void)path_in(path, temp_folder(folder), "suite.json");
    return 0;
}

static int drop_folder(void **state)
{
    (void)state;
    remove_folder(folder);
    return 0;
}

#define DEFAULTS                                                                                   \
    "\"defaults\":{\"negative_prompt\":\"no\",\"steps\":20,\"guidance_scale\":4,\"width\":128,"    \
    "\"height\":192}"
#define HEAD "{\"name\":\"a\",\"sampler\":\"ddim\"," DEFAULTS ","
#define ITEM(rest) HEAD "\"items\":[{\"id\":\"x\",\"prompt\":\"p\",\"seed\":1" rest "}]}"

static sd14_status load(const char *json, suite *out)
{
    write_file(path, json, strlen(json));
    return suite_load(path, out, &error);
}

static void reads_defaults_and_items(void **state)
{
    (void)state;
    suite got;
    if (load(
            HEAD
            "\"items\":[{\"id\":\"x\",\"prompt\":\"p\",\"seed\":0},{\"id\":\"y-1\",\"prompt\":\"\","
            "\"seed\":9223372036854775807,\"negative_prompt\":\"\",\"steps\":1000,"
            "\"guidance_scale\":0.5,\"width\":2048,\"height\":64}]}",
            &got) != SD14_OK)
        fail_msg("%s", error.text);
    assert_int_equal(got.n_items, 2);
    assert_string_equal(got.name, "a");
    assert_string_equal(got.sampler, "ddim");
    const suite_item *x = &got.items[0];
    const suite_item *y = &got.items[1];
    assert_string_equal(x->id, "x");
    assert_string_equal(x->negative_prompt, "no");
    assert_int_equal(x->seed, 0);
    assert_int_equal(x->steps, 20);
    assert_true(x->guidance_scale == 4.0);
    assert_int_equal(x->width, 128);
    assert_int_equal(x->height, 192);
    assert_string_equal(y->prompt, "");
    assert_string_equal(y->negative_prompt, "");
    assert_int_equal(y->seed, INT64_MAX);
    assert_int_equal(y->steps, 1000);
    assert_true(y->guidance_scale == 0.5);
    assert_int_equal(y->width, 2048);
    assert_int_equal(y->height, 64);
    suite_release(&got);
    suite_release(&got);
}

static const struct {
    const char *json;
    const char *says; /* after "<path>: " */
} refused[] = {
    {"[]", "expected an object, found an array of 0"},
    {"{\"nam\":1}", "unknown key \"nam\"; did you mean \"name\"?"},
    {"{}", "name: expected a string, found nothing"},
    {"{\"name\":\"A\"}", "name: \"A\": must be 1 to 64 of a-z, 0-9 and -"},
    {"{\"name\":\"a\"}", "sampler: expected a string, found nothing"},
    {"{\"name\":\"a\",\"sampler\":\"euler\"}", "sampler: \"euler\": the sampler must be \"ddim\""},
    {"{\"name\":\"a\",\"sampler\":\"ddim\"}", "defaults: expected an object, found nothing"},
    {"{\"name\":\"a\",\"sampler\":\"ddim\",\"description\":1}",
     "description: expected a string, found 1"},
    {"{\"name\":\"a\",\"sampler\":\"ddim\",\"defaults\":{\"seed\":1}}",
     "defaults: unknown key \"seed\"; there are negative_prompt, steps, guidance_scale, width, "
     "height"},
    {"{\"name\":\"a\",\"sampler\":\"ddim\",\"defaults\":{\"negative_prompt\":\"\"}}",
     "defaults.steps: expected a whole number from 1 to 1000, found nothing"},
    {HEAD "\"items\":[]}", "items: expected an array of 1 to 10000, found an array of 0"},
    {HEAD "\"items\":[1]}", "items[0]: expected an object, found 1"},
    {HEAD "\"items\":[{\"prompt\":\"p\",\"seed\":1}]}",
     "items[0].id: expected a string, found nothing"},
    {HEAD "\"items\":[{\"id\":\"../x\",\"prompt\":\"p\",\"seed\":1}]}",
     "items[0].id: \"../x\": must be 1 to 64 of a-z, 0-9 and -"},
    {HEAD "\"items\":[{\"id\":\"\",\"prompt\":\"p\",\"seed\":1}]}",
     "items[0].id: \"\": must be 1 to 64 of a-z, 0-9 and -"},
    {HEAD "\"items\":[{\"id\":\"x\",\"seed\":1}]}",
     "items[0].prompt: expected a string, found nothing"},
    {HEAD "\"items\":[{\"id\":\"x\",\"prompt\":\"p\"}]}",
     "items[0].seed: expected a whole number >= 0, found nothing"},
    {HEAD "\"items\":[{\"id\":\"x\",\"prompt\":\"p\",\"seed\":-1}]}",
     "items[0].seed: expected a whole number >= 0, found -1"},
    {HEAD "\"items\":[{\"id\":\"x\",\"prompt\":\"p\",\"seed\":1},{\"id\":\"y\",\"prompt\":\"p\","
          "\"seed\":1},"
          "{\"id\":\"x\",\"prompt\":\"p\",\"seed\":1}]}",
     "items[2].id: \"x\" is the id of items[0] too"},
    {ITEM(",\"promt\":\"q\""), "items[0]: unknown key \"promt\"; did you mean \"prompt\"?"},
    {ITEM(",\"steps\":0"), "items[0].steps: expected a whole number from 1 to 1000, found 0"},
    {ITEM(",\"steps\":1001"), "items[0].steps: expected a whole number from 1 to 1000, found 1001"},
    {ITEM(",\"steps\":null"), "items[0].steps: expected a whole number from 1 to 1000, found null"},
    {ITEM(",\"steps\":7.5"), "items[0].steps: expected a whole number from 1 to 1000, found 7.5"},
    {ITEM(",\"guidance_scale\":-0.1"),
     "items[0].guidance_scale: expected a number from 0 to 100, found -0.10000000000000001"},
    {ITEM(",\"guidance_scale\":100.5"),
     "items[0].guidance_scale: expected a number from 0 to 100, found 100.5"},
    {ITEM(",\"width\":63"), "items[0].width: expected a whole number from 64 to 2048, found 63"},
    {ITEM(",\"width\":100"), "items[0].width: 100: must be a multiple of 64"},
    {ITEM(",\"height\":2112"),
     "items[0].height: expected a whole number from 64 to 2048, found 2112"},
    {ITEM(",\"negative_prompt\":3"), "items[0].negative_prompt: expected a string, found 3"},
};

static void refuses_what_breaks_a_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        suite got;
        assert_int_equal(load(refused[i].json, &got), SD14_ERROR_FILE);
        char expected[PATH_MAX + 256];
        (void)snprintf(expected, sizeof(expected), "%s: %s", path, refused[i].says);
        assert_string_equal(error.text, expected);
        assert_null(got.items);
        assert_null(got.document.root);
    }
}

static void refuses_what_is_no_json(void **state)
{
    (void)state;
    suite got;
    assert_int_equal(load("{\n\"name\": }", &got), SD14_ERROR_FILE);
    assert_non_null(strstr(error.text, "suite.json:2:9: not valid JSON"));
    (void)unlink(path);
    assert_int_equal(suite_load(path, &got, &error), SD14_ERROR_FILE);
    assert_non_null(strstr(error.text, path));
    assert_int_equal(suite_load(folder, &got, &error), SD14_ERROR_FILE);
}

static void hashes_the_file(void **state)
{
    (void)state;
    suite got;
    char expected[SHA256_TEXT_BYTES];
    static const char json[] = ITEM("");
    assert_int_equal(load(json, &got), SD14_OK);
    assert_int_equal(sha256_bytes(json, strlen(json), expected, &error), SD14_OK);
    assert_string_equal(got.sha256, expected);
    suite_release(&got);
}

static void reads_the_suites_that_come_along(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t n_items;
    } suites[] = {{"smoke", 3},       {"parity", 12},       {"full", 50},
                  {"emoji-smoke", 3}, {"emoji-parity", 12}, {"emoji-full", 50}};
    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
        suite got;
        char file[PATH_MAX];
        (void)snprintf(file, sizeof(file), SUITES "%s.json", suites[i].name);
        if (suite_load(file, &got, &error) != SD14_OK) fail_msg("%s", error.text);
        assert_string_equal(got.name, suites[i].name);
        assert_int_equal(got.n_items, suites[i].n_items);
        suite_release(&got);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, drop_folder)
    const struct CMUnitTest tests[] = {
        TEST(reads_defaults_and_items),         TEST(refuses_what_breaks_a_rule),
        TEST(refuses_what_is_no_json),          TEST(hashes_the_file),
        TEST(reads_the_suites_that_come_along),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
