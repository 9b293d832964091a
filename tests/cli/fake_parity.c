/* SPDX-License-Identifier: Apache-2.0 */

/* Test support: sd14/parity.h of the library that pretends. The prompt "@diverge" diverges. */
#include <string.h>

#include <sd14/parity.h>

struct sd14_parity_report {
    const char *first;
};

void sd14_parity_params_default(sd14_parity_params *out_params)
{
    *out_params = (sd14_parity_params){.guidance = -1.0F, .threshold = -1.0};
}

sd14_status sd14_parity_run(const sd14_parity_params *params,
                            sd14_parity_report **out_report,
                            sd14_error *error)
{
    static sd14_parity_report report;
    (void)error;
    if (params->progress != NULL) params->progress(params->progress_user, "unet");
    const bool diverges = params->prompt != NULL && strcmp(params->prompt, "@diverge") == 0;
    report.first = diverges ? "unet/conv_in" : NULL;
    *out_report = &report;
    return SD14_OK;
}

void sd14_parity_report_destroy(sd14_parity_report *report)
{
    (void)report;
}

const char *sd14_parity_report_first(const sd14_parity_report *report)
{
    return report->first;
}

const char *sd14_parity_report_text(const sd14_parity_report *report)
{
    return report->first == NULL ? "no divergence\n" : "first divergence: unet/conv_in\n";
}

const char *sd14_parity_report_json(const sd14_parity_report *report)
{
    return report->first == NULL ? "{}\n" : "{\"diverged\": true}\n";
}
