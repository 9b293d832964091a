/* SPDX-License-Identifier: Apache-2.0 */
#include "bench_pictures.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

const bench_stage bench_stages[BENCH_STAGES] = {
    {"text", "text_seconds", offsetof(sd14_timings, text_seconds)},
    {"preparing weights", "prepare_seconds", offsetof(sd14_timings, prepare_seconds)},
    {"UNet, all steps", "denoise_seconds", offsetof(sd14_timings, denoise_seconds)},
    {"VAE decoding", "decode_seconds", offsetof(sd14_timings, decode_seconds)},
    {"whole picture", "total_seconds", offsetof(sd14_timings, total_seconds)},
};

/* The last of them. */
enum { WHOLE_PICTURE = BENCH_STAGES - 1 };

double bench_stage_seconds(const bench_stage *stage, const sd14_timings *timings)
{
    double seconds;
    memcpy(&seconds, (const char *)timings + stage->offset, sizeof(seconds));
    return seconds;
}

bool bench_pictures_init(bench_pictures *to, int32_t warmup, int32_t repeat, int32_t steps)
{
    const size_t capacity = (size_t)warmup + (size_t)repeat;
    *to = (bench_pictures){.warmup = warmup, .capacity = (int32_t)capacity, .steps_max = steps};
    to->pictures = calloc(capacity, sizeof(to->pictures[0]));
    to->storage = calloc(capacity * (size_t)steps, sizeof(to->storage[0]));
    to->scratch = calloc((size_t)repeat * (size_t)steps, sizeof(to->scratch[0]));
    return to->pictures != NULL && to->storage != NULL && to->scratch != NULL;
}

void bench_pictures_release(bench_pictures *of)
{
    free(of->pictures);
    free(of->storage);
    free(of->scratch);
    *of = (bench_pictures){0};
}

void bench_pictures_add(bench_pictures *to,
                        const sd14_timings *timings,
                        const double *step_seconds,
                        int32_t n_steps)
{
    if (to->n_pictures == to->capacity) return;
    bench_picture *picture = &to->pictures[to->n_pictures];
    *picture = (bench_picture){
        .timings = *timings,
        .step_seconds = to->storage + (size_t)to->n_pictures * (size_t)to->steps_max,
        .n_steps = n_steps < to->steps_max ? n_steps : to->steps_max,
    };
    memcpy(picture->step_seconds, step_seconds, (size_t)picture->n_steps * sizeof(double));
    to->n_pictures++;
}

/* Summed before the samples are sorted: sd14_spread_of() does. */
static double sum(const double *samples, size_t count)
{
    double total = 0;
    for (size_t i = 0; i < count; i++) total += samples[i];
    return total;
}

static void summarize_steps(const bench_pictures *of, bench_summary *to)
{
    size_t count = 0;
    for (int32_t i = of->warmup; i < of->n_pictures; i++) {
        for (int32_t step = 1; step < of->pictures[i].n_steps; step++)
            of->scratch[count++] = of->pictures[i].step_seconds[step];
    }
    const double total = sum(of->scratch, count);
    if (total > 0) to->steps_per_second = (double)count / total;
    sd14_spread_of(of->scratch, count, &to->steps);
}

static void summarize_stage(const bench_pictures *of, int stage, bench_summary *to)
{
    const bench_stage *which = &bench_stages[stage];
    size_t count = 0;
    for (int32_t i = of->warmup; i < of->n_pictures; i++)
        of->scratch[count++] = bench_stage_seconds(which, &of->pictures[i].timings);
    const double total = sum(of->scratch, count);
    if (stage == WHOLE_PICTURE && total > 0) to->images_per_minute = 60 * (double)count / total;
    sd14_spread_of(of->scratch, count, &to->stages[stage]);
}

static void keep_least(double *least, double seconds)
{
    if (seconds < *least) *least = seconds;
}

void bench_pictures_summarize(const bench_pictures *of, bench_summary *out_summary)
{
    *out_summary = (bench_summary){.first = of->pictures[0].timings};
    for (int stage = 0; stage < BENCH_STAGES; stage++) summarize_stage(of, stage, out_summary);
    summarize_steps(of, out_summary);

    for (int32_t i = of->warmup > 0 ? of->warmup : 1; i < of->n_pictures; i++) {
        const sd14_timings *t = &of->pictures[i].timings;
        sd14_timings *best = &out_summary->best_later;
        if (!out_summary->has_later) *best = *t;
        out_summary->has_later = true;
        keep_least(&best->text_seconds, t->text_seconds);
        keep_least(&best->prepare_seconds, t->prepare_seconds);
        keep_least(&best->denoise_seconds, t->denoise_seconds);
        keep_least(&best->decode_seconds, t->decode_seconds);
        keep_least(&best->total_seconds, t->total_seconds);
    }
}
