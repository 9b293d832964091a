/* SPDX-License-Identifier: Apache-2.0 */
#include <sd14/config.h>

#include "api/model.h"
#include "parity/config_dump.h"

sd14_status sd14_config_json(const sd14_model *model,
                             const sd14_config_params *params,
                             char **out_text,
                             sd14_error *error)
{
    if (model == NULL || out_text == NULL)
        FAIL(error, INVALID_ARGUMENT, "no model or no place for the text given");
    sd14_config_params asked = params == NULL ? (sd14_config_params){0} : *params;
    const model_defaults *defaults = &model->model->config.defaults;
    if (asked.width == 0) asked.width = (int32_t)defaults->width;
    if (asked.height == 0) asked.height = (int32_t)defaults->height;
    if (asked.steps == 0) asked.steps = defaults->steps;
    TRY(model_check_side(&model->model->config, "width", asked.width, error));
    TRY(model_check_side(&model->model->config, "height", asked.height, error));

    const config_dump_params dump = {
        .width = (size_t)asked.width, .height = (size_t)asked.height, .steps = asked.steps};
    text out = {0};
    const sd14_status status = config_dump(model->model, &dump, &out, error);
    if (status != SD14_OK) {
        text_release(&out);
        return status;
    }
    *out_text = out.bytes; /* the text's memory is the caller's from here */
    return SD14_OK;
}
