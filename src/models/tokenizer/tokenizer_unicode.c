/* SPDX-License-Identifier: Apache-2.0 */
#include "models/tokenizer/tokenizer_unicode.h"

#include <utf8proc.h>

/* \s of Oniguruma in UTF-8. It has not changed since Unicode 6.3. */
static bool is_space(uint32_t c)
{
    if (c < 0x80) return c == ' ' || (c >= '\t' && c <= '\r');
    return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
           c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

static unicode_class class_of_utf8proc(uint32_t c)
{
    switch (utf8proc_category((utf8proc_int32_t)c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
        return UNICODE_LETTER;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return UNICODE_NUMBER;
    default:
        return UNICODE_OTHER;
    }
}

unicode_class unicode_class_of(uint32_t c)
{
    if (is_space(c)) return UNICODE_SPACE;

    size_t low = 0;
    size_t high = unicode_class_table_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (unicode_class_table[middle].last < c) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < unicode_class_table_count && unicode_class_table[low].first <= c) {
        return unicode_class_table[low].class_of;
    }
    return class_of_utf8proc(c);
}

size_t unicode_lower(uint32_t c, uint32_t to[2])
{
    to[1] = 0;
    if (c < 0x80) {
        to[0] = c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
        return 1;
    }
    /* The one code point whose lower case is two: I with a dot above becomes i and the dot. */
    if (c == 0x0130) {
        to[0] = 'i';
        to[1] = 0x0307;
        return 2;
    }
    for (size_t i = 0; i < unicode_lower_table_count; i++) {
        const unicode_lower_range *range = &unicode_lower_table[i];
        if (c < range->first) break;
        if (c > range->last) continue;
        to[0] = range->lower_of_first + (c - range->first);
        return 1;
    }
    to[0] = (uint32_t)utf8proc_tolower((utf8proc_int32_t)c);
    return 1;
}

bool unicode_is_inert(uint32_t c)
{
    if (c < unicode_inert_table[0].first) return false;

    size_t low = 0;
    size_t high = unicode_inert_table_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (unicode_inert_table[middle].last < c) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < unicode_inert_table_count && unicode_inert_table[low].first <= c;
}
