/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include <sd14/parity.h>

#include "api/generate.h"
#include "api/model.h"
#include "base/memory.h"
#include "parity/divergence.h"
#include "parity/recording.h"

struct sd14_parity_report {
    text people;
    text json;
    char *first; /**< NULL: nothing diverges */
};

void sd14_parity_params_default(sd14_parity_params *out_params)
{
    *out_params = (sd14_parity_params){.guidance = -1.0F, .threshold = -1.0};
}

static sd14_status check_fields(const sd14_parity_params *params, sd14_error *error)
{
    if (params == NULL || params->model == NULL)
        FAIL(error, INVALID_ARGUMENT, "no model given to compare");
    if ((params->reference == NULL) == (params->recording == NULL)) {
        FAIL(error, INVALID_ARGUMENT,
             "give one reference: another model, backend, precision or instruction set, or a "
             "recording");
    }
    if (params->reference == params->model)
        FAIL(error, INVALID_ARGUMENT, "the reference must be loaded by itself");
    if (params->isolate && params->recording != NULL) {
        FAIL(error, INVALID_ARGUMENT,
             "a recording does not hold every node's inputs; isolate needs a reference that runs");
    }
    if (isnan(params->threshold) || isinf(params->threshold))
        FAIL(error, INVALID_ARGUMENT, "the threshold must be a number");
    return SD14_OK;
}

/* What is not given comes from the recording, else from the model. */
static sd14_status resolve(const sd14_parity_params *params,
                           const recording *recorded,
                           sd14_generate_params *out_drawing,
                           sd14_error *error)
{
    sd14_generate_params *d = out_drawing;
    sd14_generate_params_default(params->model, d);
    d->prompt = NULL;
    if (recorded != NULL) {
        const recording_settings s = recording_get_settings(recorded);
        d->prompt = s.prompt;
        d->negative_prompt = s.negative_prompt;
        d->width = s.width;
        d->height = s.height;
        d->steps = s.steps;
        d->guidance = s.guidance;
        d->seed = s.seed;
    }
    if (params->prompt != NULL) d->prompt = params->prompt;
    if (params->negative_prompt != NULL) d->negative_prompt = params->negative_prompt;
    if (d->negative_prompt == NULL) d->negative_prompt = "";
    if (params->width != 0) d->width = params->width;
    if (params->height != 0) d->height = params->height;
    if (params->steps != 0) d->steps = params->steps;
    if (params->guidance >= 0.0F) d->guidance = params->guidance;
    if (params->has_seed) d->seed = params->seed;
    TRY(api_check_params(params->model, d, error));
    if (params->step < 0 || params->step >= d->steps) {
        FAIL(error, INVALID_ARGUMENT, "step %d: must be 0 to %d, the steps of this run less one",
             (int)params->step, (int)d->steps - 1);
    }
    return SD14_OK;
}

static divergence_side side_of(const sd14_model *model)
{
    if (model == NULL) return (divergence_side){0};
    sd14_model_info info;
    sd14_model_get_info(model, &info);
    return (divergence_side){.model = model->model,
                             .backend = model->backend,
                             .path = info.path,
                             .isa = info.isa,
                             .precision = info.precision};
}

static sd14_status make_report(const divergence_params *params,
                               const divergence *found,
                               sd14_parity_report **out_report,
                               sd14_error *error)
{
    sd14_parity_report *report = mem_array(1, sizeof(*report));
    if (report == NULL) FAIL_NO_MEMORY(error, "a report");
    divergence_stage stage = DIVERGENCE_TOKENS;
    const divergence_item *first = divergence_first(found, &stage);
    divergence_text(params, found, &report->people);
    sd14_status status = divergence_json(params, found, &report->json, error);
    if (first != NULL) report->first = mem_string(first->name);
    if (status == SD14_OK &&
        (text_failed(&report->people) || (first != NULL && report->first == NULL))) {
        status = error_set(error, SD14_ERROR_OUT_OF_MEMORY, "not enough memory for a report");
    }
    if (status != SD14_OK) {
        sd14_parity_report_destroy(report);
        return status;
    }
    *out_report = report;
    return SD14_OK;
}

sd14_status sd14_parity_run(const sd14_parity_params *params,
                            sd14_parity_report **out_report,
                            sd14_error *error)
{
    TRY(check_fields(params, error));
    if (out_report == NULL) FAIL(error, INVALID_ARGUMENT, "no place for the report given");
    recording *recorded = NULL;
    divergence *found = NULL;
    sd14_generate_params drawing;
    sd14_status status = SD14_OK;
    if (params->recording != NULL) TRY_DONE(recording_open(params->recording, &recorded, error));
    TRY_DONE(resolve(params, recorded, &drawing, error));
    const divergence_params inner = {
        .ours = side_of(params->model),
        .theirs = side_of(params->reference),
        .recorded = recorded,
        .recording_path = params->recording,
        .prompt = drawing.prompt,
        .negative_prompt = drawing.negative_prompt,
        .width = (size_t)drawing.width,
        .height = (size_t)drawing.height,
        .steps = drawing.steps,
        .guidance = drawing.guidance,
        .seed = drawing.seed,
        .step = params->step,
        .nodes = params->nodes,
        .isolate = params->isolate,
        .threshold = params->threshold,
        .log = &params->model->log,
        .progress = params->progress,
        .progress_user = params->progress_user,
    };
    TRY_DONE(divergence_find(&inner, &found, error));
    status = make_report(&inner, found, out_report, error);
done:
    divergence_destroy(found);
    recording_close(recorded);
    return status;
}

void sd14_parity_report_destroy(sd14_parity_report *report)
{
    if (report == NULL) return;
    text_release(&report->people);
    text_release(&report->json);
    mem_free(report->first);
    mem_free(report);
}

const char *sd14_parity_report_first(const sd14_parity_report *report)
{
    return report->first;
}

const char *sd14_parity_report_text(const sd14_parity_report *report)
{
    return text_get(&report->people);
}

const char *sd14_parity_report_json(const sd14_parity_report *report)
{
    return text_get(&report->json);
}
