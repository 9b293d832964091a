/* SPDX-License-Identifier: Apache-2.0 */
#include "models/tokenizer/tokenizer_vocabulary.h"

#include <stdbool.h>
#include <string.h>

#include "base/memory.h"

/* FNV-1a: short keys, no need to withstand chosen ones (a vocabulary is a model's own file). */
static const uint64_t hash_start = 0xCBF29CE484222325U;

static uint64_t hash_on(uint64_t hash, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (unsigned char)bytes[i]) * 0x00000100000001B3U;
    }
    return hash;
}

sd14_status vocabulary_init(vocabulary *v, int32_t size, sd14_error *error)
{
    *v = (vocabulary){.size = size};
    size_t slots = 64;
    while (slots < 2 * (size_t)size) slots *= 2;
    v->slot_mask = slots - 1;
    v->slots = mem_array(slots, sizeof(*v->slots));
    v->entries = mem_array((size_t)size, sizeof(*v->entries));
    v->text_capacity = 8 * (size_t)size + 64;
    v->text = mem_array(v->text_capacity, 1);
    if (v->slots == NULL || v->entries == NULL || v->text == NULL) {
        FAIL_NO_MEMORY(error, "the tokenizer's vocabulary");
    }
    for (size_t i = 0; i < slots; i++) v->slots[i] = -1;
    for (int32_t id = 0; id < size; id++) v->entries[id].length = VOCABULARY_NO_TOKEN;
    return SD14_OK;
}

void vocabulary_release(vocabulary *v)
{
    mem_free(v->text);
    mem_free(v->entries);
    mem_free(v->slots);
    *v = (vocabulary){0};
}

static bool token_is(const vocabulary *v,
                     int32_t id,
                     const char *head,
                     size_t head_length,
                     const char *tail,
                     size_t tail_length)
{
    const vocabulary_entry *entry = &v->entries[id];
    const char *token = v->text + entry->offset;
    return entry->length == head_length + tail_length && memcmp(token, head, head_length) == 0 &&
           memcmp(token + head_length, tail, tail_length) == 0;
}

/* The slot that holds the token, or the free one where it belongs. */
static size_t slot_of(
    const vocabulary *v, const char *head, size_t head_length, const char *tail, size_t tail_length)
{
    uint64_t hash = hash_on(hash_on(hash_start, head, head_length), tail, tail_length);
    hash ^= hash >> 32;
    size_t slot = (size_t)hash & v->slot_mask;
    while (v->slots[slot] >= 0 &&
           !token_is(v, v->slots[slot], head, head_length, tail, tail_length)) {
        slot = (slot + 1) & v->slot_mask;
    }
    return slot;
}

static bool append_text(vocabulary *v, const char *bytes, size_t length)
{
    if (v->text_bytes + length > v->text_capacity) {
        const size_t capacity = 2 * v->text_capacity + length;
        char *text = mem_resize(v->text, capacity, 1);
        if (text == NULL) return false;
        v->text = text;
        v->text_capacity = capacity;
    }
    memcpy(v->text + v->text_bytes, bytes, length);
    v->text_bytes += length;
    return true;
}

sd14_status vocabulary_add(vocabulary *v,
                           int64_t id,
                           const char *token,
                           size_t length,
                           const char *source,
                           sd14_error *error)
{
    if (id < 0 || id >= v->size) {
        FAIL(error, MODEL,
             "%s: token \"%s\" has id %lld, outside 0..%d for its number of tokens; the file is "
             "damaged, fetch the model again",
             source, token, (long long)id, (int)v->size - 1);
    }
    if (v->entries[id].length != VOCABULARY_NO_TOKEN) {
        FAIL(error, MODEL,
             "%s: id %lld is given to two tokens, the second is \"%s\"; the file is damaged, fetch "
             "the model again",
             source, (long long)id, token);
    }
    const size_t slot = slot_of(v, token, length, "", 0);
    if (v->slots[slot] >= 0) {
        FAIL(error, MODEL,
             "%s: token \"%s\" stands there twice; the file is damaged, fetch the model again",
             source, token);
    }
    const size_t offset = v->text_bytes;
    if (offset + length >= VOCABULARY_NO_TOKEN || !append_text(v, token, length)) {
        FAIL_NO_MEMORY(error, "the tokenizer's vocabulary");
    }
    v->entries[id] = (vocabulary_entry){(uint32_t)offset, (uint32_t)length};
    v->slots[slot] = (int32_t)id;
    v->count++;
    return SD14_OK;
}

int32_t vocabulary_find_joined(
    const vocabulary *v, const char *head, size_t head_length, const char *tail, size_t tail_length)
{
    return v->slots[slot_of(v, head, head_length, tail, tail_length)];
}

int32_t vocabulary_find(const vocabulary *v, const char *token, size_t length)
{
    return vocabulary_find_joined(v, token, length, "", 0);
}

const char *vocabulary_text(const vocabulary *v, int32_t id, size_t *out_length)
{
    if (id < 0 || id >= v->size || v->entries[id].length == VOCABULARY_NO_TOKEN) return NULL;
    *out_length = v->entries[id].length;
    return v->text + v->entries[id].offset;
}
