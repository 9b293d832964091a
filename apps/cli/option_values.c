/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "numbers.h"
#include "options.h"

enum { LIST_BYTES = 128 };

static void list_choices(const char *const *choices, char list[LIST_BYTES])
{
    size_t used = 0;
    list[0] = '\0';
    for (size_t i = 0; choices[i] != NULL && used < LIST_BYTES; i++) {
        const int wrote =
            snprintf(list + used, LIST_BYTES - used, "%s%s", i == 0 ? "" : ", ", choices[i]);
        if (wrote < 0) return;
        used += (size_t)wrote;
    }
}

static const char *find_choice(const char *const *choices, const char *text)
{
    for (; choices != NULL && *choices != NULL; choices++) {
        if (strcasecmp(*choices, text) == 0) return *choices;
    }
    return NULL;
}

static bool
set_choice(console *con, const option *row, char *value, const char *typed, const char *text)
{
    const char *choice = find_choice(row->choices, text);
    if (choice != NULL) {
        memcpy(value, &choice, sizeof(choice));
        return true;
    }
    char list[LIST_BYTES];
    list_choices(row->choices, list);
    const bool one = row->choices[1] == NULL;
    if (find_choice(row->planned, text) != NULL) {
        console_error(con, "%s %s: not available yet; use %s", typed, text, list);
    } else {
        console_error(con, "%s \"%s\": %s %s", typed, text,
                      one ? "not available; only" : "must be one of", list);
    }
    return false;
}

bool option_seed_next(const char *text, uint64_t *out_value, const char **out_rest)
{
    char digits[NUMBER_TEXT_BYTES];
    const size_t length = strcspn(text, ",");
    if (length >= sizeof(digits)) return false;
    memcpy(digits, text, length);
    digits[length] = '\0';
    *out_rest = text[length] == ',' ? text + length + 1 : NULL;
    return number_u64(digits, out_value);
}

/* A list is kept as it was typed: a single seed's text may be gone soon. */
static bool set_seed(char *value, const char *text, bool several)
{
    option_seed seed = {.random = strcmp(text, "-1") == 0 || strcasecmp(text, "random") == 0};
    const char *rest = NULL;
    if (!seed.random && !option_seed_next(text, &seed.value, &rest)) return false;
    if (rest != NULL) {
        if (!several) return false;
        seed.list = text;
    }
    for (uint64_t next; rest != NULL;) {
        if (!option_seed_next(rest, &next, &rest)) return false;
    }
    memcpy(value, &seed, sizeof(seed));
    return true;
}

/* The settings are plain structs and the offsets come from offsetof: memcpy keeps that legal C. */
static bool
set_number(console *con, const option *row, char *value, const char *typed, const char *text)
{
    const int32_t min = (int32_t)row->min, max = (int32_t)row->max;
    int32_t size[2];
    float interval[2];
    uint64_t bytes;
    float number;

    switch (row->kind) {
    case OPTION_INT:
        if (number_i32(text, min, max, &size[0])) {
            memcpy(value, &size[0], sizeof(size[0]));
            return true;
        }
        console_error(con, "%s \"%s\": must be a whole number from %d to %d", typed, text, min,
                      max);
        return false;
    case OPTION_NUMBER:
        if (number_float(text, row->min, row->max, &number)) {
            memcpy(value, &number, sizeof(number));
            return true;
        }
        console_error(con, "%s \"%s\": must be a number from %g to %g", typed, text, row->min,
                      row->max);
        return false;
    case OPTION_BYTES:
        if (number_bytes(text, &bytes)) {
            memcpy(value, &bytes, sizeof(bytes));
            return true;
        }
        console_error(con, "%s \"%s\": must be a number of bytes up to 1024T, such as 6G or 800M",
                      typed, text);
        return false;
    case OPTION_INTERVAL:
        if (number_interval(text, row->min, row->max, interval)) {
            memcpy(value, interval, sizeof(interval));
            return true;
        }
        console_error(con,
                      "%s \"%s\": must be START,END, from %g to %g and the start less, such as "
                      "0.2,0.8",
                      typed, text, row->min, row->max);
        return false;
    case OPTION_SIZE:
        if (number_size(text, min, max, size)) {
            memcpy(value, size, sizeof(size));
            return true;
        }
        console_error(con, "%s \"%s\": must be WIDTHxHEIGHT, each from %d to %d, such as 512x512",
                      typed, text, min, max);
        return false;
    default:
        if (set_seed(value, text, row->kind == OPTION_SEEDS)) return true;
        console_error(con,
                      "%s \"%s\": must be a whole number from 0 to 18446744073709551615, "
                      "%sor -1 or random",
                      typed, text,
                      row->kind == OPTION_SEEDS ? "several with commas (1,2,3), " : "");
        return false;
    }
}

bool option_set(console *con, const option *row, void *value, const char *typed, const char *text)
{
    switch (row->kind) {
    case OPTION_TEXT:
        memcpy(value, &text, sizeof(text));
        return true;
    case OPTION_CHOICE:
        return set_choice(con, row, value, typed, text);
    default:
        return set_number(con, row, value, typed, text);
    }
}
