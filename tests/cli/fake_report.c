/* SPDX-License-Identifier: Apache-2.0 */

/* Test support: sd14/report.h of the library that pretends. It names what it was given. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sd14/report.h>

sd14_status sd14_report(const char *const *paths,
                        size_t n_paths,
                        sd14_report_format format,
                        char **out_text,
                        sd14_error *error)
{
    const size_t room = (n_paths + 1) * 4200;
    size_t length = 0;
    char *text = calloc(room, 1);
    if (text == NULL) return SD14_ERROR_OUT_OF_MEMORY;
    length += (size_t)snprintf(text, room, "format %d\n", (int)format);
    for (size_t i = 0; i < n_paths; i++) {
        if (access(paths[i], R_OK) != 0) {
            (void)snprintf(error->text, sizeof(error->text), "%s: not there", paths[i]);
            free(text);
            return SD14_ERROR_FILE;
        }
        length += (size_t)snprintf(text + length, room - length, "%s\n", paths[i]);
    }
    *out_text = text;
    return SD14_OK;
}
