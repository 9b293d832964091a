/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>

#include "base/memory.h"
#include "base/text.h"
#include "models/tokenizer/tokenizer.h"
#include "models/tokenizer/tokenizer_internal.h"
#include "models/tokenizer/utf8.h"

/* What str.strip() takes off: white space as Python has it, which is more than \s. */
static bool is_python_space(uint32_t c)
{
    return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 ||
           c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
           c == 0x202F || c == 0x205F || c == 0x3000;
}

/* A token's letters: an added token that is looked for in normalised text is written that way. */
static void read_letters(const tokenizer *t, int32_t id, u32_list *letters)
{
    u32_list_clear(letters);
    for (size_t i = 0; i < t->added.count; i++) {
        const added_token *token = &t->added.items[i];
        if (token->id != id || !token->normalized) continue;
        u32_list_add_all(letters, token->text.items, token->text.count);
        return;
    }
    size_t length = 0;
    const char *token = vocabulary_text(&t->vocabulary, id, &length);
    utf8_read(token, length, letters);
}

/* The bytes the letters stand for. Where one stands for none (a blank in an added token, say), the
 * token is its own text. Source: tokenizers ByteLevel::decode_chain(). */
static void write_letters(const u32_list *letters, text *to)
{
    bool own_text = false;
    for (size_t i = 0; i < letters->count && !own_text; i++) {
        own_text = bpe_byte_of_letter(letters->items[i]) < 0;
    }
    for (size_t i = 0; i < letters->count; i++) {
        char bytes[UTF8_MAX_BYTES] = {(char)bpe_byte_of_letter(letters->items[i])};
        text_add_bytes(to, bytes, own_text ? utf8_write(letters->items[i], bytes) : 1);
    }
}

/* Every token's bytes, one after the other. The caller releases `to`, also after failure. */
static sd14_status
write_tokens(const tokenizer *t, const int32_t *ids, size_t count, text *to, sd14_error *error)
{
    u32_list letters = {0};
    for (size_t i = 0; i < count && !letters.failed; i++) {
        if (ids[i] < 0 || ids[i] >= t->info.vocabulary_size) {
            u32_list_release(&letters);
            FAIL(error, INVALID_ARGUMENT, "no token has id %d; ids are 0..%d", (int)ids[i],
                 (int)t->info.vocabulary_size - 1);
        }
        read_letters(t, ids[i], &letters);
        write_letters(&letters, to);
    }
    const bool failed = letters.failed || text_failed(to);
    u32_list_release(&letters);
    if (failed) FAIL_NO_MEMORY(error, "the tokens' text");
    return SD14_OK;
}

/* "</w>" becomes a blank, in place; returns the new count. */
static size_t replace_word_ends(uint32_t *letters, size_t count)
{
    const char mark[] = BPE_END_OF_WORD;
    const size_t length = sizeof(mark) - 1;
    size_t kept = 0;
    for (size_t at = 0; at < count;) {
        size_t same = 0;
        while (same < length && at + same < count && letters[at + same] == (uint32_t)mark[same])
            same++;
        letters[kept++] = same == length ? (uint32_t)' ' : letters[at];
        at += same == length ? length : 1;
    }
    return kept;
}

sd14_status tokenizer_decode(const tokenizer *t,
                             const int32_t *ids,
                             size_t count,
                             char **out_text,
                             size_t *out_length,
                             sd14_error *error)
{
    *out_text = NULL;
    *out_length = 0;
    u32_list letters = {0};
    text bytes = {0};
    const sd14_status status = write_tokens(t, ids, count, &bytes, error);
    if (status == SD14_OK) utf8_read(text_get(&bytes), bytes.length, &letters);
    text_release(&bytes);
    if (status != SD14_OK) return status;

    size_t end = replace_word_ends(letters.items, letters.count);
    size_t start = 0;
    while (start < end && is_python_space(letters.items[start])) start++;
    while (end > start && is_python_space(letters.items[end - 1])) end--;

    char *decoded = letters.failed ? NULL : mem_array((end - start) * UTF8_MAX_BYTES + 1, 1);
    if (decoded == NULL) {
        u32_list_release(&letters);
        FAIL_NO_MEMORY(error, "the tokens' text");
    }
    size_t at = 0;
    for (size_t i = start; i < end; i++) at += utf8_write(letters.items[i], decoded + at);
    u32_list_release(&letters);
    *out_text = decoded;
    *out_length = at;
    return SD14_OK;
}
