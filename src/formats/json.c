/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/json.h"

#include <stdio.h>
#include <string.h>

#include "base/file_map.h"
#include "base/memory.h"

/* Bytes of a place ("down_blocks[1].attentions") and of a value in an error's sentence. */
enum { PLACE_BYTES = 256, FOUND_BYTES = 64, DEPTH_MAX = 16 };

sd14_status json_document_parse(const char *bytes,
                                size_t size,
                                const char *name,
                                sd14_status blame,
                                json_document *out_document,
                                sd14_error *error)
{
    *out_document = (json_document){.blame = blame};
    if (size == 0) return error_set(error, blame, "%s: the file is empty", name);

    const char *zero = memchr(bytes, 0, size); /* jansson passes over some */
    if (zero != NULL) {
        return error_set(error, blame,
                         "%s: not valid JSON: a zero byte at %zu; fetch the file again", name,
                         (size_t)(zero - bytes));
    }
    json_error_t problem;
    out_document->root =
        json_loadb(bytes, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &problem);
    if (out_document->root == NULL) {
        /* Without memory jansson says nothing at all, mostly. */
        const bool silent = problem.text[0] == '\0';
        if (silent || json_error_code(&problem) == json_error_out_of_memory) {
            FAIL_NO_MEMORY(error, name);
        }
        return error_set(error, blame, "%s:%d:%d: not valid JSON: %s", name, problem.line,
                         problem.column, problem.text);
    }
    out_document->name = mem_string(name);
    if (out_document->name == NULL) {
        json_document_release(out_document);
        FAIL_NO_MEMORY(error, name);
    }
    return SD14_OK;
}

sd14_status json_document_load(const char *path,
                               sd14_status blame,
                               json_document *out_document,
                               sd14_error *error)
{
    *out_document = (json_document){.blame = blame};
    file_map map;
    sd14_status status = file_map_open(path, &map, error);
    if (status != SD14_OK) return status == SD14_ERROR_FILE ? blame : status;
    if (map.size > JSON_BYTES_MAX) {
        status = error_set(error, blame, "%s: %zu bytes are too many for JSON; the limit is %zu",
                           path, map.size, JSON_BYTES_MAX);
    } else {
        status = json_document_parse((const char *)map.bytes, map.size, path, blame, out_document,
                                     error);
    }
    file_map_close(&map);
    return status;
}

void json_document_release(json_document *document)
{
    json_decref(document->root);
    mem_free(document->name);
    *document = (json_document){0};
}

json_node json_document_root(const json_document *document)
{
    return (json_node){.document = document, .value = document->root};
}

json_node json_member(const json_node *object, const char *key)
{
    return (json_node){.document = object->document,
                       .value = json_object_get(object->value, key),
                       .parent = object,
                       .key = key};
}

json_node json_element(const json_node *array, size_t index)
{
    return (json_node){.document = array->document,
                       .value = json_array_get(array->value, index),
                       .parent = array,
                       .index = index};
}

bool json_present(const json_node *node)
{
    return node->value != NULL && !json_is_null(node->value);
}

/* "block_out_channels[2]", "" for the root. Deeper than DEPTH_MAX the outermost names are left out. */
static const char *place_text(const json_node *node, char buffer[PLACE_BYTES])
{
    const json_node *path[DEPTH_MAX];
    int depth = 0;
    for (; node->parent != NULL && depth < DEPTH_MAX; node = node->parent) path[depth++] = node;

    size_t length = 0;
    buffer[0] = '\0';
    while (depth > 0 && length < PLACE_BYTES - 1) {
        const json_node *at = path[--depth];
        char *to = buffer + length;
        const size_t room = PLACE_BYTES - length;
        const int added = at->key == NULL
                              ? snprintf(to, room, "[%zu]", at->index)
                              : snprintf(to, room, "%s%s", length == 0 ? "" : ".", at->key);
        length += added < 0 ? 0 : (size_t)added;
    }
    return buffer;
}

/* What stands there, for an error: numbers and short strings themselves, else the kind. */
static const char *found_text(const json_t *value, char buffer[FOUND_BYTES])
{
    if (value == NULL) return "nothing";
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        (void)snprintf(buffer, FOUND_BYTES, "an array of %zu", json_array_size(value));
        return buffer;
    case JSON_STRING:
        (void)snprintf(buffer, FOUND_BYTES, "\"%.40s%s\"", json_string_value(value),
                       json_string_length(value) > 40 ? "..." : "");
        return buffer;
    case JSON_INTEGER:
        (void)snprintf(buffer, FOUND_BYTES, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return buffer;
    case JSON_REAL:
        (void)snprintf(buffer, FOUND_BYTES, "%.17g", json_real_value(value));
        return buffer;
    case JSON_TRUE:
        return "true";
    case JSON_FALSE:
        return "false";
    case JSON_NULL:
        return "null";
    }
    return "something else";
}

sd14_status json_fail(const json_node *node, sd14_error *error, const char *format, ...)
{
    char place[PLACE_BYTES];
    char sentence[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    (void)place_text(node, place);
    return error_set(error, node->document->blame, "%s: %s%s%s", node->document->name, place,
                     place[0] == '\0' ? "" : ": ", sentence);
}

static sd14_status fail_expected(const json_node *node, sd14_error *error, const char *expected)
{
    char found[FOUND_BYTES];
    return json_fail(node, error, "expected %s, found %s", expected,
                     found_text(node->value, found));
}

sd14_status
json_get_int(const json_node *node, int64_t min, int64_t max, int64_t *out_value, sd14_error *error)
{
    const int64_t value = json_integer_value(node->value); /* 0 for what is no integer */
    if (json_is_integer(node->value) && value >= min && value <= max) {
        *out_value = value;
        return SD14_OK;
    }
    char expected[96];
    if (max == INT64_MAX) {
        (void)snprintf(expected, sizeof(expected), "a whole number >= %lld", (long long)min);
    } else {
        (void)snprintf(expected, sizeof(expected), "a whole number from %lld to %lld",
                       (long long)min, (long long)max);
    }
    return fail_expected(node, error, expected);
}

sd14_status
json_get_number(const json_node *node, double min, double max, double *out_value, sd14_error *error)
{
    const double value = json_number_value(node->value); /* 0 for what is no number */
    if (json_is_number(node->value) && value >= min && value <= max) {
        *out_value = value;
        return SD14_OK;
    }
    char expected[96];
    (void)snprintf(expected, sizeof(expected), "a number from %g to %g", min, max);
    return fail_expected(node, error, expected);
}

sd14_status json_get_bool(const json_node *node, bool *out_value, sd14_error *error)
{
    if (!json_is_boolean(node->value)) return fail_expected(node, error, "true or false");
    *out_value = json_is_true(node->value);
    return SD14_OK;
}

sd14_status json_get_string(const json_node *node, const char **out_value, sd14_error *error)
{
    if (!json_is_string(node->value)) return fail_expected(node, error, "a string");
    *out_value = json_string_value(node->value);
    return SD14_OK;
}

sd14_status
json_get_count(const json_node *node, size_t min, size_t max, size_t *out_count, sd14_error *error)
{
    const size_t count = json_array_size(node->value); /* 0 for what is no array */
    if (json_is_array(node->value) && count >= min && count <= max) {
        *out_count = count;
        return SD14_OK;
    }
    char expected[96];
    if (min == max) {
        (void)snprintf(expected, sizeof(expected), "an array of %zu", min);
    } else if (max == SIZE_MAX) {
        (void)snprintf(expected, sizeof(expected), "an array of %zu or more", min);
    } else {
        (void)snprintf(expected, sizeof(expected), "an array of %zu to %zu", min, max);
    }
    return fail_expected(node, error, expected);
}

sd14_status json_get_object(const json_node *node, sd14_error *error)
{
    return json_is_object(node->value) ? SD14_OK : fail_expected(node, error, "an object");
}

const char *json_next_key(const json_node *object, const char *after)
{
    if (!json_is_object(object->value)) return NULL;
    /* jansson's iterators want an object they could change; these only read */
    json_t *value = (json_t *)(uintptr_t)object->value;
    void *at = after == NULL ? json_object_iter(value)
                             : json_object_iter_next(value, json_object_iter_at(value, after));
    return json_object_iter_key(at);
}

const char *json_next_unknown_key(const json_node *object,
                                  const char *const *known,
                                  size_t known_count,
                                  const char *after)
{
    const char *key = after;
    while ((key = json_next_key(object, key)) != NULL) {
        size_t i = 0;
        while (i < known_count && strcmp(key, known[i]) != 0) i++;
        if (i == known_count) return key;
    }
    return NULL;
}
