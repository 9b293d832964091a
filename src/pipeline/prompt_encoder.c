/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/prompt_encoder.h"

#include <string.h>

#include "base/memory.h"

static size_t token_count(const prompt_encoder *encoder)
{
    return encoder->stage.model->config.text_encoder.max_position_embeddings;
}

void prompt_encoder_init(prompt_encoder *encoder,
                         const model *model,
                         backend *backend,
                         const log_target *log)
{
    *encoder = (prompt_encoder){.log = log};
    stage_init(&encoder->stage, model, backend, MODEL_TEXT_ENCODER);
}

static size_t embedding_count(const prompt_encoder *encoder)
{
    return token_count(encoder) * encoder->stage.model->config.text_encoder.hidden_size;
}

static void encoded_texts_release(encoded_texts *of)
{
    for (size_t i = 0; of->texts != NULL && i < of->count; i++) mem_free(of->texts[i]);
    mem_free(of->texts);
    mem_free(of->ids);
    mem_free(of->embeddings);
    *of = (encoded_texts){0};
}

static void forget_run(prompt_encoder *encoder)
{
    mem_free(encoder->ids);
    mem_free(encoder->context);
    encoder->ids = NULL;
    encoder->context = NULL;
    encoder->batch = 0;
}

void prompt_encoder_release(prompt_encoder *encoder)
{
    forget_run(encoder);
    encoded_texts_release(&encoder->known);
    stage_release(&encoder->stage);
}

static sd14_status tokenize(const model *model,
                            const log_target *log,
                            const char *which,
                            const char *prompt,
                            int32_t *ids,
                            sd14_error *error)
{
    const size_t tokens = model->config.text_encoder.max_position_embeddings;
    tokenizer_result result = {0};
    TRY(tokenizer_encode(model->tokenizer, prompt, strlen(prompt), &result, error));
    if (result.dropped != NULL) {
        log_write(log, LOG_LEVEL_WARNING, "the %s has %zu tokens, %zu count; left out: %s", which,
                  result.token_count, tokens - 2, result.dropped);
    }
    memcpy(ids, result.ids, tokens * sizeof(*ids));
    tokenizer_result_release(&result);
    return SD14_OK;
}

sd14_status prompt_tokens(const model *model,
                          const log_target *log,
                          const char *prompt,
                          const char *negative_prompt,
                          bool guided,
                          int32_t *ids,
                          sd14_error *error)
{
    const size_t tokens = model->config.text_encoder.max_position_embeddings;
    if (guided) {
        TRY(tokenize(model, log, "negative prompt", negative_prompt, ids, error));
        ids += tokens;
    }
    TRY(tokenize(model, log, "prompt", prompt, ids, error));
    for (size_t i = 0; i < tokens; i++) ids[tokens + i] = (int32_t)i;
    return SD14_OK;
}

/* ---- texts, each once ----------------------------------------------------------------------------------- */

enum { TEXT_UNKNOWN = -1 };

static ptrdiff_t find_text(const encoded_texts *in, const char *text)
{
    for (size_t i = 0; i < in->count; i++) {
        if (strcmp(in->texts[i], text) == 0) return (ptrdiff_t)i;
    }
    return TEXT_UNKNOWN;
}

/* Whether a row's text is that of none before it. */
static bool is_first(const prompt_row *rows, size_t row)
{
    for (size_t i = 0; i < row; i++) {
        if (strcmp(rows[i].text, rows[row].text) == 0) return false;
    }
    return true;
}

size_t prompt_rows_different(const prompt_row *rows, size_t count)
{
    size_t different = 0;
    for (size_t i = 0; i < count; i++) different += is_first(rows, i) ? 1 : 0;
    return different;
}

static sd14_status add_text(encoded_texts *to, const char *text, sd14_error *error)
{
    to->texts[to->count] = mem_string(text);
    if (to->texts[to->count] == NULL) FAIL_NO_MEMORY(error, "the prompts");
    to->count++;
    return SD14_OK;
}

/* The rows' texts that are not known, with their ids. There is room for all, and for one more. */
static sd14_status add_unknown(const prompt_encoder *encoder,
                               const prompt_row *rows,
                               size_t count,
                               encoded_texts *to,
                               sd14_error *error)
{
    const size_t tokens = token_count(encoder);
    to->texts = mem_array(count + 1, sizeof(*to->texts));
    to->ids = mem_array((count + 1) * tokens, sizeof(*to->ids));
    to->embeddings = mem_array((count + 1) * embedding_count(encoder), sizeof(*to->embeddings));
    if (to->texts == NULL || to->ids == NULL || to->embeddings == NULL)
        FAIL_NO_MEMORY(error, "the text embeddings");
    for (size_t i = 0; i < count; i++) {
        if (find_text(&encoder->known, rows[i].text) != TEXT_UNKNOWN) continue;
        if (find_text(to, rows[i].text) != TEXT_UNKNOWN) continue;
        TRY(tokenize(encoder->stage.model, encoder->log, rows[i].which, rows[i].text,
                     to->ids + to->count * tokens, error));
        TRY(add_text(to, rows[i].text, error));
    }
    return SD14_OK;
}

static sd14_status add_known(const prompt_encoder *encoder,
                             const prompt_row *rows,
                             size_t count,
                             encoded_texts *to,
                             sd14_error *error)
{
    const size_t tokens = token_count(encoder), n = embedding_count(encoder);
    const encoded_texts *known = &encoder->known;
    for (size_t i = 0; i < count; i++) {
        const ptrdiff_t at = find_text(known, rows[i].text);
        if (at == TEXT_UNKNOWN || find_text(to, rows[i].text) != TEXT_UNKNOWN) continue;
        memcpy(to->ids + to->count * tokens, known->ids + (size_t)at * tokens,
               tokens * sizeof(*to->ids));
        memcpy(to->embeddings + to->count * n, known->embeddings + (size_t)at * n,
               n * sizeof(*to->embeddings));
        TRY(add_text(to, rows[i].text, error));
    }
    return SD14_OK;
}

/* All texts there, two at a time. A last one alone goes twice: one program serves all. */
static sd14_status encode(prompt_encoder *encoder,
                          const encoded_texts *of,
                          size_t batch,
                          const atomic_bool *cancel,
                          sd14_error *error)
{
    const size_t tokens = token_count(encoder);
    const stage_size size = {.batch = batch};
    sd14_status status = SD14_OK;
    int32_t *positions = mem_array(tokens, sizeof(*positions));
    if (positions == NULL) FAIL_NO_MEMORY(error, "the tokens");
    for (size_t i = 0; i < tokens; i++) positions[i] = (int32_t)i;
    int32_t *behind = of->ids + of->count * tokens;
    memcpy(behind, behind - tokens, tokens * sizeof(*behind));
    TRY_DONE(stage_prepare(&encoder->stage, &size, cancel, error));
    for (size_t i = 0; i < of->count; i += batch) {
        const void *inputs[] = {of->ids + i * tokens, positions};
        float *output = of->embeddings + i * embedding_count(encoder);
        TRY_DONE(stage_run(&encoder->stage, inputs, output, cancel, error));
    }
done:
    stage_give_back(&encoder->stage);
    mem_free(positions);
    return status;
}

static bool knows_all(const prompt_encoder *encoder, const prompt_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (find_text(&encoder->known, rows[i].text) == TEXT_UNKNOWN) return false;
    }
    return true;
}

sd14_status prompt_encoder_learn(prompt_encoder *encoder,
                                 const prompt_row *rows,
                                 size_t count,
                                 const atomic_bool *cancel,
                                 sd14_error *error)
{
    if (knows_all(encoder, rows, count)) return SD14_OK;
    sd14_status status = SD14_OK;
    encoded_texts texts = {0};
    TRY_DONE(add_unknown(encoder, rows, count, &texts, error));
    TRY_DONE(encode(encoder, &texts, count == 1 ? 1 : 2, cancel, error));
    TRY_DONE(add_known(encoder, rows, count, &texts, error));
    encoded_texts_release(&encoder->known);
    encoder->known = texts;
    texts = (encoded_texts){0};
done:
    encoded_texts_release(&texts);
    return status;
}

sd14_status prompt_encoder_run(prompt_encoder *encoder,
                               const prompt_row *rows,
                               size_t count,
                               const atomic_bool *cancel,
                               sd14_error *error)
{
    const size_t tokens = token_count(encoder), n = embedding_count(encoder);
    const encoded_texts *known = &encoder->known;
    forget_run(encoder);
    TRY(prompt_encoder_learn(encoder, rows, count, cancel, error));
    encoder->ids = mem_array(count * tokens, sizeof(*encoder->ids));
    encoder->context = mem_array(count * n, sizeof(*encoder->context));
    if (encoder->ids == NULL || encoder->context == NULL) {
        forget_run(encoder);
        FAIL_NO_MEMORY(error, "the text embeddings");
    }
    for (size_t i = 0; i < count; i++) {
        const size_t at = (size_t)find_text(known, rows[i].text);
        memcpy(encoder->ids + i * tokens, known->ids + at * tokens, tokens * sizeof(*known->ids));
        memcpy(encoder->context + i * n, known->embeddings + at * n,
               n * sizeof(*known->embeddings));
    }
    encoder->batch = count;
    return SD14_OK;
}
