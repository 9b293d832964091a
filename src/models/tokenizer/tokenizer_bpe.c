/* SPDX-License-Identifier: Apache-2.0 */
#include "models/tokenizer/tokenizer_bpe.h"

#include <stdbool.h>
#include <string.h>

#include "base/memory.h"
#include "models/tokenizer/utf8.h"

/* A token of the word in the making: a doubly linked list in an array, so that positions stay. */
typedef struct bpe_symbol {
    int32_t id; /* -1 once joined to the one before it */
    int32_t previous;
    int32_t next; /* -1 at the ends */
} bpe_symbol;

/* A pair that might be joined: ordered by rank, then position. */
typedef struct bpe_candidate {
    uint64_t order; /* rank << 32 | position of the left symbol */
    int32_t id;     /* of the token the pair becomes */
} bpe_candidate;

/* Printable and not a blank, as letters of vocabulary files: such a byte is written as itself. */
static bool is_plain(unsigned byte)
{
    return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte != 0xAD);
}

uint32_t bpe_letter_of_byte(unsigned char byte)
{
    if (is_plain(byte)) return byte;
    uint32_t letter = 0x100;
    for (unsigned b = 0; b < byte; b++) letter += is_plain(b) ? 0 : 1;
    return letter;
}

int bpe_byte_of_letter(uint32_t letter)
{
    if (letter < 0x100) return is_plain(letter) ? (int)letter : -1;
    uint32_t at = 0x100;
    for (unsigned b = 0; b < 0x100; b++) {
        if (is_plain(b)) continue;
        if (at == letter) return (int)b;
        at++;
    }
    return -1;
}

static void fill_byte_tables(bpe *b, const vocabulary *v, int32_t unknown_id)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        char letter[UTF8_MAX_BYTES];
        const size_t length = utf8_write(bpe_letter_of_byte((unsigned char)byte), letter);
        const int32_t id = vocabulary_find(v, letter, length);
        const int32_t ending =
            vocabulary_find_joined(v, letter, length, BPE_END_OF_WORD, strlen(BPE_END_OF_WORD));
        b->byte_ids[byte] = id < 0 ? unknown_id : id;
        b->ending_ids[byte] = ending < 0 ? unknown_id : ending;
    }
}

sd14_status
bpe_init(bpe *b, const vocabulary *v, size_t merge_count, int32_t unknown_id, sd14_error *error)
{
    *b = (bpe){.merge_room = merge_count};
    size_t slots = 64;
    while (slots / 2 < merge_count) slots *= 2;
    b->slot_mask = slots - 1;
    b->slots = mem_array(slots, sizeof(*b->slots));
    if (b->slots == NULL) FAIL_NO_MEMORY(error, "the tokenizer's merges");
    for (size_t i = 0; i < slots; i++) b->slots[i].left = -1;
    fill_byte_tables(b, v, unknown_id);
    return SD14_OK;
}

void bpe_release(bpe *b)
{
    mem_free(b->slots);
    *b = (bpe){0};
}

/* The slot of the pair, or the free one where it belongs. */
static bpe_merge *slot_of(const bpe *b, int32_t left, int32_t right)
{
    uint64_t hash = ((uint64_t)(uint32_t)left << 32 | (uint32_t)right) * 0x9E3779B97F4A7C15U;
    hash ^= hash >> 32;
    size_t slot = (size_t)hash & b->slot_mask;
    while (b->slots[slot].left >= 0 &&
           (b->slots[slot].left != left || b->slots[slot].right != right)) {
        slot = (slot + 1) & b->slot_mask;
    }
    return &b->slots[slot];
}

sd14_status
bpe_add_merge(bpe *b, const vocabulary *v, const bpe_pair *pair, int32_t rank, sd14_error *error)
{
    const int32_t left = vocabulary_find(v, pair->left, pair->left_length);
    const int32_t right = vocabulary_find(v, pair->right, pair->right_length);
    const int32_t id =
        vocabulary_find_joined(v, pair->left, pair->left_length, pair->right, pair->right_length);
    if (left < 0 || right < 0 || id < 0 || b->merge_room == 0) {
        FAIL(error, MODEL,
             "%s:%zu: the merge \"%.*s %.*s\" names a token that the vocabulary lacks; vocabulary "
             "and "
             "merges are not of one model, fetch it again",
             pair->source, pair->line, (int)pair->left_length, pair->left, (int)pair->right_length,
             pair->right);
    }
    b->merge_room--;
    *slot_of(b, left, right) = (bpe_merge){left, right, rank, id};
    return SD14_OK;
}

void bpe_scratch_release(bpe_scratch *scratch)
{
    mem_free(scratch->symbols);
    mem_free(scratch->heap);
    *scratch = (bpe_scratch){0};
}

/* A word of n symbols starts with up to n-1 candidates, and each of its up to n-1 merges adds two. */
static bool scratch_reserve(bpe_scratch *scratch, size_t length)
{
    if (length <= scratch->capacity) return true;
    const size_t capacity = length < 64 ? 64 : length;
    bpe_symbol *symbols = mem_resize(scratch->symbols, capacity, sizeof(*symbols));
    if (symbols != NULL) scratch->symbols = symbols;
    bpe_candidate *heap = mem_resize(scratch->heap, capacity, 3 * sizeof(*heap));
    if (heap != NULL) scratch->heap = heap;
    if (symbols == NULL || heap == NULL) return false;
    scratch->capacity = capacity;
    return true;
}

static void heap_push(bpe_scratch *scratch, size_t *count, bpe_candidate candidate)
{
    bpe_candidate *heap = scratch->heap;
    size_t at = (*count)++;
    while (at > 0 && heap[(at - 1) / 2].order > candidate.order) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
        scratch->steps++;
    }
    heap[at] = candidate;
}

static bpe_candidate heap_pop(bpe_scratch *scratch, size_t *count)
{
    bpe_candidate *heap = scratch->heap;
    const bpe_candidate top = heap[0];
    const bpe_candidate last = heap[--(*count)];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= *count) break;
        if (child + 1 < *count && heap[child + 1].order < heap[child].order) child++;
        if (heap[child].order >= last.order) break;
        heap[at] = heap[child];
        at = child;
        scratch->steps++;
    }
    heap[at] = last;
    return top;
}

static void propose(const bpe *b, bpe_scratch *scratch, size_t *count, int32_t left, int32_t right)
{
    if (left < 0 || right < 0) return;
    const bpe_symbol *symbols = scratch->symbols;
    const bpe_merge *merge = slot_of(b, symbols[left].id, symbols[right].id);
    if (merge->left < 0) return;
    const uint64_t order = (uint64_t)(uint32_t)merge->rank << 32 | (uint32_t)left;
    heap_push(scratch, count, (bpe_candidate){order, merge->id});
}

static void merge_all(const bpe *b, bpe_scratch *scratch, size_t length)
{
    bpe_symbol *symbols = scratch->symbols;
    size_t count = 0;
    for (size_t i = 1; i < length; i++) {
        propose(b, scratch, &count, (int32_t)i - 1, (int32_t)i);
    }
    while (count > 0) {
        const bpe_candidate top = heap_pop(scratch, &count);
        const int32_t left = (int32_t)(top.order & 0xFFFFFFFFU);
        if (symbols[left].id < 0 || symbols[left].next < 0) continue;

        /* An older candidate of a pair that has changed since. It still counts if the pair that
         * stands there now makes the same token: so does the Rust library. */
        const int32_t right = symbols[left].next;
        const bpe_merge *merge = slot_of(b, symbols[left].id, symbols[right].id);
        if (merge->left < 0 || merge->id != top.id) continue;

        symbols[left].id = top.id;
        symbols[left].next = symbols[right].next;
        symbols[right].id = -1;
        if (symbols[left].next >= 0) symbols[symbols[left].next].previous = left;
        propose(b, scratch, &count, symbols[left].previous, left);
        propose(b, scratch, &count, left, symbols[left].next);
    }
}

/* The word's UTF-8 bytes as symbols; returns how many. */
static size_t write_symbols(const bpe *b, bpe_symbol *symbols, const uint32_t *word, size_t length)
{
    size_t count = 0;
    unsigned char byte = 0;
    for (size_t i = 0; i < length; i++) {
        char bytes[UTF8_MAX_BYTES];
        const size_t n = utf8_write(word[i], bytes);
        for (size_t k = 0; k < n; k++) {
            byte = (unsigned char)bytes[k];
            symbols[count] =
                (bpe_symbol){b->byte_ids[byte], (int32_t)count - 1, (int32_t)count + 1};
            count++;
        }
    }
    symbols[count - 1].id = b->ending_ids[byte];
    symbols[count - 1].next = -1;
    return count;
}

sd14_status bpe_encode_word(const bpe *b,
                            bpe_scratch *scratch,
                            const uint32_t *word,
                            size_t length,
                            u32_list *to,
                            sd14_error *error)
{
    size_t bytes = 0;
    for (size_t i = 0; i < length; i++) bytes += utf8_length(word[i]);
    if (!scratch_reserve(scratch, bytes)) FAIL_NO_MEMORY(error, "the prompt's words");

    merge_all(b, scratch, write_symbols(b, scratch->symbols, word, length));
    for (int32_t i = 0; i >= 0; i = scratch->symbols[i].next) {
        u32_list_add(to, (uint32_t)scratch->symbols[i].id);
    }
    if (to->failed) FAIL_NO_MEMORY(error, "the prompt's tokens");
    return SD14_OK;
}
