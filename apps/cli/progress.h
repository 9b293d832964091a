/* SPDX-License-Identifier: Apache-2.0 */

/** Shows how far a drawing is: a bar on a terminal, a few plain lines in a log. */
#ifndef SD14_CLI_PROGRESS_H
#define SD14_CLI_PROGRESS_H

#include <stdint.h>

#include <sd14/generate.h>

#include "console.h"

typedef struct progress {
    console *con;
    int32_t first, count; /**< of the pictures begun together the first, from 0; of all, how many */
    int32_t index, together; /**< those that are drawn now */
    int32_t step, steps;     /**< as far as it got */
    double steps_began;      /**< seconds into the drawing when the first step began */
    double drawn;            /**< seconds() when the line was drawn last */
    sd14_stage stage;
    bool any; /**< a report came */
} progress;

/** Begins pictures from `first` on, of `count`. */
void progress_begin(progress *p, console *con, int32_t first, int32_t count);

/** A sd14_generate_params' progress(): its user is the progress. */
void progress_report(void *user, const sd14_progress *report);

/** Says what takes time after the drawing. Terminals only. */
void progress_say(const progress *p, const char *what);

/** "0:47", "1:02:03". */
enum { PROGRESS_TIME_BYTES = 24 };
void progress_time_text(double seconds, char out[PROGRESS_TIME_BYTES]);

#endif /* SD14_CLI_PROGRESS_H */
