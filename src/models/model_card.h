/* SPDX-License-Identifier: Apache-2.0 */

/** What a model's sd14.json says to people: the part of the file that changes no picture. */
#ifndef SD14_MODELS_MODEL_CARD_H
#define SD14_MODELS_MODEL_CARD_H

#include <stddef.h>

#include "base/status.h"

enum { MODEL_CARD_PROMPTS_MAX = 100000 };

typedef struct model_card {
    char *description; /**< "" when it says nothing */
    char **prompts;    /**< prompts it was trained on; NULL: it says none */
    size_t n_prompts;
} model_card;

/**
 * Reads "description" and "prompts"; a folder without sd14.json says nothing.
 * @param out_card  the caller's to model_card_release(), also after a failure.
 * @return SD14_OK; SD14_ERROR_MODEL naming file and place; SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status model_card_read(const char *folder,
                                           model_card *out_card,
                                           sd14_error *error);

/** An all-zero card is fine. */
void model_card_release(model_card *card);

#endif /* SD14_MODELS_MODEL_CARD_H */
