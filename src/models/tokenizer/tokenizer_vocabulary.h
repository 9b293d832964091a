/* SPDX-License-Identifier: Apache-2.0 */

/** Token texts and their ids, both ways. */
#ifndef SD14_MODELS_TOKENIZER_VOCABULARY_H
#define SD14_MODELS_TOKENIZER_VOCABULARY_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct vocabulary_entry {
    uint32_t offset; /**< into `text` */
    uint32_t length; /**< bytes; VOCABULARY_NO_TOKEN where the id has no token */
} vocabulary_entry;

#define VOCABULARY_NO_TOKEN UINT32_MAX

typedef struct vocabulary {
    char *text;                /**< every token's bytes, one after the other; owned */
    size_t text_bytes;         /**< used */
    size_t text_capacity;      /**< allocated */
    vocabulary_entry *entries; /**< [size], by id; owned */
    int32_t *slots;            /**< hash table of ids, -1 where free; owned */
    size_t slot_mask;
    int32_t size;  /**< ids are 0 .. size-1 */
    int32_t count; /**< tokens added so far */
} vocabulary;

/** Room for `size` tokens; release it also after failure. @return SD14_ERROR_OUT_OF_MEMORY. */
SD14_NODISCARD sd14_status vocabulary_init(vocabulary *v, int32_t size, sd14_error *error);

void vocabulary_release(vocabulary *v);

/**
 * Adds a token.
 * @param source  the file's name for errors
 * @return SD14_ERROR_MODEL (id outside 0..size-1, id or text taken); SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status vocabulary_add(vocabulary *v,
                                          int64_t id,
                                          const char *token,
                                          size_t length,
                                          const char *source,
                                          sd14_error *error);

/** The id of the token that is `head` with `tail` after it, or -1. */
int32_t vocabulary_find_joined(const vocabulary *v,
                               const char *head,
                               size_t head_length,
                               const char *tail,
                               size_t tail_length);

/** The id of a token, or -1. */
int32_t vocabulary_find(const vocabulary *v, const char *token, size_t length);

/** The text of an id (not zero-terminated), or NULL for an id without token. */
const char *vocabulary_text(const vocabulary *v, int32_t id, size_t *out_length);

#endif /* SD14_MODELS_TOKENIZER_VOCABULARY_H */
