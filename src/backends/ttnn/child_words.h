/* SPDX-License-Identifier: Apache-2.0 */

/** What a child prints, through a pipe: handed on line by line, and the last of it kept for errors. */
#ifndef SD14_TTNN_CHILD_WORDS_H
#define SD14_TTNN_CHILD_WORDS_H

#include <stddef.h>

#include "base/log.h"

enum { CHILD_WORDS_LINE = 512, CHILD_WORDS_LINES = 4, CHILD_WORDS_LAST = 1024 };

typedef struct child_words {
    int descriptor; /**< the pipe's reading end, non-blocking; -1: none */
    const log_target *log;
    char lines[CHILD_WORDS_LINES]
              [CHILD_WORDS_LINE]; /**< a ring of the last lines that are not empty */
    size_t line_count;            /**< so far */
    char line[CHILD_WORDS_LINE];  /**< the one that has no end yet */
    size_t length;
} child_words;

/** Reads what is there; closes the pipe at its end. */
void child_words_read(child_words *of);

/** The last lines, joined by " | "; "": it said nothing. */
void child_words_last(const child_words *of, char out[CHILD_WORDS_LAST]);

void child_words_close(child_words *of);

#endif /* SD14_TTNN_CHILD_WORDS_H */
