/* SPDX-License-Identifier: Apache-2.0 */
#include "base/status.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

const char *sd14_status_name(sd14_status status)
{
    switch (status) {
    case SD14_OK:
        return "ok";
    case SD14_ERROR_FAILED:
        return "failed";
    case SD14_ERROR_INVALID_ARGUMENT:
        return "invalid argument";
    case SD14_ERROR_MODEL:
        return "model";
    case SD14_ERROR_FILE:
        return "file";
    case SD14_ERROR_OUT_OF_MEMORY:
        return "out of memory";
    case SD14_ERROR_DEVICE:
        return "device";
    case SD14_ERROR_VERIFICATION:
        return "verification";
    case SD14_ERROR_CANCELLED:
        return "cancelled";
    }
    return "unknown status";
}

sd14_status error_set(sd14_error *error, sd14_status status, const char *format, ...)
{
    if (error == NULL) return status;

    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(error->text, sizeof(error->text), format, arguments);
    va_end(arguments);

    if (length >= (int)sizeof(error->text)) {
        memcpy(error->text + sizeof(error->text) - 4, "...", 4);
    }
    text_to_line(error->text);
    return status;
}
