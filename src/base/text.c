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
