/* SPDX-License-Identifier: Apache-2.0 */
#include "text_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES_MAX = 65536 }; /* 75 tokens of a prompt count, a configuration is smaller still */

exit_code text_file_read(const char *path, const char *what, console *con, char **out_text)
{
    const bool standard = strcmp(path, "-") == 0;
    const char *name = standard ? "standard input" : path;
    FILE *file = standard ? stdin : fopen(path, "rb");
    char *bytes = calloc(FILE_BYTES_MAX + 2, 1);
    exit_code code = EXIT_CODE_FILE;
    size_t length = 0;

    if (bytes == NULL) {
        console_error(con, "not enough memory for the %s", what);
        code = EXIT_CODE_MEMORY;
        goto done;
    }
    if (file != NULL) length = fread(bytes, 1, FILE_BYTES_MAX + 1, file);
    if (file == NULL || ferror(file) != 0) {
        console_error(con, "%s: cannot read the %s: %s", name, what, strerror(errno));
        goto done;
    }
    if (length > FILE_BYTES_MAX) {
        console_error(con, "%s: longer than %d bytes; is this a %s?", name, FILE_BYTES_MAX, what);
        goto done;
    }
    if (memchr(bytes, '\0', length) != NULL) {
        console_error(con, "%s: holds zero bytes; is this a text file?", name);
        goto done;
    }
    if (length > 0 && bytes[length - 1] == '\n') bytes[--length] = '\0';
    if (length > 0 && bytes[length - 1] == '\r') bytes[--length] = '\0';
    *out_text = bytes;
    bytes = NULL;
    code = EXIT_CODE_OK;
done:
    if (file != NULL && !standard) (void)fclose(file);
    free(bytes);
    return code;
}
