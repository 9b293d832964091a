/* SPDX-License-Identifier: Apache-2.0 */

/* Single comparisons: their names, figures and limits. */
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "parity/divergence_parts.h"

typedef struct stage_row {
    const char *name;
    double exact; /**< limit where both sides are float32 */
    double fast;  /**< limit where one is not */
} stage_row;

/*
 * Relative L2. Ids are equal or wrong. In float32, sums in another order cost a few 1e-7 per layer, a wrong eps or
 * a swapped channel 1e-3 and more: 1e-5. Steps feed each one's error into the next: 1e-4. Of a picture's values
 * one in a few hundred may round to the other of two levels. A precision with 8 bits of fraction rounds by 2^-9 =
 * 2e-3 per operator, and ten layers of that are 2e-2.
 */
static const stage_row rows[DIVERGENCE_STAGES] = {
    [DIVERGENCE_TOKENS] = {"tokens", 0.0, 0.0},
    [DIVERGENCE_SCHEDULE] = {"schedule", 1e-5, 1e-5},
    [DIVERGENCE_NOISE] = {"noise", 1e-5, 1e-5},
    [DIVERGENCE_TEXT_ENCODER] = {"text_encoder", 1e-5, 2e-2},
    [DIVERGENCE_UNET] = {"unet", 1e-5, 2e-2},
    [DIVERGENCE_SCHEDULER] = {"scheduler", 1e-5, 2e-2},
    [DIVERGENCE_LATENTS] = {"latents", 1e-4, 1e-1},
    [DIVERGENCE_VAE_DECODER] = {"vae_decoder", 1e-5, 2e-2},
    [DIVERGENCE_PICTURE] = {"picture", 1e-3, 1e-1},
};

const char *divergence_stage_name(divergence_stage stage)
{
    return rows[stage].name;
}

double divergence_limit(divergence_stage stage, bool exact)
{
    return exact ? rows[stage].exact : rows[stage].fast;
}

const char *
divergence_name(divergence_stage stage, const char *name, char out[DIVERGENCE_NAME_BYTES])
{
    (void)snprintf(out, DIVERGENCE_NAME_BYTES, "%s%s%s", rows[stage].name,
                   name[0] == '\0' ? "" : "/", name);
    return out;
}

bool divergence_wants(const divergence_run *run, divergence_stage stage, const char *name)
{
    char full[DIVERGENCE_NAME_BYTES];
    const char *nodes = run->params->nodes;
    return nodes == NULL || fnmatch(nodes, divergence_name(stage, name, full), 0) == 0;
}

/* ---- measuring ------------------------------------------------------------------------------------ */

/* Side A as the reference was recorded: every stride-th element. A digest's distance is the largest of the
 * samples' and the sums'; a relative L2 distance of d moves the sum by at most d · sqrt(count · squares), and the
 * sum of squares by about 2 d of itself. */
static sd14_status measure_digest(const float *ours,
                                  const recorded_values *theirs,
                                  tensor_distance *out_distance,
                                  sd14_error *error)
{
    float *picked = mem_array(theirs->count, sizeof(float));
    if (picked == NULL) FAIL_NO_MEMORY(error, "samples");
    for (size_t i = 0; i < theirs->count; i++) picked[i] = ours[i * theirs->stride];
    tensor_distance d = tensor_measure(picked, theirs->values, theirs->count);
    mem_free(picked);
    d.max_index *= theirs->stride;
    d.bad_index *= theirs->stride;

    double sum = 0.0, squares = 0.0;
    for (size_t i = 0; i < theirs->whole; i++) {
        if (d.finite && !isfinite(ours[i])) {
            d.finite = false;
            d.in_a = true;
            d.bad_index = i;
            d.bad_value = (double)ours[i];
            d.pcc = d.cosine = d.max_abs = d.mean_abs = d.relative_l2 = (double)NAN;
        }
        sum += (double)ours[i];
        squares += (double)ours[i] * (double)ours[i];
    }
    if (d.finite && theirs->squares > 0.0) {
        const double by_sum =
            fabs(sum - theirs->sum) / sqrt((double)theirs->whole * theirs->squares);
        const double by_squares = fabs(squares - theirs->squares) / theirs->squares / 2.0;
        d.relative_l2 = fmax(d.relative_l2, fmax(by_sum, by_squares));
    }
    *out_distance = d;
    return SD14_OK;
}

/* A digest's: mean and deviation of all elements, the rest of the samples. */
static tensor_statistics statistics_recorded(const recorded_values *of)
{
    tensor_statistics s = tensor_statistics_of(of->values, of->count);
    if (!of->digest) return s;
    s.mean = of->sum / (double)of->whole;
    s.std = sqrt(fmax(of->squares / (double)of->whole - s.mean * s.mean, 0.0));
    return s;
}

/* ---- adding --------------------------------------------------------------------------------------- */

/* Further from the reference; what is not finite is furthest, and the first of several. */
static bool is_worse(const tensor_distance *a, const tensor_distance *b)
{
    if (!b->finite) return false;
    return !a->finite || a->relative_l2 > b->relative_l2;
}

/* Appends; on success the caller sees the new item last in its stage. */
static sd14_status append(divergence_run *run,
                          const divergence_subject *subject,
                          const tensor_distance *distance,
                          sd14_error *error)
{
    divergence_stage_result *stage = &run->found->stages[subject->stage];
    char full[DIVERGENCE_NAME_BYTES];
    char *name = mem_string(divergence_name(subject->stage, subject->name, full));
    if (name == NULL) FAIL_NO_MEMORY(error, "a list of nodes");
    if (stage->count == stage->capacity) {
        const size_t capacity = stage->capacity == 0 ? 16 : 2 * stage->capacity;
        divergence_item *grown = mem_resize(stage->items, capacity, sizeof(*grown));
        if (grown == NULL) {
            mem_free(name);
            FAIL_NO_MEMORY(error, "a list of nodes");
        }
        stage->items = grown;
        stage->capacity = capacity;
    }
    const size_t index = stage->count++;
    divergence_item *item = &stage->items[index];
    *item = (divergence_item){
        .name = name, .op = subject->op, .shape = subject->shape, .distance = *distance};
    item->beyond = !distance->finite || distance->relative_l2 > stage->limit;
    if (index == 0 || is_worse(distance, &stage->items[stage->worst].distance))
        stage->worst = index;
    if (item->beyond && stage->beyond++ == 0) stage->first = index;
    return SD14_OK;
}

/* Whether the item added last is its stage's first divergence: then its statistics are wanted. */
static bool added_first(const divergence_stage_result *stage)
{
    return stage->beyond > 0 && stage->first == stage->count - 1;
}

sd14_status divergence_add(divergence_run *run,
                           const divergence_subject *subject,
                           const float *ours,
                           const float *theirs,
                           sd14_error *error)
{
    if (!divergence_wants(run, subject->stage, subject->name)) return SD14_OK;
    divergence_stage_result *stage = &run->found->stages[subject->stage];
    const size_t count = shape_count(subject->shape);
    const tensor_distance distance = tensor_measure(ours, theirs, count);
    TRY(append(run, subject, &distance, error));
    if (added_first(stage)) {
        stage->ours = tensor_statistics_of(ours, count);
        stage->theirs = tensor_statistics_of(theirs, count);
    }
    return SD14_OK;
}

sd14_status divergence_add_recorded(divergence_run *run,
                                    const divergence_subject *subject,
                                    const float *ours,
                                    const recorded_values *theirs,
                                    sd14_error *error)
{
    if (!divergence_wants(run, subject->stage, subject->name)) return SD14_OK;
    divergence_stage_result *stage = &run->found->stages[subject->stage];
    const size_t count = shape_count(subject->shape);
    const size_t recorded = theirs->digest ? theirs->whole : theirs->count;
    if (recorded != count) {
        char full[DIVERGENCE_NAME_BYTES];
        FAIL(error, FILE,
             "%s has %zu values, %zu were recorded; another model or size was recorded",
             divergence_name(subject->stage, subject->name, full), count, recorded);
    }
    tensor_distance distance = {0};
    if (theirs->digest) {
        TRY(measure_digest(ours, theirs, &distance, error));
    } else {
        distance = tensor_measure(ours, theirs->values, count);
    }
    TRY(append(run, subject, &distance, error));
    stage->items[stage->count - 1].sampled = theirs->digest;
    if (added_first(stage)) {
        stage->ours = tensor_statistics_of(ours, count);
        stage->theirs = statistics_recorded(theirs);
    }
    return SD14_OK;
}

sd14_status divergence_add_missing(divergence_run *run,
                                   const divergence_subject *subject,
                                   const char *why,
                                   sd14_error *error)
{
    if (!divergence_wants(run, subject->stage, subject->name)) return SD14_OK;
    divergence_stage_result *stage = &run->found->stages[subject->stage];
    const double none = (double)NAN;
    const tensor_distance nothing = {.pcc = none,
                                     .cosine = none,
                                     .max_abs = none,
                                     .mean_abs = none,
                                     .relative_l2 = none,
                                     .in_a = true,
                                     .bad_value = none};
    TRY(append(run, subject, &nothing, error));
    if (added_first(stage)) {
        stage->ours = tensor_statistics_of(NULL, 0);
        stage->theirs = tensor_statistics_of(NULL, 0);
    }
    (void)snprintf(stage->note, sizeof(stage->note), "%s", why);
    return SD14_OK;
}

void divergence_destroy(divergence *found)
{
    if (found == NULL) return;
    for (int s = 0; s < DIVERGENCE_STAGES; s++) {
        for (size_t i = 0; i < found->stages[s].count; i++)
            mem_free(found->stages[s].items[i].name);
        mem_free(found->stages[s].items);
    }
    mem_free(found);
}

const divergence_item *divergence_first(const divergence *found, divergence_stage *out_stage)
{
    for (int s = 0; s < DIVERGENCE_STAGES; s++) {
        const divergence_stage_result *stage = &found->stages[s];
        if (stage->beyond == 0) continue;
        *out_stage = (divergence_stage)s;
        return &stage->items[stage->first];
    }
    return NULL;
}
