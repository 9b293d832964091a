/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/golden_difference.h"

#include <string.h>

static void add_value(const json_t *value, text *to)
{
    if (value == NULL) {
        text_add(to, "nothing");
    } else {
        json_canonical(value, to);
    }
}

static bool find(const json_t *a, const json_t *b, const char *ignored, text *place, text *to);

/* As find(), one level down; the place is extended for as long as that takes. */
static bool find_below(const json_t *a, const json_t *b, text *place, size_t length, text *to)
{
    const bool found = find(a, b, NULL, place, to);
    if (place->bytes != NULL && !text_failed(place)) {
        place->length = length;
        place->bytes[length] = '\0';
    }
    return found;
}

static bool find_in_keys(const json_t *keys_of,
                         const json_t *a,
                         const json_t *b,
                         const char *ignored,
                         text *place,
                         text *to)
{
    const json_document document = {.root = (json_t *)(uintptr_t)keys_of};
    const json_node object = json_document_root(&document);
    for (const char *key = NULL; (key = json_next_key(&object, key)) != NULL;) {
        if (ignored != NULL && strcmp(key, ignored) == 0) continue;
        const size_t length = place->length;
        text_add(place, "%s%s", length == 0 ? "" : ".", key);
        if (find_below(json_object_get(a, key), json_object_get(b, key), place, length, to))
            return true;
    }
    return false;
}

/* Files are named, not counted. */
static bool find_in_elements(const json_t *a, const json_t *b, text *place, text *to)
{
    const size_t count =
        json_array_size(a) > json_array_size(b) ? json_array_size(a) : json_array_size(b);
    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_array_get(a, i);
        const json_t *other = json_array_get(b, i);
        const char *name = json_string_value(json_object_get(one, "name"));
        const size_t length = place->length;
        if (name != NULL) {
            text_add(place, "[\"%s\"]", name);
        } else {
            text_add(place, "[%zu]", i);
        }
        if (find_below(one, other, place, length, to)) return true;
    }
    return false;
}

static bool find(const json_t *a, const json_t *b, const char *ignored, text *place, text *to)
{
    if (json_is_object(a) && json_is_object(b)) {
        return find_in_keys(a, a, b, ignored, place, to) ||
               find_in_keys(b, a, b, ignored, place, to);
    }
    if (json_is_array(a) && json_is_array(b)) return find_in_elements(a, b, place, to);
    if (a != NULL && b != NULL && json_equal(a, b)) return false;
    text_add(to, "%s: ", text_get(place));
    add_value(a, to);
    text_add(to, " and ");
    add_value(b, to);
    return true;
}

bool golden_difference(const json_t *a, const json_t *b, const char *ignored, text *to)
{
    text place = {0};
    const bool found = find(a, b, ignored, &place, to);
    if (text_failed(&place)) to->failed = true;
    text_release(&place);
    return found;
}
