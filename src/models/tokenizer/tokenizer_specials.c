/* SPDX-License-Identifier: Apache-2.0 */
#include "models/tokenizer/tokenizer_specials.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* CLIP's positions: the length where the files name none, or one that means "no limit". */
enum { CLIP_LENGTH = 77, SHORTEST_LENGTH = 3, LONGEST_LENGTH = 1 << 16 };

typedef struct role_name {
    const char *key;
    const char *content; /* where no file names one; NULL: the role stays empty */
} role_name;

/* Source: CLIPTokenizer.__init__(). */
static const role_name role_names[SPECIAL_ROLES] = {
    [SPECIAL_BOS] = {"bos_token", "<|startoftext|>"},
    [SPECIAL_EOS] = {"eos_token", "<|endoftext|>"},
    [SPECIAL_UNKNOWN] = {"unk_token", "<|endoftext|>"},
    [SPECIAL_SEPARATOR] = {"sep_token", NULL},
    [SPECIAL_PAD] = {"pad_token", "<|endoftext|>"},
    [SPECIAL_CLASS] = {"cls_token", NULL},
    [SPECIAL_MASK] = {"mask_token", NULL},
};

/* A token's object or plain text. `special` is what the reader of this file takes for granted: it
 * decides whether the token is looked for in normalised text when the object does not say. */
static sd14_status read_token(const json_t *json,
                              const char *source,
                              const char *key,
                              bool special,
                              special_token *out_token,
                              sd14_error *error)
{
    *out_token = (special_token){.id = -1};
    if (json_is_string(json)) {
        out_token->content = json_string_value(json);
        out_token->plain = true;
    } else if (json_is_object(json)) {
        out_token->content = json_string_value(json_object_get(json, "content"));
        const json_t *normalized = json_object_get(json, "normalized");
        special = special || json_is_true(json_object_get(json, "special"));
        out_token->normalized = normalized == NULL ? !special : json_is_true(normalized);
        static const char *const flags[] = {"lstrip", "rstrip", "single_word"};
        for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
            if (!json_is_true(json_object_get(json, flags[i]))) continue;
            FAIL(error, MODEL,
                 "%s: %s asks for \"%s\", which is not supported; use a tokenizer without it",
                 source, key, flags[i]);
        }
    }
    if (out_token->content == NULL || out_token->content[0] == '\0') {
        FAIL(error, MODEL,
             "%s: %s is neither a text nor an object with \"content\"; the file is damaged, fetch "
             "the "
             "model again",
             source, key);
    }
    return SD14_OK;
}

static int by_id(const void *a, const void *b)
{
    const special_token *left = a;
    const special_token *right = b;
    return (left->id > right->id) - (left->id < right->id);
}

static bool has_content(const special_token *tokens, size_t count, const char *content)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(tokens[i].content, content) == 0) return true;
    }
    return false;
}

/* A token with an id: the later of two with one id counts. */
static void declare(tokenizer_specials *specials, special_token token)
{
    for (size_t i = 0; i < specials->count; i++) {
        if (specials->tokens[i].id != token.id) continue;
        specials->tokens[i] = token;
        return;
    }
    specials->tokens[specials->count++] = token;
}

/* {"49408": {"content": "<cat>", ...}} of tokenizer_config.json. */
static sd14_status read_decoder(tokenizer_specials *specials,
                                const json_t *decoder,
                                const char *source,
                                sd14_error *error)
{
    const char *key = NULL;
    json_t *value = NULL;
    /* jansson iterates over what it does not change, but takes no const. */
    json_object_foreach((json_t *)(uintptr_t)decoder, key, value)
    {
        special_token token;
        TRY(read_token(value, source, key, false, &token, error));
        char *end = NULL;
        token.id = strtoll(key, &end, 10);
        if (end == key || *end != '\0' || token.id < 0) {
            FAIL(
                error, MODEL,
                "%s: \"%s\" in added_tokens_decoder is no id; the file is damaged, fetch the model "
                "again",
                source, key);
        }
        declare(specials, token);
    }
    return SD14_OK;
}

/* {"<cat>": 49408} of added_tokens.json. */
static sd14_status
read_added(tokenizer_specials *specials, const json_t *added, const char *source, sd14_error *error)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)added, key, value)
    {
        special_token token = {.content = key, .id = -1, .normalized = true};
        if (json_is_integer(value)) token.id = json_integer_value(value);
        if (token.id < 0 || key[0] == '\0') {
            FAIL(error, MODEL,
                 "%s: token \"%s\" has no id; the file is damaged, fetch the model again", source,
                 key);
        }
        for (int role = 0; role < SPECIAL_ROLES; role++) {
            const char *content = specials->roles[role];
            if (content != NULL && strcmp(content, key) == 0) token.normalized = false;
        }
        declare(specials, token);
    }
    return SD14_OK;
}

/* [{"id": 49408, "content": "<cat>", ...}] of tokenizer.json. */
static sd14_status
read_list(tokenizer_specials *specials, const json_t *list, const char *source, sd14_error *error)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *value = json_array_get(list, i);
        special_token token;
        TRY(read_token(value, source, "added_tokens", false, &token, error));
        const json_t *id = json_object_get(value, "id");
        if (!json_is_integer(id) || json_integer_value(id) < 0) {
            FAIL(error, MODEL,
                 "%s: token \"%s\" has no id; the file is damaged, fetch the model again", source,
                 token.content);
        }
        token.id = json_integer_value(id);
        declare(specials, token);
    }
    return SD14_OK;
}

/* A role's token in the files; one named by special_tokens_map.json goes before the config's, unless
 * the config brings all its added tokens along. */
static sd14_status read_role(const special_files *files,
                             const json_t *special_tokens,
                             special_role role,
                             special_token *out_token,
                             sd14_error *error)
{
    const char *key = role_names[role].key;
    const json_t *json = json_object_get(special_tokens, key);
    const bool special = json != NULL;
    if (json == NULL) json = json_object_get(files->config, key);
    if (json == NULL || json_is_null(json)) {
        *out_token = (special_token){.content = role_names[role].content, .id = -1, .plain = true};
        return SD14_OK;
    }
    return read_token(json, files->name, key, special, out_token, error);
}

/* Adds the roles' tokens that the files did not declare with an id. One written as a text and one
 * written as an object differ even if they look alike: both are added, the later counts. */
static void add_roles(tokenizer_specials *specials, const special_token roles[SPECIAL_ROLES])
{
    const size_t declared = specials->count;
    for (int role = 0; role < SPECIAL_ROLES; role++) {
        const special_token *token = &roles[role];
        if (token->content == NULL || has_content(specials->tokens, declared, token->content)) {
            continue;
        }
        bool same = false;
        for (size_t i = declared; i < specials->count && !same; i++) {
            const special_token *other = &specials->tokens[i];
            same = other->plain == token->plain && other->normalized == token->normalized &&
                   strcmp(other->content, token->content) == 0;
        }
        if (!same) specials->tokens[specials->count++] = *token;
    }
}

static sd14_status
read_max_length(const special_files *files, tokenizer_specials *specials, sd14_error *error)
{
    const json_t *json = json_object_get(files->config, "model_max_length");
    if (json != NULL && !json_is_null(json) && !json_is_number(json)) {
        FAIL(error, MODEL, "%s: model_max_length in tokenizer_config.json is not a number",
             files->name);
    }
    const double length = json_is_number(json) ? json_number_value(json) : CLIP_LENGTH;
    if (length < SHORTEST_LENGTH || length != length) {
        FAIL(error, MODEL,
             "%s: model_max_length %g in tokenizer_config.json leaves no room for a word; CLIP has "
             "77",
             files->name, length);
    }
    specials->max_length = length > LONGEST_LENGTH ? CLIP_LENGTH : (int32_t)length;
    return SD14_OK;
}

/* Settings that would change ids and that no CLIP tokenizer has. */
static sd14_status refuse_unsupported(const special_files *files, sd14_error *error)
{
    static const char *const lists[] = {"extra_special_tokens", "additional_special_tokens"};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        const json_t *in[] = {json_object_get(files->config, lists[i]),
                              json_object_get(files->special_tokens, lists[i])};
        for (size_t k = 0; k < 2; k++) {
            if (json_array_size(in[k]) == 0 && json_object_size(in[k]) == 0) continue;
            FAIL(error, MODEL, "%s: %s are not supported; use a tokenizer without them",
                 files->name, lists[i]);
        }
    }
    static const char *const sides[] = {"padding_side", "truncation_side"};
    for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
        const char *side = json_string_value(json_object_get(files->config, sides[i]));
        if (side == NULL || strcmp(side, "right") == 0) continue;
        FAIL(error, MODEL, "%s: %s \"%s\" is not supported; CLIP has \"right\"", files->name,
             sides[i], side);
    }
    if (json_is_true(json_object_get(files->config, "split_special_tokens"))) {
        FAIL(error, MODEL, "%s: split_special_tokens is not supported; use a tokenizer without it",
             files->name);
    }
    return SD14_OK;
}

sd14_status tokenizer_specials_read(const special_files *files,
                                    tokenizer_specials *out_specials,
                                    sd14_error *error)
{
    *out_specials = (tokenizer_specials){0};
    TRY(refuse_unsupported(files, error));
    TRY(read_max_length(files, out_specials, error));

    const json_t *decoder = json_object_get(files->config, "added_tokens_decoder");
    const json_t *list = json_object_get(files->tokenizer_json, "added_tokens");
    const size_t most = json_object_size(decoder) + json_object_size(files->added_tokens) +
                        json_array_size(list) + SPECIAL_ROLES;
    out_specials->tokens = mem_array(most, sizeof(*out_specials->tokens));
    if (out_specials->tokens == NULL) FAIL_NO_MEMORY(error, "the tokenizer's special tokens");

    special_token roles[SPECIAL_ROLES];
    for (int role = 0; role < SPECIAL_ROLES; role++) {
        TRY(read_role(files, decoder == NULL ? files->special_tokens : NULL, (special_role)role,
                      &roles[role], error));
        out_specials->roles[role] = roles[role].content;
    }
    if (decoder != NULL) {
        TRY(read_decoder(out_specials, decoder, files->name, error));
    } else {
        TRY(read_added(out_specials, files->added_tokens, files->name, error));
        TRY(read_list(out_specials, list, files->name, error));
    }
    qsort(out_specials->tokens, out_specials->count, sizeof(*out_specials->tokens), by_id);
    add_roles(out_specials, roles);
    return SD14_OK;
}

void tokenizer_specials_release(tokenizer_specials *specials)
{
    mem_free(specials->tokens);
    *specials = (tokenizer_specials){0};
}
