/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

bool findings_init(findings *out)
{
    *out = (findings){.root = json_object(), .problems = json_array()};
    out->here = out->root;
    if (out->root != NULL && out->problems != NULL) return true;
    findings_release(out);
    return false;
}

void findings_release(findings *of)
{
    text_release(&of->text);
    text_release(&of->missing);
    json_decref(of->root);
    json_decref(of->problems);
    *of = (findings){0};
}

bool findings_failed(const findings *of)
{
    return of->failed || of->root == NULL || text_failed(&of->text) || text_failed(&of->missing);
}

static void set(findings *to, json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0) to->failed = true;
}

void findings_section(findings *to, const char *key, const char *title)
{
    json_t *object = json_object();
    to->section = key;
    to->here = object;
    set(to, to->root, key, object);
    text_add(&to->text, "%s%s\n", to->text.length > 0 ? "\n" : "", title);
}

json_t *findings_string(const char *bytes)
{
    if (bytes == NULL) return json_null();
    char *line = mem_string(bytes);
    if (line == NULL) return NULL;
    text_to_line(line);
    json_t *string = json_string(line);
    mem_free(line);
    return string;
}

#if defined(__GNUC__)
__attribute__((format(printf, 5, 0)))
#endif
static void
add_line(findings *to,
         findings_mark mark,
         const char *key,
         const char *label,
         const char *format,
         va_list arguments)
{
    static const char *const marks[] = {"", "ok", "warn", "missing"};
    char line[sizeof(to->shown) - 64];
    (void)vsnprintf(line, sizeof(line), format, arguments);
    text_to_line(line);
    text_add(&to->text, "  %-8s %-20s %s\n", marks[mark], label, line);

    to->mark = mark;
    to->counts[mark]++;
    (void)snprintf(to->item, sizeof(to->item), "%s", key);
    (void)snprintf(to->shown, sizeof(to->shown), "%.60s: %s", label, line);
    if (mark == MARK_MISSING) {
        text_add(&to->missing, "%s%s", to->missing.length > 0 ? "; " : "", to->shown);
    }
}

void findings_item(findings *to,
                   findings_mark mark,
                   const char *key,
                   json_t *value,
                   const char *label,
                   const char *format,
                   ...)
{
    va_list arguments;
    set(to, to->here, key, value);
    va_start(arguments, format);
    add_line(to, mark, key, label, format, arguments);
    va_end(arguments);
}

void findings_line(
    findings *to, findings_mark mark, const char *key, const char *label, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_line(to, mark, key, label, format, arguments);
    va_end(arguments);
}

void findings_value(findings *to, const char *key, json_t *value)
{
    set(to, to->here, key, value);
}

json_t *findings_list(findings *to, const char *key)
{
    json_t *list = json_array();
    set(to, to->here, key, list);
    return list;
}

void findings_append(findings *to, json_t *list, json_t *value)
{
    if (json_array_append_new(list, value) != 0) to->failed = true;
}

void findings_remedy(findings *to, const char *format, ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    text_to_line(line);
    text_add(&to->text, "  %-8s %-20s -> %s\n", "", "", line);

    json_t *problem =
        json_pack("{s:s, s:s, s:s, s:s, s:s}", "section", to->section, "item", to->item, "mark",
                  to->mark == MARK_MISSING ? "missing" : "warn", "what", to->shown, "remedy", line);
    if (json_array_append_new(to->problems, problem) != 0) to->failed = true;
}

const char *findings_size(double bytes, char out[SIZE_TEXT_BYTES])
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;
    while (bytes >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        bytes /= 1024;
        unit++;
    }
    (void)snprintf(out, SIZE_TEXT_BYTES, unit == 0 || bytes >= 100 ? "%.0f %s" : "%.1f %s", bytes,
                   units[unit]);
    return out;
}
