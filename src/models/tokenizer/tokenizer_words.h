/* SPDX-License-Identifier: Apache-2.0 */

/** Cuts normalised text into the words that byte-pair encoding works on. */
#ifndef SD14_MODELS_TOKENIZER_WORDS_H
#define SD14_MODELS_TOKENIZER_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct word_scanner {
    const uint32_t *text; /**< code points, borrowed */
    size_t count;
    size_t at;
    size_t marker_end; /**< end of the marker being taken apart; 0 when in none */
} word_scanner;

word_scanner word_scanner_begin(const uint32_t *text, size_t count);

/**
 * The next word is text[*out_start] up to text[*out_end], that one not included; blanks are skipped.
 * @return false when no word is left.
 *
 * Source: CLIPTokenizer's two pre-tokenizers, one after the other:
 *   Split(<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)
 *   ByteLevel, whose own pattern takes a marker the first one kept whole apart again: <| word |>.
 */
bool word_scanner_next(word_scanner *scanner, size_t *out_start, size_t *out_end);

#endif /* SD14_MODELS_TOKENIZER_WORDS_H */
