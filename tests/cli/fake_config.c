/* SPDX-License-Identifier: Apache-2.0 */

/* Test support: a configuration of one value, which shows what was asked for. */
#include <stdio.h>
#include <stdlib.h>

#include <sd14/sd14.h>

sd14_status sd14_config_json(const sd14_model *model,
                             const sd14_config_params *params,
                             char **out_text,
                             sd14_error *error)
{
    enum { TEXT_BYTES = 512 };
    (void)model;
    if (params->steps == 999) {
        (void)snprintf(error->text, sizeof(error->text), "999 is planned to fail");
        return SD14_ERROR_INVALID_ARGUMENT;
    }
    char *text = malloc(TEXT_BYTES);
    if (text == NULL) return SD14_ERROR_OUT_OF_MEMORY;
    (void)snprintf(text, TEXT_BYTES,
                   "{\"components\":{\"unet\":{\"class\":\"UNet\",\"config\":{\"in_channels\":"
                   "{\"source\":\"file\",\"value\":4}},\"derived\":{}}},\"memory\":{\"unet\":"
                   "{\"batch\":{\"source\":\"derived\",\"value\":2}}},\"settings\":{\"height\":%d,"
                   "\"steps\":%d,\"width\":%d},\"sha256\":\"abc\"}",
                   (int)params->height, (int)params->steps, (int)params->width);
    *out_text = text;
    return SD14_OK;
}
