/* SPDX-License-Identifier: Apache-2.0 */

/** UTF-8 to code points and back, for text that may be damaged. */
#ifndef SD14_MODELS_UTF8_H
#define SD14_MODELS_UTF8_H

#include <stddef.h>
#include <stdint.h>

#include "models/tokenizer/u32_list.h"

enum { UTF8_MAX_BYTES = 4, UTF8_REPLACEMENT = 0xFFFD };

/**
 * Appends the text's code points. Each longest part that could still have begun a character (at
 * least one byte) becomes one U+FFFD; surrogates, overlong forms and values above U+10FFFF are such
 * damage too.
 *
 * Source: Python bytes.decode("utf-8", errors="replace"); Unicode 15, section 3.9, "maximal
 * subparts".
 */
void utf8_read(const char *text, size_t length, u32_list *to);

/** Bytes of a code point, 1 to 4. */
size_t utf8_length(uint32_t code_point);

/** Writes one code point (no surrogate, <= U+10FFFF); returns its bytes. */
size_t utf8_write(uint32_t code_point, char to[UTF8_MAX_BYTES]);

#endif /* SD14_MODELS_UTF8_H */
