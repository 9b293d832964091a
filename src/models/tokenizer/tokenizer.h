/* SPDX-License-Identifier: Apache-2.0 */

/**
 * CLIP's tokenizer: a prompt becomes the ids that the text encoder reads.
 *
 *   "A red fox" -> [bos, a</w>, red</w>, fox</w>, eos, pad, pad, ...]      ids[max_length]
 *
 * The same ids as transformers 5's CLIPTokenizer, for any input. A tokenizer does not change after
 * it was loaded: any number of threads may use one.
 */
#ifndef SD14_MODELS_TOKENIZER_H
#define SD14_MODELS_TOKENIZER_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct tokenizer tokenizer;

/** Prompts longer than this are refused: far above any use, far below what positions can count. */
#define TOKENIZER_TEXT_MAX ((size_t)1 << 28)

/** A file's bytes; `bytes` NULL: there is no such file. */
typedef struct tokenizer_bytes {
    const char *bytes;
    size_t length;
} tokenizer_bytes;

/** A tokenizer's files, wherever they come from. `tokenizer_json`, if there, stands in for
 * `vocabulary` and `merges`, as in transformers 5; otherwise both are needed. */
typedef struct tokenizer_files {
    const char *name;               /**< of the folder, for errors */
    tokenizer_bytes vocabulary;     /**< vocab.json */
    tokenizer_bytes merges;         /**< merges.txt */
    tokenizer_bytes tokenizer_json; /**< tokenizer.json */
    tokenizer_bytes config;         /**< tokenizer_config.json, optional */
    tokenizer_bytes special_tokens; /**< special_tokens_map.json, optional */
    tokenizer_bytes added_tokens;   /**< added_tokens.json, optional */
} tokenizer_files;

/**
 * Loads the folder that holds the tokenizer's files, e.g. <model>/tokenizer.
 * @return SD14_ERROR_MODEL (files missing, damaged, contradicting each other or asking for something
 * not supported); SD14_ERROR_FILE; SD14_ERROR_OUT_OF_MEMORY. `*out_tokenizer` is NULL on failure.
 *
 * Source: transformers CLIPTokenizer.from_pretrained().
 */
SD14_NODISCARD sd14_status tokenizer_load(const char *folder,
                                          tokenizer **out_tokenizer,
                                          sd14_error *error);

/** As tokenizer_load(), from bytes in memory, which are not needed afterwards. */
SD14_NODISCARD sd14_status tokenizer_create(const tokenizer_files *files,
                                            tokenizer **out_tokenizer,
                                            sd14_error *error);

/** NULL is fine. */
void tokenizer_destroy(tokenizer *t);

/** What a tokenizer's files say. */
typedef struct tokenizer_info {
    int32_t max_length;      /**< ids of a prompt: 77 (also where no file names it) */
    int32_t vocabulary_size; /**< ids are 0 .. vocabulary_size-1 */
    int32_t bos_id;
    int32_t eos_id;
    int32_t pad_id;
    int32_t unknown_id;
} tokenizer_info;

tokenizer_info tokenizer_get_info(const tokenizer *t);

/** A prompt's ids. Release with tokenizer_result_release(). */
typedef struct tokenizer_result {
    int32_t *ids;       /**< [max_length]: bos, tokens, eos, pad */
    size_t token_count; /**< tokens of the whole prompt, bos and eos not counted */
    char *dropped;      /**< words that did not fit, UTF-8, zero-terminated; NULL if all fitted */
    size_t dropped_length; /**< its bytes (a prompt may hold zeros) */
} tokenizer_result;

/**
 * Encodes a prompt.
 * @param text  UTF-8, `length` bytes, zeros allowed; damaged parts count as U+FFFD.
 * @return SD14_ERROR_INVALID_ARGUMENT (longer than TOKENIZER_TEXT_MAX); SD14_ERROR_OUT_OF_MEMORY.
 *
 * Source: CLIPTokenizer(text, padding="max_length", truncation=True, max_length=77).input_ids;
 * dropped: batch_decode(untruncated_ids[:, 76:-1]), which diffusers' pipelines warn with.
 */
SD14_NODISCARD sd14_status tokenizer_encode(const tokenizer *t,
                                            const char *text,
                                            size_t length,
                                            tokenizer_result *out_result,
                                            sd14_error *error);

/** An all-zero or released result is fine. */
void tokenizer_result_release(tokenizer_result *result);

/**
 * All tokens of a text: no bos, no eos, no limit. Release `*out_ids` with mem_free().
 * Parameters and errors as for tokenizer_encode().
 *
 * Source: CLIPTokenizer(text, add_special_tokens=False).input_ids.
 */
SD14_NODISCARD sd14_status tokenizer_tokenize(const tokenizer *t,
                                              const char *text,
                                              size_t length,
                                              int32_t **out_ids,
                                              size_t *out_count,
                                              sd14_error *error);

/**
 * The text of some ids, zero-terminated UTF-8; release with mem_free().
 * @return SD14_ERROR_INVALID_ARGUMENT (an id outside the vocabulary); SD14_ERROR_OUT_OF_MEMORY.
 *
 * Source: CLIPTokenizer.decode(ids).
 */
SD14_NODISCARD sd14_status tokenizer_decode(const tokenizer *t,
                                            const int32_t *ids,
                                            size_t count,
                                            char **out_text,
                                            size_t *out_length,
                                            sd14_error *error);

#endif /* SD14_MODELS_TOKENIZER_H */
