/* SPDX-License-Identifier: Apache-2.0 */

/** What a drawing's progress tells of its time and memory, and how --json says it: docs/json.md. */
#ifndef SD14_CLI_MEASUREMENTS_H
#define SD14_CLI_MEASUREMENTS_H

#include <jansson.h>
#include <stdint.h>

#include <sd14/sd14.h>

#include "cli.h"

/** The most steps that --steps takes. */
enum { MEASUREMENTS_STEPS_MAX = 1000 };

typedef struct measurements {
    const sd14_session *session;
    int32_t n_steps; /**< of the picture that is drawn now, or was last */
    double
        step_seconds[MEASUREMENTS_STEPS_MAX]; /**< its share of those that several had together */
    sd14_memory memory;                       /**< the most of each part, over all pictures */
} measurements;

/** Begins a picture, or several together. */
void measurements_begin(measurements *to, const sd14_session *session);

/** To be called from the progress function. */
void measurements_report(measurements *to, const sd14_progress *progress);

/** Looks at the session's memory: also after a picture, when the decoder's is still held. */
void measurements_see_memory(measurements *to);

/** Adds "device" to what --json prints, where there is one. Says what went wrong. */
exit_code measurements_add_device(const sd14_session *session, console *con, json_t *to);

/* NULL: no memory. */
json_t *measurements_steps_json(const double *seconds, int32_t count);
json_t *measurements_timings_json(const sd14_timings *timings);
json_t *measurements_memory_json(const sd14_memory *memory);
json_t *measurements_spread_json(const sd14_spread *spread);

#endif /* SD14_CLI_MEASUREMENTS_H */
