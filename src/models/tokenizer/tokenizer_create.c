/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "models/tokenizer/tokenizer.h"
#include "models/tokenizer/tokenizer_internal.h"
#include "models/tokenizer/tokenizer_specials.h"

enum { SOURCE_BYTES = 512 };

/* The parsed files. */
typedef struct parsed {
    json_t *vocabulary;
    json_t *tokenizer_json;
    json_t *config;
    json_t *special_tokens;
    json_t *added_tokens;
} parsed;

static void parsed_release(parsed *p)
{
    json_decref(p->vocabulary);
    json_decref(p->tokenizer_json);
    json_decref(p->config);
    json_decref(p->special_tokens);
    json_decref(p->added_tokens);
}

/* A JSON object; NULL for a file that is not there. */
static sd14_status parse(const tokenizer_files *files,
                         tokenizer_bytes file,
                         const char *file_name,
                         size_t flags,
                         json_t **out_json,
                         sd14_error *error)
{
    *out_json = NULL;
    if (file.bytes == NULL) return SD14_OK;
    json_error_t problem;
    json_t *json = json_loadb(file.bytes, file.length, JSON_REJECT_DUPLICATES | flags, &problem);
    if (json == NULL) {
        if (json_error_code(&problem) == json_error_out_of_memory) FAIL_NO_MEMORY(error, file_name);
        FAIL(error, MODEL, "%s/%s:%d: %s; the file is damaged, fetch the model again", files->name,
             file_name, problem.line, problem.text);
    }
    if (!json_is_object(json)) {
        json_decref(json);
        FAIL(error, MODEL, "%s/%s: not a JSON object; the file is damaged, fetch the model again",
             files->name, file_name);
    }
    *out_json = json;
    return SD14_OK;
}

static sd14_status parse_all(const tokenizer_files *files, parsed *p, sd14_error *error)
{
    /* A length without limit is written as 10^30: integers as doubles, or jansson refuses it. */
    TRY(parse(files, files->config, "tokenizer_config.json", JSON_DECODE_INT_AS_REAL, &p->config,
              error));
    TRY(parse(files, files->special_tokens, "special_tokens_map.json", 0, &p->special_tokens,
              error));
    TRY(parse(files, files->added_tokens, "added_tokens.json", 0, &p->added_tokens, error));
    TRY(parse(files, files->tokenizer_json, "tokenizer.json", 0, &p->tokenizer_json, error));
    if (p->tokenizer_json != NULL) return SD14_OK;
    if (files->vocabulary.bytes == NULL || files->merges.bytes == NULL) {
        FAIL(error, MODEL,
             "%s: neither tokenizer.json nor vocab.json with merges.txt; is this a tokenizer's "
             "folder?",
             files->name);
    }
    return parse(files, files->vocabulary, "vocab.json", 0, &p->vocabulary, error);
}

/* Declared tokens that the vocabulary lacks: they get the ids after it, in their order. */
static int32_t count_new(const tokenizer_specials *specials, const json_t *model_vocabulary)
{
    int32_t count = 0;
    for (size_t i = 0; i < specials->count; i++) {
        const special_token *token = &specials->tokens[i];
        if (token->id >= 0 && json_object_get(model_vocabulary, token->content) == NULL) count++;
    }
    return count;
}

static sd14_status fill_vocabulary(tokenizer *t,
                                   const json_t *model_vocabulary,
                                   int32_t new_count,
                                   const char *source,
                                   sd14_error *error)
{
    const size_t size = json_object_size(model_vocabulary);
    if (size == 0 || size > INT32_MAX / 4) {
        FAIL(error, MODEL, "%s: no vocabulary in it; the file is damaged, fetch the model again",
             source);
    }
    TRY(vocabulary_init(&t->vocabulary, (int32_t)size + new_count, error));
    const char *token = NULL;
    json_t *id = NULL;
    /* jansson iterates over what it does not change, but takes no const. */
    json_object_foreach((json_t *)(uintptr_t)model_vocabulary, token, id)
    {
        const int64_t value = json_is_integer(id) ? json_integer_value(id) : -1;
        TRY(vocabulary_add(&t->vocabulary, value, token, strlen(token), source, error));
    }
    return SD14_OK;
}

/* merges.txt: a pair a line, two tokens and one blank between them; "#version" lines are skipped. */
static sd14_status
read_merge_lines(tokenizer *t, tokenizer_bytes file, const char *source, sd14_error *error)
{
    const char *at = file.bytes;
    const char *const end = file.bytes + file.length;
    int32_t rank = 0;
    for (size_t line = 1; at < end; line++) {
        const char *start = at;
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        at = line_end == NULL ? end : line_end + 1;
        if (line_end == NULL) {
            line_end = end;
        } else if (line_end > start && line_end[-1] == '\r') {
            line_end--;
        }
        const size_t length = (size_t)(line_end - start);
        if (length >= 8 && memcmp(start, "#version", 8) == 0) continue;

        const char *blank = memchr(start, ' ', length);
        if (blank == NULL || memchr(blank + 1, ' ', (size_t)(line_end - blank - 1)) != NULL) {
            FAIL(error, MODEL,
                 "%s:%zu: not two tokens with a blank between them; the file is damaged, fetch the "
                 "model again",
                 source, line);
        }
        const bpe_pair pair = {start,     (size_t)(blank - start),
                               blank + 1, (size_t)(line_end - blank - 1),
                               source,    line};
        TRY(bpe_add_merge(&t->bpe, &t->vocabulary, &pair, rank++, error));
    }
    return SD14_OK;
}

/* tokenizer.json's merges: ["a b", ...] or [["a", "b"], ...]. */
static sd14_status
read_merge_list(tokenizer *t, const json_t *merges, const char *source, sd14_error *error)
{
    const size_t count = json_array_size(merges);
    for (size_t i = 0; i < count; i++) {
        const json_t *entry = json_array_get(merges, i);
        const char *left = json_string_value(json_array_get(entry, 0));
        const char *right = json_string_value(json_array_get(entry, 1));
        size_t left_length = left == NULL ? 0 : strlen(left);
        if (json_is_string(entry)) {
            left = json_string_value(entry);
            const char *blank = strchr(left, ' ');
            left_length = blank == NULL ? 0 : (size_t)(blank - left);
            right = blank == NULL ? NULL : blank + 1;
            if (right != NULL && strchr(right, ' ') != NULL) right = NULL;
        }
        if (left == NULL || right == NULL || json_array_size(entry) > 2) {
            FAIL(error, MODEL,
                 "%s: merge %zu is not two tokens; the file is damaged, fetch the model again",
                 source, i + 1);
        }
        const bpe_pair pair = {left, left_length, right, strlen(right), source, i + 1};
        TRY(bpe_add_merge(&t->bpe, &t->vocabulary, &pair, (int32_t)i, error));
    }
    return SD14_OK;
}

static size_t count_lines(tokenizer_bytes file)
{
    size_t lines = 1;
    for (size_t i = 0; i < file.length; i++) lines += file.bytes[i] == '\n';
    return lines;
}

static sd14_status
add_specials(tokenizer *t, const tokenizer_specials *specials, const char *name, sd14_error *error)
{
    int32_t next = t->vocabulary.count;
    for (size_t i = 0; i < specials->count; i++) {
        const special_token *token = &specials->tokens[i];
        const size_t length = strlen(token->content);
        int32_t id = vocabulary_find(&t->vocabulary, token->content, length);
        /* Only a token with an id in the files may be new: a row of the text encoder's embedding
         * belongs to it. */
        if (id < 0 && token->id < 0) {
            FAIL(error, MODEL,
                 "%s: the special token \"%s\" is not in the vocabulary; the files are not of one "
                 "model, fetch it again",
                 name, token->content);
        }
        if (id < 0) {
            id = next++;
            TRY(vocabulary_add(&t->vocabulary, id, token->content, length, name, error));
        }
        if (token->id >= 0 && token->id != id) {
            FAIL(error, MODEL,
                 "%s: token \"%s\" is declared as %lld but is %d by the vocabulary; the files are "
                 "not "
                 "of one model, fetch it again",
                 name, token->content, (long long)token->id, (int)id);
        }
        if (!added_tokens_set(&t->added, id, token->content, token->normalized)) {
            FAIL_NO_MEMORY(error, "the tokenizer's special tokens");
        }
    }
    return SD14_OK;
}

static int32_t role_id(const tokenizer *t, const tokenizer_specials *specials, special_role role)
{
    const char *content = specials->roles[role];
    return vocabulary_find(&t->vocabulary, content, strlen(content));
}

/* From parsed files to tables. `t` is released by the caller, also after failure. */
static sd14_status build(tokenizer *t,
                         const tokenizer_files *files,
                         const parsed *p,
                         const tokenizer_specials *specials,
                         sd14_error *error)
{
    const json_t *model = json_object_get(p->tokenizer_json, "model");
    const char *type = json_string_value(json_object_get(model, "type"));
    if (type != NULL && strcmp(type, "BPE") != 0) {
        FAIL(error, MODEL, "%s/tokenizer.json: a model of type %s, CLIP's is BPE; is this SD 1.4?",
             files->name, type);
    }
    const bool one_file = p->tokenizer_json != NULL;
    const json_t *words = one_file ? json_object_get(model, "vocab") : p->vocabulary;
    const json_t *merges = json_object_get(model, "merges");
    char source[SOURCE_BYTES];
    (void)snprintf(source, sizeof(source), "%s/%s", files->name,
                   one_file ? "tokenizer.json" : "vocab.json");

    TRY(fill_vocabulary(t, words, count_new(specials, words), source, error));
    TRY(add_specials(t, specials, files->name, error));
    t->info = (tokenizer_info){.max_length = specials->max_length,
                               .vocabulary_size = t->vocabulary.count,
                               .bos_id = role_id(t, specials, SPECIAL_BOS),
                               .eos_id = role_id(t, specials, SPECIAL_EOS),
                               .pad_id = role_id(t, specials, SPECIAL_PAD),
                               .unknown_id = role_id(t, specials, SPECIAL_UNKNOWN)};

    const size_t merge_count = one_file ? json_array_size(merges) : count_lines(files->merges);
    TRY(bpe_init(&t->bpe, &t->vocabulary, merge_count, t->info.unknown_id, error));
    if (one_file) return read_merge_list(t, merges, source, error);
    (void)snprintf(source, sizeof(source), "%s/merges.txt", files->name);
    return read_merge_lines(t, files->merges, source, error);
}

sd14_status
tokenizer_create(const tokenizer_files *files, tokenizer **out_tokenizer, sd14_error *error)
{
    *out_tokenizer = NULL;
    sd14_status status;
    parsed p = {0};
    tokenizer_specials specials = {0};
    tokenizer *t = mem_array(1, sizeof(*t));
    if (t == NULL) FAIL_NO_MEMORY(error, "the tokenizer");

    TRY_DONE(parse_all(files, &p, error));
    const special_files special = {files->name, p.config, p.special_tokens, p.added_tokens,
                                   p.tokenizer_json};
    TRY_DONE(tokenizer_specials_read(&special, &specials, error));
    TRY_DONE(build(t, files, &p, &specials, error));
    *out_tokenizer = t;
    t = NULL;
done:
    tokenizer_destroy(t);
    tokenizer_specials_release(&specials);
    parsed_release(&p);
    return status;
}
