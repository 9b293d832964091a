/* SPDX-License-Identifier: Apache-2.0 */
#include "models/weight_names.h"

#include <stdio.h>
#include <string.h>

/* Replaces the first `old` in name by `new_part`; what does not fit is left as it is. */
static void replace(char name[WEIGHT_NAME_BYTES], const char *old, const char *new_part)
{
    char *at = strstr(name, old);
    if (at == NULL) return;
    const size_t tail = strlen(at + strlen(old)) + 1;
    if ((size_t)(at - name) + strlen(new_part) + tail > WEIGHT_NAME_BYTES) return;
    memmove(at + strlen(new_part), at + strlen(old), tail);
    memcpy(at, new_part, strlen(new_part));
}

bool weight_name_today(const char *component, const char *name, char out_name[WEIGHT_NAME_BYTES])
{
    /* Names too long are cut: no weight has such a name, cut or not. */
    if (strcmp(component, "text_encoder") == 0) {
        if (strstr(name, "position_ids") != NULL || strncmp(name, "text_projection", 15) == 0)
            return false;
        const char *prefix = strncmp(name, "text_model.", 11) == 0 ? "" : "text_model.";
        (void)snprintf(out_name, WEIGHT_NAME_BYTES, "%s%s", prefix, name);
        return true;
    }
    (void)snprintf(out_name, WEIGHT_NAME_BYTES, "%s", name);
    if (strcmp(component, "vae") == 0) {
        replace(out_name, ".query.", ".to_q.");
        replace(out_name, ".key.", ".to_k.");
        replace(out_name, ".value.", ".to_v.");
        replace(out_name, ".proj_attn.", ".to_out.0.");
    }
    return true;
}
