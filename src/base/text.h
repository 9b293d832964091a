/* SPDX-License-Identifier: Apache-2.0 */

/** A growing string. A failed allocation is remembered: build first, check once with text_failed().
 */
#ifndef SD14_BASE_TEXT_H
#define SD14_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct text {
    char *bytes;   /**< zero-terminated once anything was added; NULL before */
    size_t length; /**< without the final zero */
    size_t capacity;
    bool failed;
} text;

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void text_add(text *to, const char *format, ...);

void text_add_bytes(text *to, const char *bytes, size_t length);

/** The string so far, "" when nothing was added. Valid until the next change. */
const char *text_get(const text *from);

bool text_failed(const text *from);

/** Releases the memory and empties the string. */
void text_release(text *to);

/** Bytes of the printable UTF-8 character that begins here; 0: a control character, no UTF-8, or the end. */
size_t text_printable(const char *character);

/** Makes any bytes a line of UTF-8: control characters, and bytes that are no UTF-8, become '?'. */
void text_to_line(char *bytes);

/** Adds what text_to_line() makes of the words: all of it, or up to `most` bytes with "..." behind them. */
void text_add_line(text *to, const char *words, size_t most);

#endif /* SD14_BASE_TEXT_H */
