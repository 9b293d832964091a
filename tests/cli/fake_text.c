/* SPDX-License-Identifier: Apache-2.0 */

/* Test support: sd14/text.h of the library that pretends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sd14/text.h>

void sd14_text_destroy(char *text)
{
    free(text);
}

sd14_status sd14_text_write(const char *text, const char *path, sd14_error *error)
{
    FILE *file = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    if (file == NULL) {
        (void)snprintf(error->text, sizeof(error->text), "%s: cannot write", path);
        return SD14_ERROR_FILE;
    }
    const int failed = fputs(text, file);
    return (file == stdout ? fflush(file) : fclose(file)) == 0 && failed >= 0 ? SD14_OK
                                                                              : SD14_ERROR_FILE;
}
