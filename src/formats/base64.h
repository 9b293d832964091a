/* SPDX-License-Identifier: Apache-2.0 */

/** Bytes as base64 text, with padding (RFC 4648). */
#ifndef SD14_FORMATS_BASE64_H
#define SD14_FORMATS_BASE64_H

#include <stddef.h>

#include "base/text.h"

/** Appends; out of memory shows in text_failed(). */
void base64_add(text *to, const void *bytes, size_t size);

#endif /* SD14_FORMATS_BASE64_H */
