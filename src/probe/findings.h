/* SPDX-License-Identifier: Apache-2.0 */

/**
 * What was found, as it grows: the same facts as lines for people and as JSON for programs.
 *
 *     findings_section(to, "memory", "Memory");
 *     findings_item(to, MARK_WARN, "total_bytes", json_integer(n), "total", "%.1f GiB", gib);
 *     findings_remedy(to, "add memory");
 *
 * Text from outside may be any bytes: it comes out as one line of UTF-8. Without memory it fails,
 * which findings_failed() tells at the end.
 */
#ifndef SD14_PROBE_FINDINGS_H
#define SD14_PROBE_FINDINGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

typedef enum findings_mark {
    MARK_NOTE,   /**< neither good nor bad */
    MARK_OK,     /**< as it should be */
    MARK_WARN,   /**< works, but not as well as it could */
    MARK_MISSING /**< the chosen backend cannot run like this */
} findings_mark;

typedef struct findings {
    text text;
    text missing; /**< all that is MARK_MISSING, separated by "; " */
    json_t *root; /**< NULL: no memory */
    json_t *here; /**< borrowed: the section's object */
    json_t *problems;
    bool failed; /**< something did not get into the JSON */
    size_t counts[MARK_MISSING + 1];
    const char *section;
    char item[32];
    char shown[1024]; /**< the last item's label and value: what a remedy is for */
    findings_mark mark;
} findings;

/** @return false: no memory; they can be released. */
bool findings_init(findings *out);

void findings_release(findings *of);

bool findings_failed(const findings *of);

/** Begins a section: an object of that key, a heading. The strings are borrowed. */
void findings_section(findings *to, const char *key, const char *title);

/**
 * Adds a fact to the section.
 * @param value   Taken over. NULL: there was no memory for it.
 * @param format  What stands behind the label.
 */
#if defined(__GNUC__)
__attribute__((format(printf, 6, 7)))
#endif
void findings_item(findings *to,
                 findings_mark mark,
                 const char *key,
                 json_t *value,
                 const char *label,
                 const char *format,
                 ...);

/** A fact for programs alone. */
void findings_value(findings *to, const char *key, json_t *value);

/** A fact for people alone; `key` is what a problem's "item" says. */
#if defined(__GNUC__)
__attribute__((format(printf, 5, 6)))
#endif
void findings_line(
    findings *to, findings_mark mark, const char *key, const char *label, const char *format, ...);

/** An empty array under that key; the report's. */
json_t *findings_list(findings *to, const char *key);

/** Appends to such an array. `value` is taken over; NULL: there was no memory for it. */
void findings_append(findings *to, json_t *list, json_t *value);

/** What to do about the last item, which is MARK_WARN or MARK_MISSING: one line. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void findings_remedy(findings *to, const char *format, ...);

/** A JSON string of any bytes; null for NULL. */
json_t *findings_string(const char *bytes);

enum { SIZE_TEXT_BYTES = 32 };

/** "15.6 GiB", "512 KiB". Returns `out`. */
const char *findings_size(double bytes, char out[SIZE_TEXT_BYTES]);

#endif /* SD14_PROBE_FINDINGS_H */
