/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/memory.h"
#include "models/tokenizer.h"
#include "models/tokenizer_internal.h"
#include "models/utf8.h"

/* What str.strip() takes off: white space as Python has it, which is more than \s. */
static bool is_python_space(uint32_t c)
{
    return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 ||
           c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
           c == 0x202F || c == 0x205F || c == 0x3000;
}

/* Writes a token's bytes and returns how many. A token with a letter that stands for no byte (an
 * added one with a blank, say) is its own text. Source: tokenizers ByteLevel::decode_chain. */
static size_t write_token(const char *token, size_t length, u32_list *letters, char *to)
{
    u32_list_clear(letters);
    utf8_read(token, length, letters);
    for (size_t i = 0; i < letters->count; i++) {
        const int byte = bpe_byte_of_letter(letters->items[i]);
        if (byte < 0) {
            memcpy(to, token, length);
            return length;
        }
        to[i] = (char)byte;
    }
    return letters->count;
}

/* Every token's bytes, one after the other. */
static sd14_status write_tokens(const tokenizer *t,
                                const int32_t *ids,
                                size_t count,
                                char **out_bytes,
                                size_t *out_length,
                                sd14_error *error)
{
    *out_bytes = NULL;
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        size_t length = 0;
        if (vocabulary_text(&t->vocabulary, ids[i], &length) == NULL) {
            FAIL(error, INVALID_ARGUMENT, "no token has id %d; ids are 0..%d", (int)ids[i],
                 (int)t->info.vocabulary_size - 1);
        }
        total += length;
    }
    char *bytes = mem_array(total, 1);
    if (bytes == NULL) FAIL_NO_MEMORY(error, "the tokens' text");

    u32_list letters = {0};
    size_t at = 0;
    for (size_t i = 0; i < count && !letters.failed; i++) {
        size_t length = 0;
        const char *token = vocabulary_text(&t->vocabulary, ids[i], &length);
        at += write_token(token, length, &letters, bytes + at);
    }
    const bool failed = letters.failed;
    u32_list_release(&letters);
    if (failed) {
        mem_free(bytes);
        FAIL_NO_MEMORY(error, "the tokens' text");
    }
    *out_bytes = bytes;
    *out_length = at;
    return SD14_OK;
}

/* "</w>" becomes a blank, in place; returns the new count. */
static size_t replace_word_ends(uint32_t *text, size_t count)
{
    const char mark[] = BPE_END_OF_WORD;
    const size_t length = sizeof(mark) - 1;
    size_t kept = 0;
    for (size_t at = 0; at < count;) {
        size_t same = 0;
        while (same < length && at + same < count && text[at + same] == (uint32_t)mark[same])
            same++;
        text[kept++] = same == length ? (uint32_t)' ' : text[at];
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
    char *bytes = NULL;
    size_t length = 0;
    TRY(write_tokens(t, ids, count, &bytes, &length, error));

    u32_list letters = {0};
    utf8_read(bytes, length, &letters);
    mem_free(bytes);
    size_t end = replace_word_ends(letters.items, letters.count);
    size_t start = 0;
    while (start < end && is_python_space(letters.items[start])) start++;
    while (end > start && is_python_space(letters.items[end - 1])) end--;

    char *text = letters.failed ? NULL : mem_array((end - start) * UTF8_MAX_BYTES + 1, 1);
    if (text == NULL) {
        u32_list_release(&letters);
        FAIL_NO_MEMORY(error, "the tokens' text");
    }
    size_t at = 0;
    for (size_t i = start; i < end; i++) at += utf8_write(letters.items[i], text + at);
    u32_list_release(&letters);
    *out_text = text;
    *out_length = at;
    return SD14_OK;
}
