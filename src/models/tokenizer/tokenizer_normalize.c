/* SPDX-License-Identifier: Apache-2.0 */
#include "models/tokenizer/tokenizer_normalize.h"

#include <string.h>
#include <utf8proc.h>

#include "base/memory.h"
#include "models/tokenizer/tokenizer_unicode.h"

enum {
    FIRST_COMBINING = 0x0300, /* below it every text is in form C already */
    DECOMPOSITION_MAX = 4,    /* code points a canonical decomposition can have */
    COMBINING_CLASSES = 256,
    SHORT_RUN = 16 /* marks on one letter that sort fastest by insertion; real text has 1 to 4 */
};

static unsigned combining_class(uint32_t c)
{
    if (c < FIRST_COMBINING) return 0;
    return (unsigned)utf8proc_get_property((utf8proc_int32_t)c)->combining_class;
}

static void decompose(const uint32_t *text, size_t count, u32_list *to)
{
    for (size_t i = 0; i < count && !to->failed; i++) {
        utf8proc_int32_t parts[DECOMPOSITION_MAX];
        const utf8proc_ssize_t n =
            utf8proc_decompose_char((utf8proc_int32_t)text[i], parts, DECOMPOSITION_MAX,
                                    UTF8PROC_STABLE | UTF8PROC_DECOMPOSE, NULL);
        if (n < 1 || n > DECOMPOSITION_MAX) {
            u32_list_add(to, text[i]);
            continue;
        }
        for (utf8proc_ssize_t k = 0; k < n; k++) u32_list_add(to, (uint32_t)parts[k]);
    }
}

static void sort_short_run(uint32_t *marks, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const uint32_t mark = marks[i];
        const unsigned order = combining_class(mark);
        size_t at = i;
        for (; at > 0 && combining_class(marks[at - 1]) > order; at--) marks[at] = marks[at - 1];
        marks[at] = mark;
    }
}

/* Counting sort: a prompt may be a megabyte of marks, and must not take a megabyte squared. */
static bool sort_long_run(uint32_t *marks, size_t count)
{
    uint32_t *sorted = mem_array(count, sizeof(*sorted));
    if (sorted == NULL) return false;

    size_t place[COMBINING_CLASSES + 1] = {0};
    for (size_t i = 0; i < count; i++) place[combining_class(marks[i]) + 1]++;
    for (size_t i = 0; i < COMBINING_CLASSES; i++) place[i + 1] += place[i];
    for (size_t i = 0; i < count; i++) sorted[place[combining_class(marks[i])]++] = marks[i];
    memcpy(marks, sorted, count * sizeof(*marks));
    mem_free(sorted);
    return true;
}

/* Canonical ordering: each run of marks by combining class, equals as they stood. */
static void reorder(u32_list *text)
{
    size_t start = 0;
    while (start < text->count && !text->failed) {
        size_t end = start;
        while (end < text->count && combining_class(text->items[end]) != 0) end++;
        uint32_t *marks = text->items + start;
        if (end - start > SHORT_RUN) {
            text->failed = !sort_long_run(marks, end - start);
        } else {
            sort_short_run(marks, end - start);
        }
        start = end + 1;
    }
}

/* Form C of a run without inert code points, appended to `to`. */
static void compose_run(const uint32_t *text, size_t count, u32_list *to)
{
    bool plain = true;
    for (size_t i = 0; i < count && plain; i++) plain = text[i] < FIRST_COMBINING;
    if (plain) {
        u32_list_add_all(to, text, count);
        return;
    }
    u32_list work = {0};
    decompose(text, count, &work);
    reorder(&work);
    if (!work.failed) {
        const utf8proc_ssize_t length =
            utf8proc_normalize_utf32((utf8proc_int32_t *)work.items, (utf8proc_ssize_t)work.count,
                                     UTF8PROC_STABLE | UTF8PROC_COMPOSE);
        /* Fails for options it does not know only; the decomposed text is then the best there is.
         */
        u32_list_add_all(to, work.items, length < 0 ? work.count : (size_t)length);
    }
    to->failed = to->failed || work.failed;
    u32_list_release(&work);
}

static void compose(const uint32_t *text, size_t count, u32_list *to)
{
    size_t start = 0;
    for (size_t i = 0; i < count; i++) {
        if (!unicode_is_inert(text[i])) continue;
        compose_run(text + start, i - start, to);
        u32_list_add(to, text[i]);
        start = i + 1;
    }
    if (start < count) compose_run(text + start, count - start, to);
}

void tokenizer_normalize(const uint32_t *text, size_t count, u32_list *to)
{
    u32_list composed = {0};
    compose(text, count, &composed);

    bool in_space = false;
    for (size_t i = 0; i < composed.count && !to->failed; i++) {
        const bool space = unicode_class_of(composed.items[i]) == UNICODE_SPACE;
        if (space && !in_space) u32_list_add(to, ' ');
        in_space = space;
        if (space) continue;
        uint32_t lower[2];
        const size_t n = unicode_lower(composed.items[i], lower);
        u32_list_add_all(to, lower, n);
    }
    to->failed = to->failed || composed.failed;
    u32_list_release(&composed);
}
