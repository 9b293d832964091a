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

static void forget(prompt_encoder *encoder)
{
    mem_free(encoder->ids);
    mem_free(encoder->context);
    encoder->ids = NULL;
    encoder->context = NULL;
}

void prompt_encoder_release(prompt_encoder *encoder)
{
    forget(encoder);
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

/* ids [batch, tokens] and positions [1, tokens] -> encoder->context. */
static sd14_status encode(prompt_encoder *encoder,
                          const int32_t *ids,
                          const int32_t *positions,
                          size_t batch,
                          const atomic_bool *cancel,
                          sd14_error *error)
{
    const size_t hidden = encoder->stage.model->config.text_encoder.hidden_size;
    encoder->context = mem_array(batch * token_count(encoder) * hidden, sizeof(float));
    if (encoder->context == NULL) FAIL_NO_MEMORY(error, "the text embeddings");
    const stage_size size = {.batch = batch};
    sd14_status status = stage_prepare(&encoder->stage, &size, cancel, error);
    if (status == SD14_OK) {
        const void *inputs[] = {ids, positions};
        status = stage_run(&encoder->stage, inputs, encoder->context, cancel, error);
    }
    stage_give_back(&encoder->stage);
    return status;
}

sd14_status prompt_encoder_run(prompt_encoder *encoder,
                               const char *prompt,
                               const char *negative_prompt,
                               bool guided,
                               const atomic_bool *cancel,
                               sd14_error *error)
{
    const size_t tokens = token_count(encoder);
    const size_t batch = guided ? 2 : 1;
    sd14_status status = SD14_OK;
    int32_t *ids = mem_array((batch + 1) * tokens, sizeof(*ids));
    if (ids == NULL) FAIL_NO_MEMORY(error, "the tokens");
    TRY_DONE(prompt_tokens(encoder->stage.model, encoder->log, prompt, negative_prompt, guided, ids,
                           error));

    const bool known = encoder->ids != NULL && encoder->batch == batch &&
                       memcmp(encoder->ids, ids, batch * tokens * sizeof(*ids)) == 0;
    if (!known) {
        forget(encoder);
        TRY_DONE(encode(encoder, ids, ids + batch * tokens, batch, cancel, error));
        encoder->ids = ids;
        encoder->batch = batch;
        ids = NULL;
    }
done:
    if (status != SD14_OK) forget(encoder);
    mem_free(ids);
    return status;
}
