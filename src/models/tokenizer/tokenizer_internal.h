/* SPDX-License-Identifier: Apache-2.0 */

/** What the tokenizer's own files share; others see tokenizer.h. */
#ifndef SD14_MODELS_TOKENIZER_INTERNAL_H
#define SD14_MODELS_TOKENIZER_INTERNAL_H

#include "models/tokenizer/tokenizer.h"
#include "models/tokenizer/tokenizer_added.h"
#include "models/tokenizer/tokenizer_bpe.h"
#include "models/tokenizer/tokenizer_vocabulary.h"

struct tokenizer {
    tokenizer_info info;
    vocabulary vocabulary;
    bpe bpe;
    added_tokens added;
};

#endif /* SD14_MODELS_TOKENIZER_INTERNAL_H */
