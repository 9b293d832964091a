/* SPDX-License-Identifier: Apache-2.0 */
#include "models/model_card.h"

#include <unistd.h>

#include "base/memory.h"
#include "formats/json.h"
#include "models/folder.h"

static sd14_status read_prompts(const json_node *prompts, model_card *to, sd14_error *error)
{
    size_t count = 0;
    TRY(json_get_count(prompts, 0, MODEL_CARD_PROMPTS_MAX, &count, error));
    to->prompts = mem_array(count, sizeof(*to->prompts));
    if (to->prompts == NULL) FAIL_NO_MEMORY(error, "a list of prompts");
    for (size_t i = 0; i < count; i++) {
        const json_node prompt = json_element(prompts, i);
        const char *text = NULL;
        TRY(json_get_string(&prompt, &text, error));
        to->prompts[i] = mem_string(text);
        if (to->prompts[i] == NULL) FAIL_NO_MEMORY(error, "a list of prompts");
        to->n_prompts++;
    }
    return SD14_OK;
}

static sd14_status read_card(const char *path, model_card *to, sd14_error *error)
{
    json_document document = {0};
    sd14_status status = SD14_OK;
    const char *description = "";
    if (access(path, F_OK) == 0) {
        TRY(json_document_load(path, SD14_ERROR_MODEL, &document, error));
        const json_node root = json_document_root(&document);
        const json_node said = json_member(&root, "description");
        const json_node prompts = json_member(&root, "prompts");
        if (json_present(&said)) TRY_DONE(json_get_string(&said, &description, error));
        if (json_present(&prompts)) TRY_DONE(read_prompts(&prompts, to, error));
    }
    to->description = mem_string(description);
    if (to->description == NULL) {
        status = error_set(error, SD14_ERROR_OUT_OF_MEMORY, "not enough memory for a description");
    }
done:
    json_document_release(&document);
    return status;
}

sd14_status model_card_read(const char *folder, model_card *out_card, sd14_error *error)
{
    *out_card = (model_card){0};
    char *path = folder_path(folder, "sd14.json");
    if (path == NULL) FAIL_NO_MEMORY(error, "a path");
    const sd14_status status = read_card(path, out_card, error);
    mem_free(path);
    return status;
}

void model_card_release(model_card *card)
{
    for (size_t i = 0; i < card->n_prompts; i++) mem_free(card->prompts[i]);
    mem_free(card->prompts);
    mem_free(card->description);
    *card = (model_card){0};
}
