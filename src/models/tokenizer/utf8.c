/* SPDX-License-Identifier: Apache-2.0 */
#include "models/tokenizer/utf8.h"

/* What may follow a first byte: how many bytes, and the range of the first of them (all later ones
 * are 80..BF). The narrow ranges are what keeps overlong forms (E0, F0), surrogates (ED) and values
 * above U+10FFFF (F4) out. */
typedef struct sequence {
    size_t more; /* bytes after the first; 0: no character starts like this */
    unsigned char low;
    unsigned char high;
} sequence;

static sequence sequence_of(unsigned char first)
{
    if (first < 0xC2) return (sequence){0, 0, 0};
    if (first < 0xE0) return (sequence){1, 0x80, 0xBF};
    if (first == 0xE0) return (sequence){2, 0xA0, 0xBF};
    if (first == 0xED) return (sequence){2, 0x80, 0x9F};
    if (first < 0xF0) return (sequence){2, 0x80, 0xBF};
    if (first == 0xF0) return (sequence){3, 0x90, 0xBF};
    if (first < 0xF4) return (sequence){3, 0x80, 0xBF};
    if (first == 0xF4) return (sequence){3, 0x80, 0x8F};
    return (sequence){0, 0, 0};
}

/* Reads one character or one maximal subpart of damage; returns the bytes it took, at least 1. */
static size_t read_one(const unsigned char *bytes, size_t length, uint32_t *out_code_point)
{
    if (bytes[0] < 0x80) {
        *out_code_point = bytes[0];
        return 1;
    }
    const sequence s = sequence_of(bytes[0]);
    uint32_t value = s.more == 0 ? 0 : bytes[0] & (0x3FU >> s.more);
    size_t at = 1;
    while (at <= s.more && at < length) {
        const unsigned char low = at == 1 ? s.low : 0x80;
        const unsigned char high = at == 1 ? s.high : 0xBF;
        if (bytes[at] < low || bytes[at] > high) break;
        value = value << 6 | (bytes[at] & 0x3FU);
        at++;
    }
    *out_code_point = s.more != 0 && at == s.more + 1 ? value : UTF8_REPLACEMENT;
    return at;
}

void utf8_read(const char *text, size_t length, u32_list *to)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t at = 0;
    while (at < length && !to->failed) {
        uint32_t code_point = 0;
        at += read_one(bytes + at, length - at, &code_point);
        u32_list_add(to, code_point);
    }
}

size_t utf8_length(uint32_t code_point)
{
    return code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
}

size_t utf8_write(uint32_t code_point, char to[UTF8_MAX_BYTES])
{
    if (code_point < 0x80) {
        to[0] = (char)code_point;
        return 1;
    }
    const size_t more = utf8_length(code_point) - 1;
    static const unsigned char marks[] = {0x00, 0xC0, 0xE0, 0xF0};
    for (size_t i = more; i > 0; i--) {
        to[i] = (char)(0x80U | (code_point & 0x3FU));
        code_point >>= 6;
    }
    to[0] = (char)(marks[more] | code_point);
    return more + 1;
}
