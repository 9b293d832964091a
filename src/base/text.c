/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

/* Makes room for `length` more bytes and the final zero. */
static bool reserve(text *to, size_t length)
{
    if (to->failed) return false;
    if (length >= SIZE_MAX / 2 - to->length) {
        to->failed = true;
        return false;
    }

    const size_t needed = to->length + length + 1;
    if (needed <= to->capacity) return true;

    size_t capacity = to->capacity == 0 ? 64 : to->capacity * 2;
    if (capacity < needed) capacity = needed;
    char *grown = mem_resize(to->bytes, capacity, 1);
    if (grown == NULL) {
        to->failed = true;
        return false;
    }
    to->bytes = grown;
    to->capacity = capacity;
    return true;
}

void text_add(text *to, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) {
        to->failed = true;
        return;
    }
    if (!reserve(to, (size_t)length)) return;

    va_start(arguments, format);
    (void)vsnprintf(to->bytes + to->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    to->length += (size_t)length;
}

void text_add_bytes(text *to, const char *bytes, size_t length)
{
    if (!reserve(to, length)) return;
    if (length > 0) memcpy(to->bytes + to->length, bytes, length);
    to->length += length;
    to->bytes[to->length] = '\0';
}

const char *text_get(const text *from)
{
    return from->bytes == NULL ? "" : from->bytes;
}

bool text_failed(const text *from)
{
    return from->failed;
}

void text_release(text *to)
{
    mem_free(to->bytes);
    *to = (text){0};
}

/* Overlong forms, surrogates and what lies past U+10FFFF are none; nor are U+0080 to U+009F, which terminals
 * take for escapes. */
size_t text_printable(const char *character)
{
    static const uint32_t smallest[] = {0, 0, 0xA0, 0x800, 0x10000};
    const unsigned char *at = (const unsigned char *)character;
    if (at[0] < 0x80) return at[0] >= 0x20 && at[0] != 0x7F;
    const size_t bytes = at[0] >= 0xF0 ? 4 : at[0] >= 0xE0 ? 3 : 2;
    if (at[0] < 0xC0 || at[0] > 0xF4) return 0;
    uint32_t code = at[0] & (0x7FU >> bytes);
    for (size_t i = 1; i < bytes; i++) { /* the final zero is no continuation: it ends this */
        if ((at[i] & 0xC0) != 0x80) return 0;
        code = code << 6 | (at[i] & 0x3F);
    }
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    return code < smallest[bytes] || code > 0x10FFFF || surrogate ? 0 : bytes;
}

void text_to_line(char *bytes)
{
    while (*bytes != '\0') {
        const size_t length = text_printable(bytes);
        if (length == 0) *bytes = '?';
        bytes += length == 0 ? 1 : length;
    }
}

void text_add_line(text *to, const char *words, size_t most)
{
    for (size_t used = 0; *words != '\0';) {
        const size_t printable = text_printable(words), length = printable == 0 ? 1 : printable;
        used += length;
        if (used > most) {
            text_add(to, "...");
            return;
        }
        text_add_bytes(to, printable == 0 ? "?" : words, length);
        words += length;
    }
}
