/* SPDX-License-Identifier: Apache-2.0 */

/* A tokenizer's files, one after the other with a zero byte between them, in the order below; an empty one is
 * not there. Whatever they say, ids are in the vocabulary and as many as announced. */
#include "fuzz.h"
#include "models/tokenizer/tokenizer.h"

enum { FILES = 6 };

static void split(const uint8_t *data, size_t size, tokenizer_bytes *const files[FILES])
{
    const char *at = (const char *)data;
    const char *const end = at + size;
    for (size_t i = 0; i < FILES && at < end; i++) {
        const char *zero = i + 1 < FILES ? memchr(at, 0, (size_t)(end - at)) : NULL;
        const size_t length = (size_t)((zero == NULL ? end : zero) - at);
        if (length > 0) *files[i] = (tokenizer_bytes){at, length};
        at += zero == NULL ? length : length + 1;
    }
}

static void check_prompt(const tokenizer *of, const char *prompt)
{
    const tokenizer_info info = tokenizer_get_info(of);
    tokenizer_result result;
    FUZZ_CHECK(tokenizer_encode(of, prompt, strlen(prompt), &result, NULL) == SD14_OK);
    FUZZ_CHECK(result.ids[0] == info.bos_id);
    for (int32_t i = 0; i < info.max_length; i++) {
        FUZZ_CHECK(result.ids[i] >= 0 && result.ids[i] < info.vocabulary_size);
    }
    tokenizer_result_release(&result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tokenizer_files files = {.name = "input"};
    tokenizer_bytes *const places[FILES] = {&files.vocabulary,     &files.merges,
                                            &files.config,         &files.special_tokens,
                                            &files.tokenizer_json, &files.added_tokens};
    tokenizer *made = NULL;
    sd14_error error;
    split(data, size, places);
    const sd14_status status = tokenizer_create(&files, &made, &error);
    if (status != SD14_OK) {
        fuzz_refused(status, SD14_ERROR_MODEL, &error);
        FUZZ_CHECK(made == NULL);
        return 0;
    }
    check_prompt(made, "");
    check_prompt(made, "a bad cab, ab<|endoftext|>ba \xC3\xA9\xFF");
    tokenizer_destroy(made);
    return 0;
}
