/* SPDX-License-Identifier: Apache-2.0 */
#include "folders.h"

void folders_params(const folder_operands *operands,
                    char builtin[MODEL_PATH_BYTES],
                    sd14_probe_params *out_params)
{
    sd14_probe_params_default(out_params);
    if (builtin_model_find(builtin)) out_params->builtin_model = builtin;
    out_params->models = operands->given;
    while (out_params->n_models < FOLDERS_MAX && operands->given[out_params->n_models] != NULL) {
        out_params->n_models++;
    }
}
