/* SPDX-License-Identifier: Apache-2.0 */

/* Test support: a machine that has the CPU backend and no other. Folders that are given are found; a folder
 * called "@oom" makes the search fail. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sd14/sd14.h>

static sd14_status no_memory(sd14_error *error)
{
    (void)snprintf(error->text, sizeof(error->text), "not enough memory");
    return SD14_ERROR_OUT_OF_MEMORY;
}

void sd14_probe_params_default(sd14_probe_params *out_params)
{
    *out_params = (sd14_probe_params){.backend = "cpu"};
}

static bool asks_for(const sd14_probe_params *params, const char *folder)
{
    for (size_t i = 0; i < params->n_models; i++) {
        if (strcmp(params->models[i], folder) == 0) return true;
    }
    return false;
}

sd14_status
sd14_probe(const sd14_probe_params *params, sd14_probe_report *out_report, sd14_error *error)
{
    if (asks_for(params, "@oom")) return no_memory(error);
    char text[128];
    char json[128];
    (void)snprintf(text, sizeof(text), "text, %s, %zu folders\n", params->backend,
                   params->n_models);
    (void)snprintf(json, sizeof(json), "{\"backend\": \"%s\"}\n", params->backend);
    const bool runs = strcmp(params->backend, "cpu") == 0;
    *out_report = (sd14_probe_report){
        .text = strdup(text), .json = strdup(json), .missing = runs ? NULL : strdup("no card")};
    return SD14_OK;
}

void sd14_probe_report_release(sd14_probe_report *report)
{
    free(report->text);
    free(report->json);
    free(report->missing);
}

sd14_status
sd14_find_models(const sd14_probe_params *params, sd14_found_models *out_models, sd14_error *error)
{
    if (asks_for(params, "@oom")) return no_memory(error);
    *out_models = (sd14_found_models){.count = params->n_models};
    out_models->models = calloc(params->n_models + 1, sizeof(*out_models->models));
    if (out_models->models == NULL) return no_memory(error);
    for (size_t i = 0; i < params->n_models; i++) {
        out_models->models[i] = (sd14_found_model){.path = strdup(params->models[i]),
                                                   .name = strdup(params->models[i]),
                                                   .source = strdup("given")};
    }
    return SD14_OK;
}

void sd14_found_models_release(sd14_found_models *models)
{
    for (size_t i = 0; i < models->count; i++) {
        free(models->models[i].path);
        free(models->models[i].name);
        free(models->models[i].source);
    }
    free(models->models);
}
