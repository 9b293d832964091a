/* SPDX-License-Identifier: Apache-2.0 */

/* Each allocation of loading and encoding fails in turn: a status, no leak, no crash. */
#include <string.h>

#include "base/memory.h"
#include "models/tokenizer/tokenizer.h"
#include "support/cmocka.h"
#include "support/fail_alloc.h"

static const char vocabulary[] =
    "{\"a\": 0, \"b</w>\": 1, \"ab</w>\": 2, \"<|startoftext|>\": 3, \"<|endoftext|>\": 4}";
static const char merges[] = "a b</w>\n";
static const char config[] = "{\"bos_token\": {\"content\": \"<|startoftext|>\"}}";

static const tokenizer_files files = {.name = "memory",
                                      .vocabulary = {vocabulary, sizeof(vocabulary) - 1},
                                      .merges = {merges, sizeof(merges) - 1},
                                      .config = {config, sizeof(config) - 1}};

static void test_create(void **state)
{
    (void)state;
    int n = 1;
    for (;; n++) {
        tokenizer *t = NULL;
        fail_alloc_at(n);
        const sd14_status status = tokenizer_create(&files, &t, NULL);
        const bool failed = fail_alloc_happened();
        tokenizer_destroy(t);
        if (!failed) {
            assert_int_equal(status, SD14_OK);
            break;
        }
        assert_int_equal(status, SD14_ERROR_OUT_OF_MEMORY);
        assert_null(t);
    }
    assert_true(n > 10);
}

/* Long enough that every list grows, with marks to sort and words to drop. */
static void make_text(char *text, size_t bytes)
{
    static const char piece[] = "AB e\xCC\x81\xCC\xA3 <|endoftext|> ";
    for (size_t i = 0; i < bytes; i++) text[i] = piece[i % (sizeof(piece) - 1)];
    for (size_t i = 0; i < 40; i++) memcpy(text + 2 * i, i % 2 == 0 ? "\xCC\x81" : "\xCC\xA3", 2);
}

static void test_encode(void **state)
{
    (void)state;
    char text[2048];
    make_text(text, sizeof(text));
    tokenizer *t = NULL;
    assert_int_equal(tokenizer_create(&files, &t, NULL), SD14_OK);
    int n = 1;
    for (;; n++) {
        tokenizer_result result;
        fail_alloc_at(n);
        const sd14_status status = tokenizer_encode(t, text, sizeof(text), &result, NULL);
        const bool failed = fail_alloc_happened();
        if (!failed) {
            assert_int_equal(status, SD14_OK);
            assert_non_null(result.dropped);
            tokenizer_result_release(&result);
            break;
        }
        assert_int_equal(status, SD14_ERROR_OUT_OF_MEMORY);
        assert_null(result.ids);
        assert_null(result.dropped);
    }
    assert_true(n > 10);
    tokenizer_destroy(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create),
        cmocka_unit_test(test_encode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
