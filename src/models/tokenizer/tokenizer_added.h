/* SPDX-License-Identifier: Apache-2.0 */

/** Tokens recognised whole inside a text, before words are cut: <|endoftext|> and the like. */
#ifndef SD14_MODELS_TOKENIZER_ADDED_H
#define SD14_MODELS_TOKENIZER_ADDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/tokenizer/u32_list.h"

typedef struct added_token {
    u32_list text; /**< code points to look for */
    int32_t id;
    bool normalized; /**< looked for in normalised text; otherwise in the text as it was written */
} added_token;

typedef struct added_tokens {
    added_token *items; /**< owned, each with its text */
    size_t count;
    size_t capacity;
    bool starts[2][256]; /**< [normalized][low byte of a first code point] */
} added_tokens;

/**
 * Adds a token, or replaces the one of that id: the last one counts, as in the Rust library.
 * @param content  UTF-8, zero-terminated, not empty.
 * @return false when there is no memory.
 */
bool added_tokens_set(added_tokens *added, int32_t id, const char *content, bool normalized);

void added_tokens_release(added_tokens *added);

typedef struct added_match {
    size_t start;
    size_t length; /**< 0: nothing found */
    int32_t id;
} added_match;

/** The first token in text[from] and on; of those that start there, the longest.
 * Source: tokenizers added_vocabulary.rs find_matches(), leftmost longest. */
added_match added_tokens_find(
    const added_tokens *added, bool normalized, const uint32_t *text, size_t count, size_t from);

#endif /* SD14_MODELS_TOKENIZER_ADDED_H */
