/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/compare.h"

#include <sd14/compare.h>

#include "base/memory.h"
#include "base/text.h"
#include "parity/compare_report.h"

struct sd14_comparison {
    comparison *inner;
};

void sd14_compare_params_default(sd14_compare_params *out_params)
{
    if (out_params != NULL) *out_params = (sd14_compare_params){.verify = true};
}

sd14_status
sd14_compare(const sd14_compare_params *params, sd14_comparison **out_comparison, sd14_error *error)
{
    if (params == NULL || out_comparison == NULL || params->a == NULL || params->b == NULL) {
        FAIL(error, INVALID_ARGUMENT, "give two runs or two files to compare");
    }
    sd14_comparison *made = mem_array(1, sizeof(*made));
    if (made == NULL) FAIL_NO_MEMORY(error, "a comparison");
    const compare_request request = {
        .path = {[SIDE_A] = params->a, [SIDE_B] = params->b},
        .thresholds_path = params->thresholds,
        .verify = params->verify,
    };
    const sd14_status status = comparison_make(&request, &made->inner, error);
    if (status != SD14_OK) {
        mem_free(made);
        return status;
    }
    *out_comparison = made;
    return SD14_OK;
}

void sd14_comparison_destroy(sd14_comparison *of)
{
    if (of == NULL) return;
    comparison_destroy(of->inner);
    mem_free(of);
}

bool sd14_comparison_passed(const sd14_comparison *of)
{
    return of != NULL && of->inner->failure_count == 0;
}

static sd14_status
write_down(const comparison *of, sd14_comparison_format format, text *to, sd14_error *error)
{
    switch (format) {
    case SD14_COMPARISON_SUMMARY:
    case SD14_COMPARISON_DETAILS:
        return compare_report_text(of, format == SD14_COMPARISON_DETAILS, to, error);
    case SD14_COMPARISON_JSON:
        return compare_report_json(of, to, error);
    case SD14_COMPARISON_HTML:
        return compare_report_html(of, to, error);
    }
    FAIL(error, INVALID_ARGUMENT, "format %d of a comparison: there is none", (int)format);
}

sd14_status sd14_comparison_write(const sd14_comparison *of,
                                  sd14_comparison_format format,
                                  char **out_text,
                                  sd14_error *error)
{
    if (of == NULL || out_text == NULL) {
        FAIL(error, INVALID_ARGUMENT, "no comparison, or no place for its text, given");
    }
    text to = {0};
    const sd14_status status = write_down(of->inner, format, &to, error);
    if (status != SD14_OK) {
        text_release(&to);
        return status;
    }
    *out_text = to.bytes; /* mem_resize()'s: sd14_text_destroy() frees it */
    return SD14_OK;
}
