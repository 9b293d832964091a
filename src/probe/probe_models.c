/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/model_search.h"
#include "probe/sections.h"

static sd14_status add_model(const probe_options *options,
                             findings *to,
                             json_t *list,
                             const located_model *model,
                             sd14_error *error)
{
    char real[PATH_MAX];
    sd14_error problem = {{0}};
    sd14_status status = SD14_ERROR_MODEL;
    if (machine_path(&options->machine, model->path, real)) {
        status = options->open_model(real, &problem);
    }
    if (status == SD14_ERROR_OUT_OF_MEMORY) return error_set(error, status, "%s", problem.text);

    const bool loads = status == SD14_OK;
    findings_append(
        to, list,
        json_pack("{s:o, s:o, s:s, s:o, s:b, s:b, s:o}", "name", findings_string(model->name),
                  "path", findings_string(model->path), "source", model_source_name(model->source),
                  "revision", findings_string(model->revision), "main", model->is_main, "loads",
                  loads, "problem", loads ? json_null() : findings_string(problem.text)));
    findings_line(to, loads ? MARK_OK : MARK_WARN, "found", model->name, "%s, %s",
                  model_source_name(model->source), model->path);
    if (!loads) findings_remedy(to, "cannot be used: %s", problem.text);
    return SD14_OK;
}

sd14_status probe_models(const probe_options *options, findings *to, sd14_error *error)
{
    const model_places places = {options->builtin_model, options->models, options->n_models};
    located_models models;
    TRY(models_locate(&options->machine, &places, &models, error));
    findings_section(to, "models", "Models");
    json_t *list = findings_list(to, "found");
    sd14_status status = SD14_OK;
    for (size_t i = 0; status == SD14_OK && i < models.count; i++) {
        status = add_model(options, to, list, &models.items[i], error);
    }
    if (models.count == 0) {
        findings_line(to, MARK_WARN, "found", "none", "%s",
                      "not beside the program, in SD14_MODEL, or in Hugging Face's cache");
        findings_remedy(to, "%s",
                        "name a model's folder with -m or in SD14_MODEL; the small one lies in "
                        "models/emoji of the sources");
    }
    located_models_release(&models);
    return status;
}
