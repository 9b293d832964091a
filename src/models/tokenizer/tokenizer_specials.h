/* SPDX-License-Identifier: Apache-2.0 */

/** Which tokens are special, and the other settings, as a tokenizer's JSON files name them. */
#ifndef SD14_MODELS_TOKENIZER_SPECIALS_H
#define SD14_MODELS_TOKENIZER_SPECIALS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/** A token to recognise inside texts. Its strings belong to the JSON it was read from. */
typedef struct special_token {
    const char *content; /**< NULL: not named */
    int64_t id;          /**< as the file says; -1 where it does not */
    bool normalized;
    bool plain; /**< named by its text alone, not by an object */
} special_token;

/** The roles a token can have, in the order in which transformers adds them. */
typedef enum special_role {
    SPECIAL_BOS,
    SPECIAL_EOS,
    SPECIAL_UNKNOWN,
    SPECIAL_SEPARATOR,
    SPECIAL_PAD,
    SPECIAL_CLASS,
    SPECIAL_MASK,
    SPECIAL_ROLES
} special_role;

typedef struct tokenizer_specials {
    special_token *tokens; /**< in the order they are added; a later one overrides; owned */
    size_t count;
    const char *roles[SPECIAL_ROLES]; /**< each role's text; NULL where there is none */
    int32_t max_length;
} tokenizer_specials;

/** The parsed files; NULL where there is none. `name` is the folder's, for errors. */
typedef struct special_files {
    const char *name;
    const json_t *config;         /**< tokenizer_config.json */
    const json_t *special_tokens; /**< special_tokens_map.json */
    const json_t *added_tokens;   /**< added_tokens.json */
    const json_t *tokenizer_json; /**< tokenizer.json */
} special_files;

/**
 * Reads the settings. Release them also after failure, before the JSON.
 * @return SD14_ERROR_MODEL (something malformed or not supported); SD14_ERROR_OUT_OF_MEMORY.
 *
 * Source: transformers PreTrainedTokenizerBase._from_pretrained() and TokenizersBackend.__init__().
 */
SD14_NODISCARD sd14_status tokenizer_specials_read(const special_files *files,
                                                   tokenizer_specials *out_specials,
                                                   sd14_error *error);

void tokenizer_specials_release(tokenizer_specials *specials);

#endif /* SD14_MODELS_TOKENIZER_SPECIALS_H */
