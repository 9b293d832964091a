/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "formats/json.h"

static void add_string(text *to, const char *string)
{
    text_add_bytes(to, "\"", 1);
    for (const char *c = string; *c != '\0'; c++) {
        switch (*c) {
        case '"':
        case '\\':
            text_add(to, "\\%c", *c);
            break;
        case '\n':
            text_add(to, "\\n");
            break;
        case '\r':
            text_add(to, "\\r");
            break;
        case '\t':
            text_add(to, "\\t");
            break;
        default:
            if ((unsigned char)*c < 0x20) {
                text_add(to, "\\u%04x", (unsigned)(unsigned char)*c);
            } else {
                text_add_bytes(to, c, 1);
            }
        }
    }
    text_add_bytes(to, "\"", 1);
}

/* The fewest digits that give the number back; 17 always do. */
static void add_real(text *to, double value)
{
    char digits[40];
    for (int precision = 1; precision <= 17; precision++) {
        (void)snprintf(digits, sizeof(digits), "%.*g", precision, value);
        if (strtod(digits, NULL) == value) break;
    }

    /* The program may have set a language whose decimal point is no point: anything that is no part
     * of a number is that. */
    bool is_real = false;
    for (const char *c = digits; *c != '\0'; c++) {
        if (strchr("0123456789+-e", *c) != NULL) {
            is_real = is_real || *c == 'e';
            text_add_bytes(to, c, 1);
        } else if (!is_real) {
            is_real = true;
            text_add_bytes(to, ".", 1);
        }
    }
    if (!is_real) text_add_bytes(to, ".0", 2); /* 5.0 must not read back as the integer 5 */
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_object(text *to, const json_t *value)
{
    const size_t count = json_object_size(value);
    const char **keys = mem_array(count, sizeof(*keys));
    if (keys == NULL) {
        to->failed = true;
        return;
    }
    json_t *object = (json_t *)(uintptr_t)value; /* only read, but jansson's iterators want this */
    size_t n = 0;
    for (void *at = json_object_iter(object); at != NULL && n < count;
         at = json_object_iter_next(object, at)) {
        keys[n++] = json_object_iter_key(at);
    }
    qsort(keys, n, sizeof(*keys), compare_keys);

    text_add_bytes(to, "{", 1);
    for (size_t i = 0; i < n; i++) {
        if (i > 0) text_add_bytes(to, ",", 1);
        add_string(to, keys[i]);
        text_add_bytes(to, ":", 1);
        json_canonical(json_object_get(value, keys[i]), to);
    }
    text_add_bytes(to, "}", 1);
    mem_free((void *)keys);
}

void json_canonical(const json_t *value, text *to)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        add_object(to, value); /* as deep as jansson's parser let it be: 2048 */
        break;
    case JSON_ARRAY:
        text_add_bytes(to, "[", 1);
        for (size_t i = 0; i < json_array_size(value); i++) {
            if (i > 0) text_add_bytes(to, ",", 1);
            json_canonical(json_array_get(value, i), to);
        }
        text_add_bytes(to, "]", 1);
        break;
    case JSON_STRING:
        add_string(to, json_string_value(value));
        break;
    case JSON_INTEGER:
        text_add(to, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        break;
    case JSON_REAL:
        add_real(to, json_real_value(value));
        break;
    case JSON_TRUE:
        text_add(to, "true");
        break;
    case JSON_FALSE:
        text_add(to, "false");
        break;
    case JSON_NULL:
        text_add(to, "null");
        break;
    }
}
