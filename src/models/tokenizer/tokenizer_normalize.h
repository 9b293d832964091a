/* SPDX-License-Identifier: Apache-2.0 */

/** The tokenizer's first step: one text of many spellings becomes one spelling. */
#ifndef SD14_MODELS_TOKENIZER_NORMALIZE_H
#define SD14_MODELS_TOKENIZER_NORMALIZE_H

#include <stddef.h>
#include <stdint.h>

#include "models/tokenizer/u32_list.h"

/**
 * Appends to `to`: normalisation form C, each run of white space as one blank, lower case. Takes
 * time in proportion to `count`, whatever the text. Memory that ran out shows in `to->failed`.
 *
 * Source: tokenizers Sequence([NFC(), Replace(Regex(r"\s+"), " "), Lowercase()]).
 */
void tokenizer_normalize(const uint32_t *text, size_t count, u32_list *to);

#endif /* SD14_MODELS_TOKENIZER_NORMALIZE_H */
