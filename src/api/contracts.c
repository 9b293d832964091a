/* SPDX-License-Identifier: Apache-2.0 */
#include <sd14/contracts.h>

#include "api/model.h"
#include "parity/contract_check.h"

/* Hands a finished text to the caller. */
static sd14_status give_text(text *from, char **out_text, sd14_error *error)
{
    if (text_failed(from)) {
        text_release(from);
        FAIL_NO_MEMORY(error, "the text");
    }
    *out_text = from->bytes;
    return SD14_OK;
}

sd14_status sd14_contracts_json(const char *folder, char **out_text, sd14_error *error)
{
    if (out_text == NULL) FAIL(error, INVALID_ARGUMENT, "no place for the text given");
    contract_set contracts;
    text out = {0};
    TRY(contract_set_load(folder, &contracts, error));
    contract_set_write(&contracts, &out);
    contract_set_release(&contracts);
    return give_text(&out, out_text, error);
}

static sd14_status run_checks(const contract_check *check,
                              const sd14_contracts_params *params,
                              backend *backend,
                              sd14_error *error)
{
    if (params->graphs) TRY(contract_check_graphs(check, error));
    if (params->backend) TRY(contract_check_backend(check, backend, error));
    if (params->run != NULL) TRY(contract_check_run(check, params->run, error));
    return SD14_OK;
}

sd14_status sd14_contracts_check(sd14_model *model,
                                 const sd14_contracts_params *params,
                                 char **out_report,
                                 sd14_error *error)
{
    if (model == NULL || params == NULL || out_report == NULL)
        FAIL(error, INVALID_ARGUMENT, "no model, parameters or place for the report given");
    contract_set contracts;
    contract_report report;
    text out = {0};
    TRY(contract_set_load(params->folder, &contracts, error));
    contract_report_init(&report);
    const contract_check check = {
        .contracts = &contracts, .model = model->model, .report = &report};
    sd14_status status = run_checks(&check, params, model->backend, error);
    if (status == SD14_OK) {
        contract_report_write(&report, &out);
        status = give_text(&out, out_report, error);
    }
    const size_t violations = contract_report_violations(&report);
    if (status == SD14_OK && violations > 0) {
        status = error_set(error, SD14_ERROR_VERIFICATION, "%zu violation%s of the contracts",
                           violations, violations == 1 ? "" : "s");
    }
    contract_report_release(&report);
    contract_set_release(&contracts);
    return status;
}
