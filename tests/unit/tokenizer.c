/* SPDX-License-Identifier: Apache-2.0 */

/* Recorded answers of transformers' CLIPTokenizer, by tools/reference/record_tokenizer.py. */
#include "models/tokenizer/tokenizer.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "models/tokenizer/tokenizer_bpe.h"
#include "models/tokenizer/tokenizer_internal.h"
#include "models/tokenizer/utf8.h"
#include "support/cmocka.h"

static const char clip_folder[] = "data/clip-bpe";
static const char small_folder[] = "models/emoji/tokenizer";

static json_t *recorded;

static int read_recorded(void **state)
{
    (void)state;
    recorded = json_load_file(SD14_SOURCE_DIR "/tests/data/tokenizer_cases.json", 0, NULL);
    return recorded == NULL;
}

static int release_recorded(void **state)
{
    (void)state;
    json_decref(recorded);
    return 0;
}

static tokenizer *load(const char *folder)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s", SD14_SOURCE_DIR, folder);
    tokenizer *t = NULL;
    sd14_error error = {{0}};
    if (tokenizer_load(path, &t, &error) != SD14_OK) fail_msg("%s", error.text);
    return t;
}

/* Bytes written as hex; released with mem_free(). */
static char *from_hex(const char *hex, size_t *out_length)
{
    const size_t length = strlen(hex) / 2;
    char *bytes = mem_array(length + 1, 1);
    assert_non_null(bytes);
    for (size_t i = 0; i < length; i++) {
        const char digits[] = {hex[2 * i], hex[2 * i + 1], '\0'};
        bytes[i] = (char)strtoul(digits, NULL, 16);
    }
    *out_length = length;
    return bytes;
}

static int32_t recorded_id(const json_t *ids, size_t i)
{
    return (int32_t)json_integer_value(json_array_get(ids, i));
}

/* One text's ids and dropped words; 0 or 1 difference. */
static int check_case(const tokenizer *t, const char *hex, const json_t *expected)
{
    size_t length = 0;
    char *text = from_hex(hex, &length);
    size_t dropped_length = 0;
    char *dropped =
        from_hex(json_string_value(json_object_get(expected, "dropped")), &dropped_length);
    const json_t *ids = json_object_get(expected, "ids");
    const size_t count = json_array_size(ids);
    const tokenizer_info info = tokenizer_get_info(t);

    tokenizer_result result;
    int32_t *all = NULL;
    size_t all_count = 0;
    assert_int_equal(tokenizer_encode(t, text, length, &result, NULL), SD14_OK);
    assert_int_equal(tokenizer_tokenize(t, text, length, &all, &all_count, NULL), SD14_OK);

    const size_t kept = count < 75 ? count : 75;
    bool same = result.token_count == count && all_count == count && result.ids[0] == info.bos_id &&
                result.ids[1 + kept] == info.eos_id && (result.dropped != NULL) == (count > 75) &&
                result.dropped_length == dropped_length;
    if (same && dropped_length != 0) same = memcmp(result.dropped, dropped, dropped_length) == 0;
    for (size_t i = 0; same && i < kept; i++) same = result.ids[1 + i] == recorded_id(ids, i);
    for (size_t i = 2 + kept; same && i < 77; i++) same = result.ids[i] == info.pad_id;
    for (size_t i = 0; same && i < count; i++) same = all[i] == recorded_id(ids, i);
    if (!same) print_error("differs for the bytes %s\n", hex);

    tokenizer_result_release(&result);
    mem_free(all);
    mem_free(dropped);
    mem_free(text);
    return same ? 0 : 1;
}

static void check_recorded(const char *folder)
{
    tokenizer *t = load(folder);
    const json_t *cases = json_object_get(recorded, "cases");
    assert_true(json_array_size(cases) >= 500);
    int wrong = 0;
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *one = json_array_get(cases, i);
        wrong += check_case(t, json_string_value(json_object_get(one, "text")),
                            json_object_get(one, folder));
    }
    assert_int_equal(wrong, 0);
    tokenizer_destroy(t);
}

static void test_recorded_clip(void **state)
{
    (void)state;
    check_recorded(clip_folder);
}

static void test_recorded_small(void **state)
{
    (void)state;
    check_recorded(small_folder);
}

static void test_info_comes_from_the_files(void **state)
{
    (void)state;
    tokenizer *clip = load(clip_folder);
    tokenizer *small = load(small_folder);
    const tokenizer_info of_clip = {77, 49408, 49406, 49407, 49407, 49407};
    const tokenizer_info of_small = {77, 2689, 2687, 2688, 2688, 2688};
    const tokenizer_info clip_info = tokenizer_get_info(clip);
    const tokenizer_info small_info = tokenizer_get_info(small);
    assert_memory_equal(&clip_info, &of_clip, sizeof(of_clip));
    assert_memory_equal(&small_info, &of_small, sizeof(of_small));
    tokenizer_destroy(clip);
    tokenizer_destroy(small);
}

static uint64_t hash_on(uint64_t hash, int32_t value)
{
    for (int shift = 0; shift < 32; shift += 8) {
        hash = (hash ^ ((uint32_t)value >> shift & 0xFFU)) * 0x100000001B3U;
    }
    return hash;
}

enum { BLOCK = 4096, BLOCKS = 0x110 };

/* The hash of the ids of a block of code points, as one text with a blank after each. */
static uint64_t block_hash(const tokenizer *t, uint32_t block)
{
    static char text[BLOCK * (UTF8_MAX_BYTES + 1)];
    size_t length = 0;
    for (uint32_t c = block * BLOCK; c < (block + 1) * BLOCK; c++) {
        if (c >= 0xD800 && c <= 0xDFFF) continue;
        length += utf8_write(c, text + length);
        text[length++] = ' ';
    }
    int32_t *ids = NULL;
    size_t count = 0;
    assert_int_equal(tokenizer_tokenize(t, text, length, &ids, &count, NULL), SD14_OK);
    uint64_t hash = 0xCBF29CE484222325U;
    for (size_t i = 0; i < count; i++) hash = hash_on(hash, ids[i]);
    mem_free(ids);
    return hash;
}

static void test_every_code_point(void **state)
{
    (void)state;
    tokenizer *t = load(clip_folder);
    const json_t *hashes = json_object_get(recorded, "code_points");
    assert_int_equal(json_array_size(hashes), BLOCKS);
    int wrong = 0;
    for (uint32_t block = 0; block < BLOCKS; block++) {
        const char *expected = json_string_value(json_array_get(hashes, block));
        if (block_hash(t, block) == strtoull(expected, NULL, 16)) continue;
        wrong++;
        print_error("differs within U+%04X..U+%04X: does utf8proc bring a newer Unicode than "
                    "tokenizer_unicode_table.c was made for?\n",
                    (unsigned)(block * BLOCK), (unsigned)(block * BLOCK + BLOCK - 1));
    }
    assert_int_equal(wrong, 0);
    tokenizer_destroy(t);
}

/* A word of a megabyte may cost n log n heap levels, not n squared: log2(3n) is below 22 here, and
 * no symbol is pushed or popped more than three times. */
static void test_long_word_costs_n_log_n(void **state)
{
    (void)state;
    enum { LENGTH = 1 << 20 };
    tokenizer *t = load(clip_folder);
    uint32_t *word = mem_array(LENGTH, sizeof(*word));
    assert_non_null(word);
    uint64_t seed = 14;
    for (size_t i = 0; i < LENGTH; i++) {
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        word[i] = i < LENGTH / 2 ? 'a' : 'a' + (uint32_t)(seed >> 60);
    }
    bpe_scratch scratch = {0};
    u32_list ids = {0};
    assert_int_equal(bpe_encode_word(&t->bpe, &scratch, word, LENGTH, &ids, NULL), SD14_OK);
    assert_true(ids.count > LENGTH / 64 && ids.count < LENGTH);
    assert_true(scratch.steps < (uint64_t)LENGTH * 3 * 2 * 22);

    bpe_scratch_release(&scratch);
    u32_list_release(&ids);
    mem_free(word);
    tokenizer_destroy(t);
}

/* A megabyte of marks on one letter, in the worst order for sorting; bytes that are no text; and
 * nothing but special tokens. Each in time that grows with its length, or this test does not end. */
static void test_long_texts(void **state)
{
    (void)state;
    static const struct {
        const char *repeated;
        size_t length;
        size_t tokens; /* of a million bytes; 0: not looked at */
    } texts[] = {{"\xCC\x81\xCC\xA3", 4, 0}, {"\xFF", 1, 0},    {"<|endoftext|>", 13, 76923},
                 {"<|endoftext|", 12, 0},    {"1", 1, 1000000}, {"' ", 2, 500000}};
    tokenizer *t = load(clip_folder);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const size_t times = 1000000 / texts[i].length;
        char *text = mem_array(times, texts[i].length);
        assert_non_null(text);
        for (size_t k = 0; k < times; k++) {
            memcpy(text + k * texts[i].length, texts[i].repeated, texts[i].length);
        }
        tokenizer_result result;
        assert_int_equal(tokenizer_encode(t, text, times * texts[i].length, &result, NULL),
                         SD14_OK);
        assert_true(result.token_count > 75 && result.dropped != NULL);
        if (texts[i].tokens != 0) assert_int_equal(result.token_count, texts[i].tokens);
        tokenizer_result_release(&result);
        mem_free(text);
    }
    tokenizer_destroy(t);
}

static void test_too_long_is_refused(void **state)
{
    (void)state;
    tokenizer *t = load(small_folder);
    tokenizer_result result;
    sd14_error error = {{0}};
    assert_int_equal(tokenizer_encode(t, "a", TOKENIZER_TEXT_MAX + 1, &result, &error),
                     SD14_ERROR_INVALID_ARGUMENT);
    assert_non_null(strstr(error.text, "shorten"));
    assert_null(result.ids);
    tokenizer_destroy(t);
}

static void test_decode(void **state)
{
    (void)state;
    tokenizer *t = load(clip_folder);
    const int32_t ids[] = {320, 1125, 49407};
    char *text = NULL;
    size_t length = 0;
    assert_int_equal(tokenizer_decode(t, ids, 3, &text, &length, NULL), SD14_OK);
    assert_string_equal(text, "a photo <|endoftext|>");
    assert_int_equal(length, strlen(text));
    mem_free(text);

    static const int32_t outside[] = {-1, 49408};
    for (size_t i = 0; i < 2; i++) {
        sd14_error error = {{0}};
        assert_int_equal(tokenizer_decode(t, &outside[i], 1, &text, &length, &error),
                         SD14_ERROR_INVALID_ARGUMENT);
        assert_non_null(strstr(error.text, "0..49407"));
        assert_null(text);
    }
    tokenizer_destroy(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recorded_clip),
        cmocka_unit_test(test_recorded_small),
        cmocka_unit_test(test_info_comes_from_the_files),
        cmocka_unit_test(test_every_code_point),
        cmocka_unit_test(test_long_word_costs_n_log_n),
        cmocka_unit_test(test_long_texts),
        cmocka_unit_test(test_too_long_is_refused),
        cmocka_unit_test(test_decode),
    };
    return cmocka_run_group_tests(tests, read_recorded, release_recorded);
}
