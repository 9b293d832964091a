/* SPDX-License-Identifier: Apache-2.0 */
#include "models/tokenizer/tokenizer_added.h"

#include <string.h>

#include "base/memory.h"
#include "models/tokenizer/tokenizer_normalize.h"
#include "models/tokenizer/utf8.h"

static added_token *place_for(added_tokens *added, int32_t id)
{
    for (size_t i = 0; i < added->count; i++) {
        if (added->items[i].id != id) continue;
        u32_list_release(&added->items[i].text);
        return &added->items[i];
    }
    if (added->count == added->capacity) {
        const size_t capacity = 2 * added->capacity + 8;
        added_token *items = mem_resize(added->items, capacity, sizeof(*items));
        if (items == NULL) return NULL;
        added->items = items;
        added->capacity = capacity;
    }
    added_token *token = &added->items[added->count++];
    *token = (added_token){0};
    return token;
}

static void find_starts(added_tokens *added)
{
    memset(added->starts, 0, sizeof(added->starts));
    for (size_t i = 0; i < added->count; i++) {
        const added_token *token = &added->items[i];
        if (token->text.count != 0) {
            added->starts[token->normalized][token->text.items[0] & 0xFFU] = true;
        }
    }
}

bool added_tokens_set(added_tokens *added, int32_t id, const char *content, bool normalized)
{
    added_token *token = place_for(added, id);
    if (token == NULL) return false;
    token->id = id;
    token->normalized = normalized;
    if (normalized) {
        u32_list written = {0};
        utf8_read(content, strlen(content), &written);
        tokenizer_normalize(written.items, written.count, &token->text);
        token->text.failed = token->text.failed || written.failed;
        u32_list_release(&written);
    } else {
        utf8_read(content, strlen(content), &token->text);
    }
    find_starts(added);
    return !token->text.failed;
}

void added_tokens_release(added_tokens *added)
{
    for (size_t i = 0; i < added->count; i++) u32_list_release(&added->items[i].text);
    mem_free(added->items);
    *added = (added_tokens){0};
}

static added_match longest_at(
    const added_tokens *added, bool normalized, const uint32_t *text, size_t count, size_t at)
{
    added_match match = {0};
    for (size_t i = 0; i < added->count; i++) {
        const added_token *token = &added->items[i];
        const size_t length = token->text.count;
        if (token->normalized != normalized || length <= match.length || length > count - at) {
            continue;
        }
        if (memcmp(text + at, token->text.items, length * sizeof(*text)) == 0) {
            match = (added_match){at, length, token->id};
        }
    }
    return match;
}

added_match added_tokens_find(
    const added_tokens *added, bool normalized, const uint32_t *text, size_t count, size_t from)
{
    for (size_t at = from; at < count; at++) {
        if (!added->starts[normalized][text[at] & 0xFFU]) continue;
        const added_match match = longest_at(added, normalized, text, count, at);
        if (match.length != 0) return match;
    }
    return (added_match){0};
}
