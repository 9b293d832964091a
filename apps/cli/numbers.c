/* SPDX-License-Identifier: Apache-2.0 */
#include "numbers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool has_only(const char *text, const char *allowed)
{
    return text[0] != '\0' && text[strspn(text, allowed)] == '\0';
}

bool number_u64(const char *text, uint64_t *out_value)
{
    if (!has_only(text, "0123456789")) return false;
    errno = 0;
    const unsigned long long value = strtoull(text, NULL, 10);
    if (errno != 0 || value > UINT64_MAX) return false;
    *out_value = value;
    return true;
}

bool number_i32(const char *text, int32_t min, int32_t max, int32_t *out_value)
{
    if (!has_only(text + (text[0] == '-'), "0123456789")) return false;
    errno = 0;
    const long long value = strtoll(text, NULL, 10);
    if (errno != 0 || value < min || value > max) return false;
    *out_value = (int32_t)value;
    return true;
}

bool number_float(const char *text, double min, double max, float *out_value)
{
    /* The set of characters keeps out what strtod knows besides decimals: inf, nan, hexadecimal,
     * leading space. */
    if (!has_only(text, "0123456789+-.eE")) return false;
    char *end = NULL;
    const double value = strtod(text, &end); /* overflow gives infinity: out of every range */
    if (end == text || *end != '\0' || !(value >= min && value <= max)) return false;
    *out_value = (float)value;
    return true;
}

bool number_bytes(const char *text, uint64_t *out_value)
{
    static const char units[] = "KkMmGgTt";
    const double max = 0x1p50;
    char digits[NUMBER_TEXT_BYTES];
    const size_t length = strcspn(text, units);
    if (text[length] == '\0') return number_u64(text, out_value) && (double)*out_value <= max;
    if (text[length + 1] != '\0' || length >= sizeof(digits)) return false;
    memcpy(digits, text, length);
    digits[length] = '\0';

    /* No dot first or last, and no second one. */
    const char *dot = strchr(digits, '.');
    const bool bare =
        dot != NULL && (dot == digits || dot[1] == '\0' || strchr(dot + 1, '.') != NULL);
    if (bare || !has_only(digits, "0123456789.")) return false;
    double value = strtod(digits, NULL);
    const long power = (strchr(units, text[length]) - units) / 2 + 1;
    for (long i = 0; i < power; i++) value *= 1024;
    if (value > max) return false;
    *out_value = (uint64_t)value;
    return true;
}

bool number_size(const char *text, int32_t min, int32_t max, int32_t out_size[2])
{
    char width[12];
    const size_t length = strcspn(text, "xX");
    if (text[length] == '\0' || length >= sizeof(width)) return false;
    memcpy(width, text, length);
    width[length] = '\0';
    int32_t size[2];
    if (!number_i32(width, min, max, &size[0])) return false;
    if (!number_i32(text + length + 1, min, max, &size[1])) return false;
    memcpy(out_size, size, sizeof(size));
    return true;
}

bool number_interval(const char *text, double min, double max, float out_interval[2])
{
    char start[NUMBER_TEXT_BYTES];
    const size_t length = strcspn(text, ",");
    if (text[length] == '\0' || length >= sizeof(start)) return false;
    memcpy(start, text, length);
    start[length] = '\0';
    float interval[2];
    if (!number_float(start, min, max, &interval[0])) return false;
    if (!number_float(text + length + 1, min, max, &interval[1])) return false;
    if (!(interval[0] < interval[1])) return false;
    memcpy(out_interval, interval, sizeof(interval));
    return true;
}

void number_float_text(float value, char out[NUMBER_TEXT_BYTES])
{
    for (int digits = 1; digits <= 9; digits++) { /* nine always suffice for a float */
        (void)snprintf(out, NUMBER_TEXT_BYTES, "%.*g", digits, (double)value);
        const float back = strtof(out, NULL);
        if (memcmp(&back, &value, sizeof(value)) == 0) return;
    }
}

double number_float_shown(float value)
{
    char text[NUMBER_TEXT_BYTES];
    number_float_text(value, text);
    return strtod(text, NULL);
}
