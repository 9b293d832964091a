/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/ttnn/child_words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void end_line(child_words *of)
{
    of->line[of->length] = '\0';
    of->length = 0;
    if (of->line[strspn(of->line, " \t\r")] == '\0') return;
    log_write(of->log, LOG_LEVEL_DEBUG, "device: %s", of->line);
    memcpy(of->lines[of->line_count % CHILD_WORDS_LINES], of->line, sizeof(of->line));
    of->line_count++;
}

/* A long line's end is dropped. */
static void take(child_words *of, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] == '\n') {
            end_line(of);
        } else if (of->length < sizeof(of->line) - 1) {
            of->line[of->length++] = bytes[i];
        }
    }
}

void child_words_read(child_words *of)
{
    char bytes[4096];
    while (of->descriptor >= 0) {
        const ssize_t got = read(of->descriptor, bytes, sizeof(bytes));
        if (got > 0) {
            take(of, bytes, (size_t)got);
        } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            if (of->length > 0) end_line(of);
            child_words_close(of);
        } else if (errno == EAGAIN) {
            return;
        }
    }
}

void child_words_last(const child_words *of, char out[CHILD_WORDS_LAST])
{
    const size_t count = of->line_count < CHILD_WORDS_LINES ? of->line_count : CHILD_WORDS_LINES;
    size_t length = 0;
    out[0] = '\0';
    for (size_t i = of->line_count - count; i < of->line_count && length < CHILD_WORDS_LAST; i++) {
        const char *line = of->lines[i % CHILD_WORDS_LINES];
        const int added = snprintf(out + length, CHILD_WORDS_LAST - length, "%s%.220s",
                                   length == 0 ? "" : " | ", line + strspn(line, " \t"));
        length += added > 0 ? (size_t)added : 0;
    }
}

void child_words_close(child_words *of)
{
    if (of->descriptor >= 0) (void)close(of->descriptor);
    of->descriptor = -1;
}
