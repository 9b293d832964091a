/* SPDX-License-Identifier: Apache-2.0 */

/** Prompts to what the UNet attends to. */
#ifndef SD14_PIPELINE_PROMPT_ENCODER_H
#define SD14_PIPELINE_PROMPT_ENCODER_H

#include <stdatomic.h>

#include "base/log.h"
#include "pipeline/stage.h"

/** A text, and what it is in a picture: "prompt" or "negative prompt", for the log. */
typedef struct prompt_row {
    const char *which;
    const char *text;
} prompt_row;

/** Texts and what they became. */
typedef struct encoded_texts {
    size_t count;
    char **texts;      /**< [count], all different */
    int32_t *ids;      /**< [count, tokens] */
    float *embeddings; /**< [count, tokens, hidden_size] */
} encoded_texts;

/** Remembers texts: many seeds encode their prompt once. */
typedef struct prompt_encoder {
    stage stage;
    const log_target *log; /**< borrowed */
    encoded_texts known;
    int32_t *ids;   /**< of `context`: [batch, tokens]; NULL before there is one */
    float *context; /**< encoder_hidden_states [batch, tokens, hidden_size] */
    size_t batch;
} prompt_encoder;

void prompt_encoder_init(prompt_encoder *encoder,
                         const model *model,
                         backend *backend,
                         const log_target *log);

/**
 * Writes what the text encoder reads: row 0 the negative prompt and row 1 the prompt when `guided`, as diffusers
 * orders them, else the prompt alone; and behind them a row of positions, 0, 1, 2, ... Warns of words that fell off.
 * @param log  may be NULL
 * @param ids  [batch + 1, max_position_embeddings]; the batch is 2 when guided, else 1
 */
SD14_NODISCARD sd14_status prompt_tokens(const model *model,
                                         const log_target *log,
                                         const char *prompt,
                                         const char *negative_prompt,
                                         bool guided,
                                         int32_t *ids,
                                         sd14_error *error);

/** How many different texts there are among rows. */
size_t prompt_rows_different(const prompt_row *rows, size_t count);

/**
 * Encodes the texts that are not known, two at a time, and warns of words that fell off. When there was one, only
 * these rows' texts are known afterwards. The encoder's weights are given back to the host: they serve a tenth of a
 * second per text.
 */
SD14_NODISCARD sd14_status prompt_encoder_learn(prompt_encoder *encoder,
                                                const prompt_row *rows,
                                                size_t count,
                                                const atomic_bool *cancel,
                                                sd14_error *error);

/** Makes `encoder->context` of rows, after prompt_encoder_learn(). */
SD14_NODISCARD sd14_status prompt_encoder_run(prompt_encoder *encoder,
                                              const prompt_row *rows,
                                              size_t count,
                                              const atomic_bool *cancel,
                                              sd14_error *error);

void prompt_encoder_release(prompt_encoder *encoder);

#endif /* SD14_PIPELINE_PROMPT_ENCODER_H */
