/* SPDX-License-Identifier: Apache-2.0 */

/* Test support: sd14/compare.h of the library that pretends. Two equal words pass, others fail, "@missing" is
 * not there. What was asked for is in the text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sd14/compare.h>

struct sd14_comparison {
    sd14_compare_params params;
};

void sd14_compare_params_default(sd14_compare_params *out_params)
{
    *out_params = (sd14_compare_params){.verify = true};
}

sd14_status
sd14_compare(const sd14_compare_params *params, sd14_comparison **out_comparison, sd14_error *error)
{
    if (strcmp(params->a, "@missing") == 0) {
        (void)snprintf(error->text, sizeof(error->text), "%s: not there", params->a);
        return SD14_ERROR_FILE;
    }
    *out_comparison = calloc(1, sizeof(**out_comparison));
    if (*out_comparison == NULL) return SD14_ERROR_OUT_OF_MEMORY;
    (*out_comparison)->params = *params;
    return SD14_OK;
}

void sd14_comparison_destroy(sd14_comparison *of)
{
    free(of);
}

bool sd14_comparison_passed(const sd14_comparison *of)
{
    return strcmp(of->params.a, of->params.b) == 0;
}

sd14_status sd14_comparison_write(const sd14_comparison *of,
                                  sd14_comparison_format format,
                                  char **out_text,
                                  sd14_error *error)
{
    static const char *const formats[] = {"summary", "details", "json", "html"};
    char text[512];
    (void)error;
    (void)snprintf(text, sizeof(text),
                   "{\"format\": \"%s\", \"thresholds\": \"%s\", \"verify\": %d}\n",
                   formats[format], of->params.thresholds == NULL ? "" : of->params.thresholds,
                   of->params.verify);
    *out_text = strdup(text);
    return *out_text == NULL ? SD14_ERROR_OUT_OF_MEMORY : SD14_OK;
}
