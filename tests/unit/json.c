/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/json.h"

#include <string.h>

#include "support/cmocka.h"
#include "support/files.h"

static sd14_error error;

static json_document parse(const char *string)
{
    json_document document;
    const sd14_status status = json_document_parse(string, strlen(string), "unet/config.json",
                                                   SD14_ERROR_MODEL, &document, &error);
    if (status != SD14_OK) fail_msg("%s", error.text);
    return document;
}

static const char config[] = "{\"block_out_channels\":[320,640,\"x\"],\"flip\":true,\"eps\":1e-5,"
                             "\"in\":4,\"name\":\"UNet\",\"none\":null,\"deep\":{\"er\":[[7]]},"
                             "\"real\":4.0}";

static void reads_values(void **state)
{
    (void)state;
    json_document document = parse(config);
    const json_node root = json_document_root(&document);
    int64_t whole = 0;
    double number = 0.0;
    bool flag = false;
    const char *string = NULL;
    size_t count = 0;

    json_node at = json_member(&root, "in");
    assert_int_equal(json_get_int(&at, 1, 8, &whole, &error), SD14_OK);
    assert_int_equal(whole, 4);
    assert_int_equal(json_get_number(&at, 0.0, 8.0, &number, &error), SD14_OK);
    assert_true(number == 4.0);
    at = json_member(&root, "eps");
    assert_int_equal(json_get_number(&at, 0.0, 1.0, &number, &error), SD14_OK);
    assert_true(number == 1e-5);
    at = json_member(&root, "flip");
    assert_int_equal(json_get_bool(&at, &flag, &error), SD14_OK);
    assert_true(flag);
    at = json_member(&root, "name");
    assert_int_equal(json_get_string(&at, &string, &error), SD14_OK);
    assert_string_equal(string, "UNet");
    const json_node widths = json_member(&root, "block_out_channels");
    assert_int_equal(json_get_count(&widths, 1, 4, &count, &error), SD14_OK);
    assert_int_equal(count, 3);
    at = json_element(&widths, 1);
    assert_int_equal(json_get_int(&at, 1, INT64_MAX, &whole, &error), SD14_OK);
    assert_int_equal(whole, 640);

    at = json_member(&root, "none");
    assert_false(json_present(&at));
    at = json_member(&root, "nobody");
    assert_false(json_present(&at));
    assert_true(json_present(&widths));
    json_document_release(&document);
    json_document_release(&document);
}

static void assert_error(sd14_status status, const char *expected)
{
    assert_int_equal(status, SD14_ERROR_MODEL);
    assert_string_equal(error.text, expected);
}

static void says_what_is_wrong_where(void **state)
{
    (void)state;
    json_document document = parse(config);
    const json_node root = json_document_root(&document);
    int64_t whole = 0;
    double number = 0.0;
    bool flag = false;
    const char *string = NULL;
    size_t count = 0;

    const json_node widths = json_member(&root, "block_out_channels");
    json_node at = json_element(&widths, 2);
    assert_error(
        json_get_int(&at, 1, INT64_MAX, &whole, &error),
        "unet/config.json: block_out_channels[2]: expected a whole number >= 1, found \"x\"");
    at = json_element(&widths, 3);
    assert_error(json_get_int(&at, 1, INT64_MAX, &whole, &error),
                 "unet/config.json: block_out_channels[3]: expected a whole number >= 1, found "
                 "nothing");
    at = json_member(&root, "in");
    assert_error(json_get_int(&at, 5, 8, &whole, &error),
                 "unet/config.json: in: expected a whole number from 5 to 8, found 4");
    assert_error(json_get_number(&at, 0.0, 1.0, &number, &error),
                 "unet/config.json: in: expected a number from 0 to 1, found 4");
    assert_error(json_get_bool(&at, &flag, &error),
                 "unet/config.json: in: expected true or false, found 4");
    assert_error(json_get_string(&at, &string, &error),
                 "unet/config.json: in: expected a string, found 4");
    assert_error(json_get_object(&at, &error), "unet/config.json: in: expected an object, found 4");
    at = json_member(&root, "real");
    assert_error(json_get_int(&at, 1, 8, &whole, &error),
                 "unet/config.json: real: expected a whole number from 1 to 8, found 4");
    assert_error(
        json_get_count(&widths, 4, 4, &count, &error),
        "unet/config.json: block_out_channels: expected an array of 4, found an array of 3");
    assert_error(json_get_count(&root, 0, 1, &count, &error),
                 "unet/config.json: expected an array of 0 to 1, found an object");
    const json_node deep = json_member(&root, "deep");
    const json_node er = json_member(&deep, "er");
    const json_node first = json_element(&er, 0);
    at = json_element(&first, 0);
    assert_error(json_get_string(&at, &string, &error),
                 "unet/config.json: deep.er[0][0]: expected a string, found 7");
    assert_error(json_fail(&at, &error, "odd by %d", 1),
                 "unet/config.json: deep.er[0][0]: odd by 1");
    json_document_release(&document);
}

/* Places and values too long or too deep to say whole. */
static void cuts_long_places(void **state)
{
    (void)state;
    char key[400];
    memset(key, 'k', sizeof(key));
    key[sizeof(key) - 1] = '\0';
    json_document document = parse("[]");
    json_node nodes[40];
    nodes[0] = json_document_root(&document);
    for (int i = 1; i < 40; i++) nodes[i] = json_member(&nodes[i - 1], i < 30 ? "x" : key);
    assert_int_equal(json_get_object(&nodes[20], &error), SD14_ERROR_MODEL);
    assert_int_equal(json_get_object(&nodes[39], &error), SD14_ERROR_MODEL);
    assert_true(strlen(error.text) < 400);
    json_document_release(&document);
}

static void lists_unknown_keys(void **state)
{
    (void)state;
    static const char *const known[] = {"b", "d"};
    json_document document = parse("{\"d\":1,\"c\":2,\"b\":3,\"a\":4}");
    const json_node root = json_document_root(&document);
    const char *key = json_next_unknown_key(&root, known, 2, NULL);
    assert_string_equal(key, "c");
    key = json_next_unknown_key(&root, known, 2, key);
    assert_string_equal(key, "a");
    assert_null(json_next_unknown_key(&root, known, 2, key));
    const json_node number = json_member(&root, "d");
    assert_null(json_next_key(&number, NULL));
    json_document_release(&document);
}

static void refuses_unknown_keys(void **state)
{
    (void)state;
    static const char *const known[] = {"id", "prompt", "negative_prompt", "seed"};
    static const struct {
        const char *json, *says;
    } cases[] = {
        {"{\"promt\":1}", "unknown key \"promt\"; did you mean \"prompt\"?"},
        {"{\"seed\":1,\"Negative_prompts\":1}",
         "unknown key \"Negative_prompts\"; did you mean \"negative_prompt\"?"},
        {"{\"eta\":1}", "unknown key \"eta\"; there are id, prompt, negative_prompt, seed"},
        {"{\"\":1}", "unknown key \"\"; there are id, prompt, negative_prompt, seed"},
        {"{\"seedseedseedseedseedseedseedseedseedseedseedseed\":1}",
         "unknown key \"seedseedseedseedseedseedseedseedseedseedseedseed\"; there are id, prompt, "
         "negative_prompt, seed"},
        {"[]", "expected an object, found an array of 0"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_document document = parse(cases[i].json);
        const json_node root = json_document_root(&document);
        char expected[256];
        (void)snprintf(expected, sizeof(expected), "unet/config.json: %s", cases[i].says);
        assert_error(json_check_keys(&root, known, 4, &error), expected);
        json_document_release(&document);
    }
    json_document document = parse("{\"seed\":1,\"id\":2}");
    const json_node root = json_document_root(&document);
    assert_int_equal(json_check_keys(&root, known, 4, &error), SD14_OK);
    json_document_release(&document);
}

static void reports_syntax_errors(void **state)
{
    (void)state;
    char folder[PATH_MAX];
    char path[PATH_MAX];
    char expected[PATH_MAX + 40];
    json_document document;
    (void)path_in(path, temp_folder(folder), "config.json");
    write_file(path, "{\n  \"a\": 1\n  \"b\": 2\n}", 21);
    assert_int_equal(json_document_load(path, SD14_ERROR_MODEL, &document, &error),
                     SD14_ERROR_MODEL);
    (void)snprintf(expected, sizeof(expected), "%s:3:5: not valid JSON: ", path);
    assert_memory_equal(error.text, expected, strlen(expected));
    assert_null(strchr(error.text, '\n'));
    write_file(path, "{\"a\":1,\"a\":2}", 13);
    assert_int_equal(json_document_load(path, SD14_ERROR_FILE, &document, &error), SD14_ERROR_FILE);
    assert_non_null(strstr(error.text, "duplicate"));
    write_file(path, "{\"a\":1\0}", 8);
    assert_int_equal(json_document_load(path, SD14_ERROR_FILE, &document, &error), SD14_ERROR_FILE);
    assert_non_null(strstr(error.text, "a zero byte at 6"));
    write_file(path, "", 0);
    assert_int_equal(json_document_load(path, SD14_ERROR_FILE, &document, &error), SD14_ERROR_FILE);
    assert_int_equal(json_document_load(folder, SD14_ERROR_MODEL, &document, &error),
                     SD14_ERROR_MODEL);
    write_file(path, "{}", 2);
    assert_int_equal(truncate(path, (off_t)JSON_BYTES_MAX + 1), 0); /* a hole: takes no disk */
    assert_int_equal(json_document_load(path, SD14_ERROR_FILE, &document, &error), SD14_ERROR_FILE);
    assert_non_null(strstr(error.text, "the limit is 67108864"));
    write_file(path, "{\"ok\":[]}", 9);
    assert_int_equal(json_document_load(path, SD14_ERROR_FILE, &document, &error), SD14_OK);
    json_document_release(&document);
    remove_folder(folder);
}

static const struct {
    const char *json;
    const char *canonical;
} dumps[] = {
    {" { \"b\" : [ 1 , 2 ] , \"a\" : { } } ", "{\"a\":{},\"b\":[1,2]}"},
    {"[0.1,1e-5,1.0,1e20,1e22,0.30000000000000004,-0.0,5e-324,1.7976931348623157e308]",
     "[0.1,1e-05,1.0,1e+20,1e+22,0.30000000000000004,-0.0,5e-324,1.7976931348623157e+308]"},
    {"[9007199254740993,-1,true,false,null]", "[9007199254740993,-1,true,false,null]"},
    {"\"\\u00e9\\u0001\\n\\t\\r\\\"\\\\\\/\"", "\"\xC3\xA9\\u0001\\n\\t\\r\\\"\\\\/\""},
    {"{\"Z\":1,\"a\":2,\"\xC3\xA9\":3,\"\":4}", "{\"\":4,\"Z\":1,\"a\":2,\"\xC3\xA9\":3}"},
};

static void dumps_canonically(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(dumps) / sizeof(dumps[0]); i++) {
        json_document document = parse(dumps[i].json);
        text dump = {0};
        json_canonical(document.root, &dump);
        assert_string_equal(text_get(&dump), dumps[i].canonical);
        json_document again = parse(text_get(&dump));
        assert_true(json_equal(document.root, again.root));
        json_document_release(&again);
        json_document_release(&document);
        text_release(&dump);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_values),         cmocka_unit_test(says_what_is_wrong_where),
        cmocka_unit_test(cuts_long_places),     cmocka_unit_test(lists_unknown_keys),
        cmocka_unit_test(refuses_unknown_keys), cmocka_unit_test(reports_syntax_errors),
        cmocka_unit_test(dumps_canonically),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
