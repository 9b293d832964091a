/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

void log_write(const log_target *target, log_level level, const char *format, ...)
{
    if (target == NULL || target->write == NULL) return;
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    if (length >= (int)sizeof(line)) memcpy(line + sizeof(line) - 4, "...", 4);
    text_to_line(line);
    target->write(target->user, level, line);
}
