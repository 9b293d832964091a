/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/contract_report.h"

#include <stdarg.h>
#include <stdio.h>

#include "formats/json.h"

void contract_report_init(contract_report *report)
{
    *report = (contract_report){.violations = json_array(), .checked = json_object()};
    report->failed = report->violations == NULL || report->checked == NULL;
}

void contract_report_release(contract_report *report)
{
    json_decref(report->violations);
    json_decref(report->checked);
    *report = (contract_report){0};
}

void contract_report_count(contract_report *report, const char *against)
{
    const json_int_t before = json_integer_value(json_object_get(report->checked, against));
    if (json_object_set_new(report->checked, against, json_integer(before + 1)) != 0) {
        report->failed = true;
    }
}

void contract_report_violation(contract_report *report,
                               const contract_place *place,
                               const char *field,
                               const char *expected,
                               const char *found,
                               ...)
{
    char found_text[256];
    va_list arguments;
    va_start(arguments, found);
    (void)vsnprintf(found_text, sizeof(found_text), found, arguments);
    va_end(arguments);
    text_to_line(found_text);
    json_t *violation =
        json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:s}", "against", place->against, "contract",
                  place->contract, "tensor", place->tensor, "where", json_any_string(place->where),
                  "field", field, "expected", expected, "found", found_text);
    if (json_array_append_new(report->violations, violation) != 0) report->failed = true;
}

size_t contract_report_violations(const contract_report *report)
{
    return json_array_size(report->violations);
}

void contract_report_write(const contract_report *report, text *to)
{
    if (report->failed) {
        to->failed = true;
        return;
    }
    text_add(to, "{\"checked\":");
    json_canonical(report->checked, to);
    text_add(to, ",\"violations\":");
    json_canonical(report->violations, to);
    text_add(to, "}");
}
