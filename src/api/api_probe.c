/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <sd14/probe.h>
#include <sd14/sd14.h>

#include "api/model.h"
#include "base/memory.h"
#include "models/model.h"
#include "probe/model_search.h"
#include "probe/probe.h"

void sd14_probe_params_default(sd14_probe_params *out_params)
{
    *out_params = (sd14_probe_params){.backend = "cpu"};
}

static sd14_status check_params(const sd14_probe_params *params, sd14_error *error)
{
    if (params == NULL || params->backend == NULL) {
        FAIL(error, INVALID_ARGUMENT, "no backend to ask for given; use \"cpu\" or \"ttnn\"");
    }
    if (strcmp(params->backend, "cpu") != 0 && strcmp(params->backend, "ttnn") != 0) {
        FAIL(error, INVALID_ARGUMENT, "backend \"%.50s\" is unknown; use \"cpu\" or \"ttnn\"",
             params->backend);
    }
    if (params->models == NULL && params->n_models > 0) {
        FAIL(error, INVALID_ARGUMENT, "n_models is %zu and no models are given", params->n_models);
    }
    return SD14_OK;
}

static sd14_status try_model(const char *folder, sd14_error *error)
{
    model *opened = NULL;
    const sd14_status status = model_load(folder, &opened, error);
    model_destroy(opened);
    return status;
}

/* Making the backend is the only sure way to know: threads, memory or the device may be refused. */
static sd14_status try_backend(const char *name, sd14_error *problem)
{
    sd14_model_params params;
    sd14_model_params_default(&params);
    params.path = "any"; /* none is opened */
    params.backend = name;
    backend *made = NULL;
    TRY(model_backend_create(&params, NULL, &made, problem));
    made->vtable->destroy(made);
    return SD14_OK;
}

sd14_status
sd14_probe(const sd14_probe_params *params, sd14_probe_report *out_report, sd14_error *error)
{
    TRY(check_params(params, error));
    if (out_report == NULL) FAIL(error, INVALID_ARGUMENT, "no place for the report given");
    sd14_error problem;
    const bool runs = try_backend(params->backend, &problem) == SD14_OK;
    const probe_options options = {
        .machine = machine_here(),
        .version = sd14_version(),
        .backend = params->backend,
        .backend_runs = runs,
        .backend_problem = runs ? NULL : problem.text,
        .builtin_model = params->builtin_model,
        .models = params->models,
        .n_models = params->n_models,
        .open_model = try_model,
    };
    probe_result result;
    const sd14_status status = probe_run(&options, &result, error);
    if (status != SD14_OK) {
        probe_result_release(&result);
        return status;
    }
    *out_report = (sd14_probe_report){result.text, result.json, result.missing};
    return SD14_OK;
}

void sd14_probe_report_release(sd14_probe_report *report)
{
    mem_free(report->text);
    mem_free(report->json);
    mem_free(report->missing);
    *report = (sd14_probe_report){0};
}

/* Moves what was found into the public form. */
static sd14_status publish(located_models *from, sd14_found_models *out_models, sd14_error *error)
{
    sd14_found_models to = {.models = mem_array(from->count, sizeof(*to.models))};
    if (to.models == NULL) FAIL_NO_MEMORY(error, "a list of models");
    for (size_t i = 0; i < from->count; i++) {
        located_model *at = &from->items[i];
        char *source = mem_string(model_source_name(at->source));
        if (source == NULL) {
            sd14_found_models_release(&to);
            FAIL_NO_MEMORY(error, "a list of models");
        }
        to.models[to.count++] = (sd14_found_model){at->path, at->name, source, at->revision};
        *at = (located_model){0}; /* its strings have moved */
    }
    *out_models = to;
    return SD14_OK;
}

sd14_status
sd14_find_models(const sd14_probe_params *params, sd14_found_models *out_models, sd14_error *error)
{
    TRY(check_params(params, error));
    if (out_models == NULL) FAIL(error, INVALID_ARGUMENT, "no place for the models given");
    const machine here = machine_here();
    const model_places places = {params->builtin_model, params->models, params->n_models};
    located_models found;
    TRY(models_locate(&here, &places, &found, error));
    const sd14_status status = publish(&found, out_models, error);
    located_models_release(&found);
    return status;
}

void sd14_found_models_release(sd14_found_models *models)
{
    for (size_t i = 0; i < models->count; i++) {
        mem_free(models->models[i].path);
        mem_free(models->models[i].name);
        mem_free(models->models[i].source);
        mem_free(models->models[i].revision);
    }
    mem_free(models->models);
    *models = (sd14_found_models){0};
}
