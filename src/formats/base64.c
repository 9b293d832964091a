/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/base64.h"

#include <stdint.h>

void base64_add(text *to, const void *bytes, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *from = bytes;
    for (size_t i = 0; i < size; i += 3) {
        const size_t have = size - i;
        const uint32_t three = (uint32_t)from[i] << 16 |
                               (have > 1 ? (uint32_t)from[i + 1] << 8 : 0) |
                               (have > 2 ? (uint32_t)from[i + 2] : 0);
        char four[4] = {digits[three >> 18], digits[three >> 12 & 63], '=', '='};
        if (have > 1) four[2] = digits[three >> 6 & 63];
        if (have > 2) four[3] = digits[three & 63];
        text_add_bytes(to, four, sizeof(four));
    }
}
