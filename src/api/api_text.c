/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <sd14/text.h>

#include "base/file_write.h"
#include "base/memory.h"
#include "base/status.h"

void sd14_text_destroy(char *text)
{
    mem_free(text);
}

sd14_status sd14_text_write(const char *text, const char *path, sd14_error *error)
{
    if (text == NULL || path == NULL || path[0] == '\0')
        FAIL(error, INVALID_ARGUMENT, "no text or no file to write it to given");
    return file_write_all(path, text, strlen(text), error);
}
