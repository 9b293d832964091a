/* SPDX-License-Identifier: Apache-2.0 */

/* What tokenizer_load() makes of files: the forms it reads, and one clear error for each damage. */
#include <limits.h>
#include <string.h>

#include "base/memory.h"
#include "models/tokenizer/tokenizer.h"
#include "support/cmocka.h"
#include "support/files.h"

/* A whole vocabulary in seven tokens: every byte but a, b and ! is unknown. */
static const char good_vocabulary[] =
    "{\"a\": 0, \"b</w>\": 1, \"ab</w>\": 2, \"!</w>\": 3, \"!\": 4, "
    "\"<|startoftext|>\": 5, \"<|endoftext|>\": 6}";
static const char good_merges[] = "#version: 0.2\na b</w>\n";
static const char good_one_file[] =
    "{\"added_tokens\": [{\"id\": 7, \"content\": \"<Cat>\", \"normalized\": true}],"
    " \"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0, \"b</w>\": 1, \"ab</w>\": 2, \"!</w>\": "
    "3,"
    " \"!\": 4, \"<|startoftext|>\": 5, \"<|endoftext|>\": 6}, \"merges\": [[\"a\", \"b</w>\"]]}}";

typedef struct test_files {
    const char *vocabulary;
    const char *merges;
    const char *tokenizer_json;
    const char *config;
    const char *special_tokens;
    const char *added_tokens;
} test_files;

static void write_if(const char *folder, const char *name, const char *text)
{
    char path[PATH_MAX];
    if (text != NULL) write_file(path_in(path, folder, name), text, strlen(text));
}

/* Writes the files that are not NULL into a fresh folder and loads it. */
static sd14_status load_files(const test_files *files, tokenizer **out_tokenizer, sd14_error *error)
{
    char folder[PATH_MAX];
    (void)temp_folder(folder);
    write_if(folder, "vocab.json", files->vocabulary);
    write_if(folder, "merges.txt", files->merges);
    write_if(folder, "tokenizer.json", files->tokenizer_json);
    write_if(folder, "tokenizer_config.json", files->config);
    write_if(folder, "special_tokens_map.json", files->special_tokens);
    write_if(folder, "added_tokens.json", files->added_tokens);
    const sd14_status status = tokenizer_load(folder, out_tokenizer, error);
    remove_folder(folder);
    return status;
}

static tokenizer *load_good(const test_files *files)
{
    tokenizer *t = NULL;
    sd14_error error = {{0}};
    if (load_files(files, &t, &error) != SD14_OK) fail_msg("%s", error.text);
    return t;
}

static void check_ids(const tokenizer *t, const char *text, const int32_t *expected, size_t count)
{
    int32_t *ids = NULL;
    size_t found = 0;
    assert_int_equal(tokenizer_tokenize(t, text, strlen(text), &ids, &found, NULL), SD14_OK);
    assert_int_equal(found, count);
    assert_memory_equal(ids, expected, count * sizeof(*ids));
    mem_free(ids);
}

static void test_two_files(void **state)
{
    (void)state;
    const test_files crlf = {.vocabulary = good_vocabulary, .merges = "a b</w>\r\n"};
    const test_files lf = {.vocabulary = good_vocabulary, .merges = good_merges};
    for (int i = 0; i < 2; i++) {
        tokenizer *t = load_good(i == 0 ? &lf : &crlf);
        /* 'x' and 'B' in the middle of a word have no token: the unknown one, one per byte. */
        check_ids(t, "AB! xb <|endoftext|>", (int32_t[]){2, 3, 6, 1, 6}, 5);
        check_ids(t, "", NULL, 0);
        assert_int_equal(tokenizer_get_info(t).max_length, 77);
        tokenizer_destroy(t);
    }
}

static void test_one_file(void **state)
{
    (void)state;
    const test_files files = {.tokenizer_json = good_one_file};
    tokenizer *t = load_good(&files);
    check_ids(t, "ab<cAT>!", (int32_t[]){2, 7, 3}, 3);
    assert_int_equal(tokenizer_get_info(t).vocabulary_size, 8);

    /* A token looked for in normalised text is given back as it was looked for. */
    char *text = NULL;
    size_t length = 0;
    assert_int_equal(tokenizer_decode(t, (int32_t[]){2, 7}, 2, &text, &length, NULL), SD14_OK);
    assert_string_equal(text, "ab <cat>");
    mem_free(text);
    tokenizer_destroy(t);
}

/* The three ways to name special tokens, and which of them counts. */
static void test_special_tokens(void **state)
{
    (void)state;
    /* As SD 1.4's own folder: bos is looked for in lower case; so would eos, but for pad's plain name. */
    static const char objects[] =
        "{\"bos_token\": {\"content\": \"<|startoftext|>\", \"normalized\": true}, \"eos_token\": "
        "{\"content\": \"<|endoftext|>\", \"normalized\": true}, \"pad_token\": \"<|endoftext|>\","
        " \"model_max_length\": 20}";
    const test_files as_sd14 = {good_vocabulary, good_merges, NULL, objects, NULL, NULL};
    tokenizer *t = load_good(&as_sd14);
    check_ids(t, "<|StartOfText|><|endoftext|>", (int32_t[]){5, 6}, 2);
    assert_int_equal(tokenizer_get_info(t).max_length, 20);
    check_ids(t, "<|EndOfText|>", (int32_t[13]){6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6}, 13);
    tokenizer_destroy(t);

    /* As SD 2: padding is "!", which becomes a token of its own wherever it stands. */
    const test_files padded = {
        good_vocabulary,          good_merges, NULL, "{\"pad_token\": \"<|endoftext|>\"}",
        "{\"pad_token\": \"!\"}", NULL};
    t = load_good(&padded);
    assert_int_equal(tokenizer_get_info(t).pad_id, 4);
    check_ids(t, "ab!!", (int32_t[]){2, 4, 4}, 3);
    tokenizer_destroy(t);

    const test_files added = {good_vocabulary,
                              good_merges,
                              NULL,
                              "{\"model_max_length\": 1000000000000000019884624838656}",
                              NULL,
                              "{\"<dog>\": 8, \"<cat>\": 7}"};
    t = load_good(&added);
    check_ids(t, "ab<CAT><dog>", (int32_t[]){2, 7, 8}, 3);
    assert_int_equal(tokenizer_get_info(t).max_length, 77);
    tokenizer_destroy(t);

    const test_files decoder = {
        good_vocabulary,
        good_merges,
        NULL,
        "{\"added_tokens_decoder\": {\"7\": {\"content\": \"<cat>\", \"special\": true}}}",
        "{\"pad_token\": \"!\"}",
        NULL};
    t = load_good(&decoder);
    check_ids(t, "<cat>", (int32_t[]){7}, 1);
    assert_int_equal(tokenizer_get_info(t).pad_id, 6);
    tokenizer_destroy(t);
}

typedef struct bad_case {
    test_files files;
    const char *says; /* part of the error */
} bad_case;

#define VOCABULARY_OF(text)                                                                        \
    {                                                                                              \
        .vocabulary = (text), .merges = good_merges                                                \
    }
#define MERGES_OF(text)                                                                            \
    {                                                                                              \
        .vocabulary = good_vocabulary, .merges = (text)                                            \
    }
#define CONFIG_OF(text)                                                                            \
    {                                                                                              \
        .vocabulary = good_vocabulary, .merges = good_merges, .config = (text)                     \
    }
#define ADDED_OF(text)                                                                             \
    {                                                                                              \
        .vocabulary = good_vocabulary, .merges = good_merges, .added_tokens = (text)               \
    }
#define ONE_FILE_OF(text)                                                                          \
    {                                                                                              \
        .tokenizer_json = (text)                                                                   \
    }

static const bad_case bad_cases[] = {
    {{NULL, NULL, NULL, NULL, NULL, NULL}, "neither tokenizer.json nor vocab.json"},
    {{.vocabulary = good_vocabulary}, "neither tokenizer.json nor vocab.json"},
    {VOCABULARY_OF(""), "vocab.json:"},
    {VOCABULARY_OF("{\"a\": 0, \"b</w>\": 1"), "vocab.json:1"},
    {VOCABULARY_OF("[1, 2]"), "not a JSON object"},
    {VOCABULARY_OF("{}"), "no vocabulary"},
    {VOCABULARY_OF("{\"a\": 0, \"a\": 1}"), "duplicate"},
    {VOCABULARY_OF("{\"a\": 0, \"b\": 0}"), "two tokens"},
    {VOCABULARY_OF("{\"a\": 0, \"b\": 2}"), "outside 0..1"},
    {VOCABULARY_OF("{\"a\": -1}"), "outside"},
    {VOCABULARY_OF("{\"a\": 99999999999}"), "outside"},
    {VOCABULARY_OF("{\"a\": \"0\"}"), "outside"},
    {VOCABULARY_OF("{\"a\": 0, \"b</w>\": 1, \"ab</w>\": 2}"), "\"<|startoftext|>\" is not in"},
    {VOCABULARY_OF("{\"a\": 0, \"<|startoftext|>\": 1}"), "\"<|endoftext|>\" is not in"},
    {MERGES_OF("a b\n"), "merges.txt:1: the merge \"a b\" names a token"},
    {MERGES_OF("#version: 0.2\nb</w> a\n"), "merges.txt:2: the merge"},
    {MERGES_OF("a b</w>\n\n"), "merges.txt:2: not two tokens"},
    {MERGES_OF("a b</w> a\n"), "merges.txt:1: not two tokens"},
    {MERGES_OF("ab</w>"), "merges.txt:1: not two tokens"},
    {CONFIG_OF("{"), "tokenizer_config.json:1"},
    {CONFIG_OF("{\"bos_token\": 5}"), "bos_token is neither"},
    {CONFIG_OF("{\"bos_token\": \"\"}"), "bos_token is neither"},
    {CONFIG_OF("{\"pad_token\": \"<pad>\"}"), "\"<pad>\" is not in the vocabulary"},
    {CONFIG_OF("{\"eos_token\": {\"content\": \"a\", \"lstrip\": true}}"), "lstrip"},
    {CONFIG_OF("{\"model_max_length\": 2}"), "model_max_length 2"},
    {CONFIG_OF("{\"padding_side\": \"left\"}"), "padding_side"},
    {CONFIG_OF("{\"truncation_side\": \"left\"}"), "truncation_side"},
    {CONFIG_OF("{\"split_special_tokens\": true}"), "split_special_tokens"},
    {CONFIG_OF("{\"additional_special_tokens\": [\"a\"]}"), "additional_special_tokens"},
    {CONFIG_OF("{\"added_tokens_decoder\": {\"x\": {\"content\": \"a\"}}}"), "is no id"},
    {CONFIG_OF("{\"added_tokens_decoder\": {\"3\": {\"content\": \"a\"}}}"),
     "declared as 3 but is 0"},
    {ADDED_OF("{\"<cat>\": \"7\"}"), "has no id"},
    {ADDED_OF("{\"<cat>\": 9}"), "declared as 9 but is 7"},
    {ONE_FILE_OF("{}"), "no vocabulary"},
    {ONE_FILE_OF("{\"model\": {\"type\": \"Unigram\", \"vocab\": {\"a\": 0}}}"), "Unigram"},
    {ONE_FILE_OF("{\"model\": {\"vocab\": {\"<|startoftext|>\": 0, \"<|endoftext|>\": 1}, "
                 "\"merges\": [\"a\"]}}"),
     "merge 1 is not two tokens"},
    {ONE_FILE_OF("{\"model\": {\"vocab\": {\"<|startoftext|>\": 0, \"<|endoftext|>\": 1}, "
                 "\"merges\": [[\"a\", \"b\"]]}}"),
     "names a token"},
    {ONE_FILE_OF("{\"added_tokens\": [{\"content\": \"a\"}]}"), "has no id"},
};

static void test_damaged_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad_cases) / sizeof(bad_cases[0]); i++) {
        tokenizer *t = NULL;
        sd14_error error = {{0}};
        const sd14_status status = load_files(&bad_cases[i].files, &t, &error);
        if (status != SD14_ERROR_MODEL || strstr(error.text, bad_cases[i].says) == NULL) {
            fail_msg("case %zu: status %d, \"%s\" lacks \"%s\"", i, (int)status, error.text,
                     bad_cases[i].says);
        }
        assert_null(t);
    }
}

/* Every prefix of every file: an error or a tokenizer, never more. For the sanitizers. */
static void test_cut_files(void **state)
{
    (void)state;
    for (size_t length = 0; length < sizeof(good_one_file); length++) {
        tokenizer *t = NULL;
        const tokenizer_files one = {.name = "cut", .tokenizer_json = {good_one_file, length}};
        const sd14_status status = tokenizer_create(&one, &t, NULL);
        assert_int_equal(status, length + 1 < sizeof(good_one_file) ? SD14_ERROR_MODEL : SD14_OK);
        tokenizer_destroy(t);
    }
    for (size_t length = 0; length < sizeof(good_merges); length++) {
        tokenizer *t = NULL;
        const tokenizer_files two = {.name = "cut",
                                     .vocabulary = {good_vocabulary, strlen(good_vocabulary)},
                                     .merges = {good_merges, length}};
        const sd14_status status = tokenizer_create(&two, &t, NULL);
        assert_true(status == SD14_OK || status == SD14_ERROR_MODEL);
        tokenizer_destroy(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_files),      cmocka_unit_test(test_one_file),
        cmocka_unit_test(test_special_tokens), cmocka_unit_test(test_damaged_files),
        cmocka_unit_test(test_cut_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
