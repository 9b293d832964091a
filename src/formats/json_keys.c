/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "formats/json.h"

enum { KEY_MAX = 40, LIST_BYTES = 256 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein's distance, one row at a time: row[j] is that of a's first i bytes to b's first j. */
static size_t key_distance(const char *a, const char *b)
{
    size_t row[KEY_MAX + 1];
    const size_t length = strlen(b);
    for (size_t j = 0; j <= length; j++) row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            const size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = least(replaced, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[length];
}

/* The known key that a person most likely meant; NULL when none is like it. */
static const char *nearest_key(const char *wrong, const char *const *known, size_t known_count)
{
    if (strlen(wrong) > KEY_MAX) return NULL;
    const char *nearest = NULL;
    size_t fewest = (strlen(wrong) + 1) / 3; /* with more letters wrong it is another word */
    for (size_t i = 0; i < known_count; i++) {
        if (strlen(known[i]) > KEY_MAX) continue;
        const size_t edits = key_distance(wrong, known[i]);
        if (edits > fewest || (nearest != NULL && edits == fewest)) continue;
        nearest = known[i];
        fewest = edits;
    }
    return nearest;
}

sd14_status json_check_keys(const json_node *object,
                            const char *const *known,
                            size_t known_count,
                            sd14_error *error)
{
    TRY(json_get_object(object, error));
    const char *wrong = json_next_unknown_key(object, known, known_count, NULL);
    if (wrong == NULL) return SD14_OK;
    const char *nearest = nearest_key(wrong, known, known_count);
    if (nearest != NULL) {
        return json_fail(object, error, "unknown key \"%.60s\"; did you mean \"%s\"?", wrong,
                         nearest);
    }
    char list[LIST_BYTES] = "";
    for (size_t i = 0; i < known_count; i++) {
        (void)strncat(list, i == 0 ? "" : ", ", LIST_BYTES - strlen(list) - 1);
        (void)strncat(list, known[i], LIST_BYTES - strlen(list) - 1);
    }
    return json_fail(object, error, "unknown key \"%.60s\"; there are %s", wrong, list);
}
