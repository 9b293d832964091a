/* SPDX-License-Identifier: Apache-2.0 */

/** Times of repeated pictures, summed up. */
#ifndef SD14_CLI_BENCH_PICTURES_H
#define SD14_CLI_BENCH_PICTURES_H

#include <stdbool.h>
#include <stdint.h>

#include <sd14/sd14.h>

enum { BENCH_STAGES = 5 };

/** A timing: how text and JSON call it, and its place in sd14_timings. */
typedef struct bench_stage {
    const char *label; /**< "VAE decoding" */
    const char *key;   /**< "decode_seconds" */
    size_t offset;
} bench_stage;

extern const bench_stage bench_stages[BENCH_STAGES];

/** The stage's seconds. */
double bench_stage_seconds(const bench_stage *stage, const sd14_timings *timings);

typedef struct bench_picture {
    sd14_timings timings;
    double *step_seconds;
    int32_t n_steps;
} bench_picture;

/** The first `warmup` of the pictures do not count. */
typedef struct bench_pictures {
    bench_picture *pictures;
    double *storage; /**< of all step_seconds; and room to sort in */
    double *scratch;
    int32_t n_pictures, warmup, capacity;
    int32_t steps_max; /**< per picture */
} bench_pictures;

/** @return false: no memory. bench_pictures_release() is due either way. */
bool bench_pictures_init(bench_pictures *to, int32_t warmup, int32_t repeat, int32_t steps);
void bench_pictures_release(bench_pictures *of);

/** Adds a picture; steps past the number said at first are left out. */
void bench_pictures_add(bench_pictures *to,
                        const sd14_timings *timings,
                        const double *step_seconds,
                        int32_t n_steps);

typedef struct bench_summary {
    sd14_timings first;      /**< of the first picture, counted or not */
    sd14_timings best_later; /**< the least of each over the counted pictures but the first */
    bool has_later;          /**< there are such pictures */
    sd14_spread stages[BENCH_STAGES]; /**< over the counted pictures */
    sd14_spread steps;                /**< over their steps, the first of each picture left out */
    double images_per_minute, steps_per_second; /**< by the means of the same samples; 0 of none */
} bench_summary;

/** Only with at least one counted picture. */
void bench_pictures_summarize(const bench_pictures *of, bench_summary *out_summary);

#endif /* SD14_CLI_BENCH_PICTURES_H */
