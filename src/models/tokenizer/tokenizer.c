/* SPDX-License-Identifier: Apache-2.0 */
#include "models/tokenizer/tokenizer.h"

#include <string.h>

#include "base/memory.h"
#include "models/tokenizer/tokenizer_internal.h"
#include "models/tokenizer/tokenizer_normalize.h"
#include "models/tokenizer/tokenizer_words.h"
#include "models/tokenizer/utf8.h"

/* One call's working memory. */
typedef struct encoding {
    const tokenizer *tokenizer;
    u32_list written;    /* the text's code points */
    u32_list normalized; /* of the part between two tokens found in `written` */
    bpe_scratch scratch;
    u32_list ids;
} encoding;

void tokenizer_destroy(tokenizer *t)
{
    if (t == NULL) return;
    vocabulary_release(&t->vocabulary);
    bpe_release(&t->bpe);
    added_tokens_release(&t->added);
    mem_free(t);
}

tokenizer_info tokenizer_get_info(const tokenizer *t)
{
    return t->info;
}

static void encoding_release(encoding *e)
{
    u32_list_release(&e->written);
    u32_list_release(&e->normalized);
    u32_list_release(&e->ids);
    bpe_scratch_release(&e->scratch);
}

/* Text without tokens of its own: words, then byte pairs. */
static sd14_status encode_words(encoding *e, const uint32_t *text, size_t count, sd14_error *error)
{
    word_scanner scanner = word_scanner_begin(text, count);
    size_t start = 0;
    size_t end = 0;
    while (word_scanner_next(&scanner, &start, &end)) {
        TRY(bpe_encode_word(&e->tokenizer->bpe, &e->scratch, text + start, end - start, &e->ids,
                            error));
    }
    return SD14_OK;
}

/* Text between two tokens found as written: it is normalised on its own (an accent after such a
 * token does not join what stood before), then searched for the other kind of token. */
static sd14_status encode_part(encoding *e, const uint32_t *text, size_t count, sd14_error *error)
{
    u32_list_clear(&e->normalized);
    tokenizer_normalize(text, count, &e->normalized);
    if (e->normalized.failed) FAIL_NO_MEMORY(error, "the prompt");

    const u32_list *part = &e->normalized;
    size_t at = 0;
    for (;;) {
        const added_match match =
            added_tokens_find(&e->tokenizer->added, true, part->items, part->count, at);
        const size_t end = match.length == 0 ? part->count : match.start;
        if (end > at) TRY(encode_words(e, part->items + at, end - at, error));
        if (match.length == 0) return SD14_OK;
        u32_list_add(&e->ids, (uint32_t)match.id);
        at = match.start + match.length;
    }
}

static sd14_status encode_text(encoding *e, const char *text, size_t length, sd14_error *error)
{
    if (length > TOKENIZER_TEXT_MAX) {
        FAIL(error, INVALID_ARGUMENT, "the prompt has %zu bytes, more than %zu; shorten it", length,
             TOKENIZER_TEXT_MAX);
    }
    utf8_read(text, length, &e->written);
    if (e->written.failed) FAIL_NO_MEMORY(error, "the prompt");

    const u32_list *written = &e->written;
    size_t at = 0;
    for (;;) {
        const added_match match =
            added_tokens_find(&e->tokenizer->added, false, written->items, written->count, at);
        const size_t end = match.length == 0 ? written->count : match.start;
        if (end > at) TRY(encode_part(e, written->items + at, end - at, error));
        if (match.length == 0) break;
        u32_list_add(&e->ids, (uint32_t)match.id);
        at = match.start + match.length;
    }
    if (e->ids.failed) FAIL_NO_MEMORY(error, "the prompt's tokens");
    return SD14_OK;
}

sd14_status tokenizer_tokenize(const tokenizer *t,
                               const char *text,
                               size_t length,
                               int32_t **out_ids,
                               size_t *out_count,
                               sd14_error *error)
{
    *out_ids = NULL;
    *out_count = 0;
    encoding e = {.tokenizer = t};
    sd14_status status;
    TRY_DONE(encode_text(&e, text, length, error));

    int32_t *ids = mem_array(e.ids.count, sizeof(*ids));
    if (ids == NULL) FAIL_DONE(error, OUT_OF_MEMORY, "not enough memory for the prompt's tokens");
    for (size_t i = 0; i < e.ids.count; i++) ids[i] = (int32_t)e.ids.items[i];
    *out_ids = ids;
    *out_count = e.ids.count;
done:
    encoding_release(&e);
    return status;
}

sd14_status tokenizer_encode(const tokenizer *t,
                             const char *text,
                             size_t length,
                             tokenizer_result *out_result,
                             sd14_error *error)
{
    *out_result = (tokenizer_result){0};
    int32_t *tokens = NULL;
    size_t count = 0;
    TRY(tokenizer_tokenize(t, text, length, &tokens, &count, error));

    sd14_status status = SD14_OK;
    tokenizer_result result = {.token_count = count};
    const size_t room = (size_t)t->info.max_length - 2; /* bos and eos */
    const size_t kept = count < room ? count : room;

    result.ids = mem_array((size_t)t->info.max_length, sizeof(*result.ids));
    if (result.ids == NULL) {
        FAIL_DONE(error, OUT_OF_MEMORY, "not enough memory for the prompt's ids");
    }
    result.ids[0] = t->info.bos_id;
    for (size_t i = 0; i < kept; i++) result.ids[1 + i] = tokens[i];
    result.ids[1 + kept] = t->info.eos_id;
    for (size_t i = 2 + kept; i < 2 + room; i++) result.ids[i] = t->info.pad_id;
    if (kept < count) {
        TRY_DONE(tokenizer_decode(t, tokens + kept, count - kept, &result.dropped,
                                  &result.dropped_length, error));
    }
done:
    mem_free(tokens);
    if (status != SD14_OK) tokenizer_result_release(&result);
    *out_result = result;
    return status;
}

void tokenizer_result_release(tokenizer_result *result)
{
    mem_free(result->ids);
    mem_free(result->dropped);
    *result = (tokenizer_result){0};
}
