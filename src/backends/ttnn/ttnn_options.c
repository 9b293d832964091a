/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/ttnn/ttnn_options.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const int64_t minute_ms = 60000;

void ttnn_options_default(ttnn_options *out_options)
{
    *out_options = (ttnn_options){
        .settings = tt_settings_default(),
        .trace_region_size = (size_t)64 << 20,
        .open_ms = 2 * minute_ms,
        .compile_ms = 10 * minute_ms,
        .step_ms = 2 * minute_ms,
    };
}

/* ---- words --------------------------------------------------------------------------------------- */

/* The words of an enum, in its order. */
typedef struct words {
    const char *const *names;
    int count;
} words;

static const char *const group_norm_words[] = {"native", "composed"};
static const char *const memory_words[] = {"dram", "l1", "sharded"};

#define WORDS(list) ((words){list, sizeof(list) / sizeof((list)[0])})

/* Of what a tensor may be, what a network may be asked to be. */
static const words dtype_words = {tt_dtype_names, TT_BFLOAT8_B + 1};

static sd14_status
choose(const char *where, const json_t *value, words among, int *out_index, sd14_error *error)
{
    char list[128] = "";
    for (int i = 0; i < among.count; i++) {
        if (json_is_string(value) && strcmp(json_string_value(value), among.names[i]) == 0) {
            *out_index = i;
            return SD14_OK;
        }
        const size_t used = strlen(list);
        (void)snprintf(list + used, sizeof(list) - used, "%s\"%s\"", i == 0 ? "" : ", ",
                       among.names[i]);
    }
    FAIL(error, INVALID_ARGUMENT, "device option %s: must be one of %s", where, list);
}

static sd14_status
read_flag(const char *where, const json_t *value, bool *out_flag, sd14_error *error)
{
    if (!json_is_boolean(value))
        FAIL(error, INVALID_ARGUMENT, "device option %s: must be true or false", where);
    *out_flag = json_is_true(value);
    return SD14_OK;
}

static sd14_status read_whole(const char *where,
                              const json_t *value,
                              int64_t least,
                              int64_t most,
                              int64_t *out,
                              sd14_error *error)
{
    if (!json_is_integer(value) || json_integer_value(value) < least ||
        json_integer_value(value) > most) {
        FAIL(error, INVALID_ARGUMENT, "device option %s: must be a whole number from %lld to %lld",
             where, (long long)least, (long long)most);
    }
    *out = json_integer_value(value);
    return SD14_OK;
}

/* ---- a component ---------------------------------------------------------------------------------- */

static const char component_keys[] = "weights, activations, fidelity, fp32_dest_acc, math_approx, "
                                     "packer_l1_acc, group_norm, memory";

static sd14_status read_component_key(tt_component_settings *to,
                                      const char *where,
                                      const char *key,
                                      const json_t *value,
                                      sd14_error *error)
{
    int index = 0;
    if (strcmp(key, "weights") == 0) {
        TRY(choose(where, value, dtype_words, &index, error));
        to->weights = (tt_dtype)index;
    } else if (strcmp(key, "activations") == 0) {
        TRY(choose(where, value, dtype_words, &index, error));
        to->activations = (tt_dtype)index;
    } else if (strcmp(key, "fidelity") == 0) {
        TRY(choose(where, value, WORDS(tt_fidelity_names), &index, error));
        to->fidelity = (tt_fidelity)index;
    } else if (strcmp(key, "group_norm") == 0) {
        TRY(choose(where, value, WORDS(group_norm_words), &index, error));
        to->group_norm = (tt_group_norm)index;
    } else if (strcmp(key, "memory") == 0) {
        TRY(choose(where, value, WORDS(memory_words), &index, error));
        to->memory = (tt_placement)index;
    } else if (strcmp(key, "fp32_dest_acc") == 0) {
        return read_flag(where, value, &to->fp32_dest_acc, error);
    } else if (strcmp(key, "math_approx") == 0) {
        return read_flag(where, value, &to->math_approx, error);
    } else if (strcmp(key, "packer_l1_acc") == 0) {
        return read_flag(where, value, &to->packer_l1_acc, error);
    } else {
        FAIL(error, INVALID_ARGUMENT, "device option %s: unknown key; there are: %s", where,
             component_keys);
    }
    return SD14_OK;
}

static sd14_status
read_component(tt_component_settings *to, const char *name, json_t *object, sd14_error *error)
{
    const char *key;
    json_t *value;
    if (!json_is_object(object)) {
        FAIL(error, INVALID_ARGUMENT, "device option %s: must be an object with some of: %s", name,
             component_keys);
    }
    json_object_foreach(object, key, value)
    {
        char where[96];
        (void)snprintf(where, sizeof(where), "%s.%s", name, key);
        TRY(read_component_key(to, where, key, value, error));
    }
    return SD14_OK;
}

/* ---- the whole ------------------------------------------------------------------------------------ */

static sd14_status read_python(const json_t *value, ttnn_options *to, sd14_error *error)
{
    if (!json_is_string(value) || json_string_length(value) >= sizeof(to->python) ||
        json_string_length(value) == 0) {
        FAIL(error, INVALID_ARGUMENT,
             "device option python: must be the path of an interpreter or a virtual environment");
    }
    memcpy(to->python, json_string_value(value), json_string_length(value) + 1);
    return SD14_OK;
}

/* Seconds, as a time-out. */
static sd14_status
read_seconds(const char *key, const json_t *value, int64_t *out_ms, sd14_error *error)
{
    int64_t seconds = 0;
    TRY(read_whole(key, value, 1, 7 * 24 * 3600, &seconds, error));
    *out_ms = 1000 * seconds;
    return SD14_OK;
}

static sd14_status
read_switch(const char *key, const json_t *value, tt_switch *out_switch, sd14_error *error)
{
    bool on = false;
    TRY(read_flag(key, value, &on, error));
    *out_switch = on ? TT_ON : TT_OFF;
    return SD14_OK;
}

static sd14_status
read_size(const char *key, const json_t *value, size_t *out_bytes, sd14_error *error)
{
    int64_t bytes = 0;
    TRY(read_whole(key, value, 0, (int64_t)1 << 32, &bytes, error));
    *out_bytes = (size_t)bytes;
    return SD14_OK;
}

static sd14_status read_key(ttnn_options *to, const char *key, json_t *value, sd14_error *error)
{
    for (int i = 0; i < TT_COMPONENTS; i++) {
        if (i != TT_SCHEDULER && strcmp(key, tt_component_names[i]) == 0)
            return read_component(&to->settings.component[i], key, value, error);
    }
    if (strcmp(key, "python") == 0) return read_python(value, to, error);
    if (strcmp(key, "open_timeout") == 0) return read_seconds(key, value, &to->open_ms, error);
    if (strcmp(key, "compile_timeout") == 0)
        return read_seconds(key, value, &to->compile_ms, error);
    if (strcmp(key, "step_timeout") == 0) return read_seconds(key, value, &to->step_ms, error);
    if (strcmp(key, "l1_small_size") == 0)
        return read_size(key, value, &to->settings.l1_small_size, error);
    if (strcmp(key, "trace_region_size") == 0)
        return read_size(key, value, &to->trace_region_size, error);
    if (strcmp(key, "chips") == 0) {
        int64_t chips = 0;
        TRY(read_whole(key, value, 1, 2, &chips, error));
        to->settings.chips = (int)chips;
        return SD14_OK;
    }
    if (strcmp(key, "cache") == 0) return read_switch(key, value, &to->cache, error);
    if (strcmp(key, "trace") == 0) return read_switch(key, value, &to->trace, error);
    FAIL(error, INVALID_ARGUMENT,
         "unknown device option \"%.60s\"; the backend ttnn has: python, chips, cache, trace, "
         "trace_region_size, l1_small_size, open_timeout, compile_timeout, step_timeout, "
         "text_encoder, unet, vae_decoder, vae_encoder",
         key);
}

sd14_status ttnn_options_read(const char *text, ttnn_options *out_options, sd14_error *error)
{
    ttnn_options_default(out_options);
    if (text == NULL) return SD14_OK;
    json_error_t problem;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &problem);
    if (root == NULL) {
        FAIL(error, INVALID_ARGUMENT, "device options: not valid JSON: column %d: %s",
             problem.column, problem.text);
    }
    sd14_status status = SD14_OK;
    const char *key;
    json_t *value;
    if (!json_is_object(root))
        status = error_set(error, SD14_ERROR_INVALID_ARGUMENT,
                           "device options: must be a JSON object: {\"chips\": 1}");
    json_object_foreach(root, key, value)
    {
        if (status == SD14_OK) status = read_key(out_options, key, value, error);
    }
    json_decref(root);
    return status;
}
