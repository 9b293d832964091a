/* SPDX-License-Identifier: Apache-2.0 */
#include "models/config_check.h"

#include <string.h>

#include "models/config.h"

/* Whether `value` is among the '|'-separated `values`. */
static bool is_among(const char *value, const char *values)
{
    const size_t length = strlen(value);
    for (const char *at = values; *at != '\0';) {
        const size_t candidate = strcspn(at, "|");
        if (candidate == length && memcmp(at, value, length) == 0) return true;
        at += candidate;
        if (*at == '|') at++;
    }
    return false;
}

sd14_status config_check_fixed(const json_node *root, const config_fixed *fixed, sd14_error *error)
{
    const json_node node = json_member(root, fixed->key);
    if (node.value == NULL) return SD14_OK;

    text value = {0};
    json_canonical(node.value, &value);
    sd14_status status = SD14_OK;
    if (text_failed(&value)) {
        status =
            error_set(error, SD14_ERROR_OUT_OF_MEMORY, "not enough memory for a configuration");
    } else if (!is_among(text_get(&value), fixed->values)) {
        status = json_fail(&node, error,
                           "%.200s is not supported, only %s; is this Stable Diffusion 1.x?",
                           text_get(&value), fixed->values);
    }
    text_release(&value);
    return status;
}

static bool
is_known(const char *key, const config_fixed *fixed, size_t n_fixed, const char *const *read)
{
    if (key[0] == '_') return true;
    for (size_t i = 0; i < n_fixed; i++) {
        if (strcmp(fixed[i].key, key) == 0) return true;
    }
    for (; *read != NULL; read++) {
        if (strcmp(*read, key) == 0) return true;
    }
    return false;
}

sd14_status config_check_keys(const json_node *root,
                              const config_fixed *fixed,
                              size_t n_fixed,
                              const char *const *read,
                              sd14_error *error)
{
    TRY(json_get_object(root, error));
    for (size_t i = 0; i < n_fixed; i++) TRY(config_check_fixed(root, &fixed[i], error));

    const char *key = NULL;
    while ((key = json_next_key(root, key)) != NULL) {
        if (is_known(key, fixed, n_fixed, read)) continue;
        const json_node node = json_member(root, key);
        if (!json_present(&node) || json_is_false(node.value)) continue;
        return json_fail(&node, error,
                         "a setting this program does not know; is this Stable Diffusion 1.x?");
    }
    return SD14_OK;
}

sd14_status config_size(const json_node *root,
                        const char *key,
                        size_t min,
                        size_t max,
                        size_t *out_size,
                        sd14_error *error)
{
    const json_node node = json_member(root, key);
    int64_t value = 0;
    TRY(json_get_int(&node, (int64_t)min, (int64_t)max, &value, error));
    *out_size = (size_t)value;
    return SD14_OK;
}

sd14_status config_size_or(const json_node *root,
                           const char *key,
                           size_t absent,
                           size_t min,
                           size_t max,
                           size_t *out_size,
                           sd14_error *error)
{
    const json_node node = json_member(root, key);
    *out_size = absent;
    return json_present(&node) ? config_size(root, key, min, max, out_size, error) : SD14_OK;
}

sd14_status config_number_or(const json_node *root,
                             const char *key,
                             double absent,
                             double min,
                             double max,
                             double *out_number,
                             sd14_error *error)
{
    const json_node node = json_member(root, key);
    *out_number = absent;
    return json_present(&node) ? json_get_number(&node, min, max, out_number, error) : SD14_OK;
}

sd14_status config_bool_or(
    const json_node *root, const char *key, bool absent, bool *out_bool, sd14_error *error)
{
    const json_node node = json_member(root, key);
    *out_bool = absent;
    return json_present(&node) ? json_get_bool(&node, out_bool, error) : SD14_OK;
}

sd14_status config_channels(
    const json_node *root, size_t groups, size_t *out_sizes, size_t *out_count, sd14_error *error)
{
    const json_node list = json_member(root, "block_out_channels");
    TRY(json_get_count(&list, 1, CONFIG_BLOCKS_MAX, out_count, error));
    for (size_t i = 0; i < *out_count; i++) {
        const json_node node = json_element(&list, i);
        int64_t channels = 0;
        TRY(json_get_int(&node, 2, 65536, &channels, error));
        if ((size_t)channels % groups != 0 || channels % 2 != 0) {
            return json_fail(&node, error, "%d channels cannot be split into %zu groups",
                             (int)channels, groups);
        }
        out_sizes[i] = (size_t)channels;
    }
    return SD14_OK;
}

sd14_status config_block_types(const json_node *root,
                               const char *key,
                               size_t count,
                               const char *yes,
                               const char *no,
                               bool *out_flags,
                               sd14_error *error)
{
    const json_node list = json_member(root, key);
    size_t found = 0;
    TRY(json_get_count(&list, count, count, &found, error));
    for (size_t i = 0; i < count; i++) {
        const json_node node = json_element(&list, i);
        const char *type = NULL;
        TRY(json_get_string(&node, &type, error));
        const bool is_yes = strcmp(type, yes) == 0;
        if (!is_yes && (no == NULL || strcmp(type, no) != 0)) {
            return json_fail(
                &node, error,
                "\"%.100s\" is not supported, only \"%s\"%s%s%s; is this Stable Diffusion 1.x?",
                type, yes, no == NULL ? "" : " and \"", no == NULL ? "" : no,
                no == NULL ? "" : "\"");
        }
        if (out_flags != NULL) out_flags[i] = is_yes;
    }
    return SD14_OK;
}
