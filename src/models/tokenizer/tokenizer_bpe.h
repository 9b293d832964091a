/* SPDX-License-Identifier: Apache-2.0 */

/** Byte-pair encoding of one word: its bytes, joined pair by pair in the order of the merges. */
#ifndef SD14_MODELS_TOKENIZER_BPE_H
#define SD14_MODELS_TOKENIZER_BPE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "models/tokenizer/tokenizer_vocabulary.h"
#include "models/tokenizer/u32_list.h"

/** What the last byte of a word carries. Source: CLIPTokenizer's end_of_word_suffix. */
#define BPE_END_OF_WORD "</w>"

typedef struct bpe_merge {
    int32_t left; /**< token ids; left is -1 in a free slot */
    int32_t right;
    int32_t rank; /**< lower merges first */
    int32_t id;   /**< of the token both become */
} bpe_merge;

typedef struct bpe {
    bpe_merge *slots; /**< hash table by (left, right); owned */
    size_t slot_mask;
    size_t merge_room;       /**< merges there is still room for */
    int32_t byte_ids[256];   /**< token of a byte inside a word, or the unknown token */
    int32_t ending_ids[256]; /**< token of a word's last byte, or the unknown token */
} bpe;

/** Room for `merge_count` merges; the byte tables are filled from the vocabulary. */
SD14_NODISCARD sd14_status
bpe_init(bpe *b, const vocabulary *v, size_t merge_count, int32_t unknown_id, sd14_error *error);

void bpe_release(bpe *b);

/** Two tokens and the file and line (or entry) they come from, for errors. */
typedef struct bpe_pair {
    const char *left;
    size_t left_length;
    const char *right;
    size_t right_length;
    const char *source;
    size_t line;
} bpe_pair;

/** Adds the next merge. A pair that comes again takes the later rank, as in the Rust library.
 * @return SD14_ERROR_MODEL (left, right or both together are no token). */
SD14_NODISCARD sd14_status
bpe_add_merge(bpe *b, const vocabulary *v, const bpe_pair *pair, int32_t rank, sd14_error *error);

/** Working memory of one caller, zero before its first use, kept from word to word. */
typedef struct bpe_scratch {
    struct bpe_symbol *symbols;
    struct bpe_candidate *heap;
    size_t capacity; /**< symbols; the heap has three times as many */
    uint64_t steps;  /**< heap levels walked so far: what long words cost, for tests */
} bpe_scratch;

void bpe_scratch_release(bpe_scratch *scratch);

/**
 * Appends the tokens of a word of `length` >= 1 code points, < 2^29. O(n log n).
 * @return SD14_ERROR_OUT_OF_MEMORY (also as `to->failed`).
 *
 * Source: tokenizers models/bpe: of all pairs with a merge, the lowest rank and of these the leftmost
 * is joined, until none is left.
 */
SD14_NODISCARD sd14_status bpe_encode_word(const bpe *b,
                                           bpe_scratch *scratch,
                                           const uint32_t *word,
                                           size_t length,
                                           u32_list *to,
                                           sd14_error *error);

/** The letter a byte is written with in vocabulary files: printable Latin-1 is itself, the others
 * are U+0100 and on. Source: GPT-2 bytes_to_unicode. */
uint32_t bpe_letter_of_byte(unsigned char byte);

/** The byte of such a letter, or -1. */
int bpe_byte_of_letter(uint32_t letter);

#endif /* SD14_MODELS_TOKENIZER_BPE_H */
