/* SPDX-License-Identifier: Apache-2.0 */

/* Test support: one contract of one tensor; a run called "broken" violates it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sd14/sd14.h>

static sd14_status give(const char *from, char **out_text)
{
    char *text = strdup(from);
    if (text == NULL) return SD14_ERROR_OUT_OF_MEMORY;
    *out_text = text;
    return SD14_OK;
}

sd14_status sd14_contracts_json(const char *folder, char **out_text, sd14_error *error)
{
    if (folder != NULL) {
        (void)snprintf(error->text, sizeof(error->text), "%s/unet.json: not there", folder);
        return SD14_ERROR_FILE;
    }
    return give(
        "{\"contracts\":[{\"call\":\"forward\",\"class\":\"diffusers UNet\",\"description\":"
        "\"Noise.\",\"inputs\":[{\"diffusers\":{\"dtype\":\"int64\",\"layout\":\"N\","
        "\"name\":\"t\"},\"dtype\":\"int32\",\"layout\":\"NT\",\"meaning\":\"a tensor\","
        "\"name\":\"ids\",\"range\":{\"below\":\"tokens\",\"min\":0,\"reason\":\"rows\"},"
        "\"shape\":[\"batch\",77]}],\"name\":\"unet\",\"outputs\":[],\"symbols\":"
        "{\"batch\":\"items\"}}]}",
        out_text);
}

sd14_status sd14_contracts_check(sd14_model *model,
                                 const sd14_contracts_params *params,
                                 char **out_report,
                                 sd14_error *error)
{
    (void)model;
    if (params->run == NULL) {
        return give(params->graphs && params->backend
                        ? "{\"checked\":{\"backend\":3,\"graph\":4},\"violations\":[]}"
                        : "{\"checked\":{},\"violations\":[]}",
                    out_report);
    }
    if (strcmp(params->run, "broken") != 0) {
        (void)snprintf(error->text, sizeof(error->text), "%s: no run", params->run);
        return SD14_ERROR_FILE;
    }
    (void)snprintf(error->text, sizeof(error->text), "1 violation of the contracts");
    const sd14_status status =
        give("{\"checked\":{\"run\":1},\"violations\":[{\"against\":\"run\",\"contract\":\"unet\","
             "\"expected\":\"int32\",\"field\":\"dtype\",\"found\":\"int64\",\"tensor\":\"ids\","
             "\"where\":\"a.npy\"}]}",
             out_report);
    return status == SD14_OK ? SD14_ERROR_VERIFICATION : status;
}
