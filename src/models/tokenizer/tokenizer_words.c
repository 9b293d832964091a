/* SPDX-License-Identifier: Apache-2.0 */
#include "models/tokenizer/tokenizer_words.h"

#include <string.h>

#include "models/tokenizer/tokenizer_unicode.h"

static const char *const markers[] = {"<|startoftext|>", "<|endoftext|>"};
static const char *const contractions[] = {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};

word_scanner word_scanner_begin(const uint32_t *text, size_t count)
{
    return (word_scanner){.text = text, .count = count};
}

/* Length of the first of `words` that the text starts with; 0 if none. */
static size_t
match_ascii(const uint32_t *text, size_t count, const char *const *words, size_t word_count)
{
    for (size_t w = 0; w < word_count; w++) {
        const size_t length = strlen(words[w]);
        size_t same = 0;
        while (same < length && same < count && text[same] == (uint32_t)words[w][same]) same++;
        if (same == length) return length;
    }
    return 0;
}

static size_t match_marker(const uint32_t *text, size_t count)
{
    return text[0] == '<' ? match_ascii(text, count, markers, sizeof(markers) / sizeof(markers[0]))
                          : 0;
}

static size_t match_contraction(const uint32_t *text, size_t count)
{
    return text[0] == '\'' ? match_ascii(text, count, contractions,
                                         sizeof(contractions) / sizeof(contractions[0]))
                           : 0;
}

bool word_scanner_next(word_scanner *scanner, size_t *out_start, size_t *out_end)
{
    const uint32_t *text = scanner->text;
    size_t at = scanner->at;
    while (at < scanner->count && unicode_class_of(text[at]) == UNICODE_SPACE) at++;
    if (at >= scanner->count) return false;

    if (at >= scanner->marker_end) {
        const size_t marker = match_marker(text + at, scanner->count - at);
        if (marker != 0) scanner->marker_end = at + marker;
    }
    const size_t limit = at < scanner->marker_end ? scanner->marker_end : scanner->count;

    *out_start = at;
    const size_t contraction = match_contraction(text + at, limit - at);
    const unicode_class class_of = unicode_class_of(text[at]);
    if (contraction != 0) {
        at += contraction;
    } else if (class_of == UNICODE_NUMBER) {
        at++;
    } else {
        while (at < limit && unicode_class_of(text[at]) == class_of) at++;
    }
    *out_end = at;
    scanner->at = at;
    return true;
}
