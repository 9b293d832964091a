/* SPDX-License-Identifier: Apache-2.0 */

/* A comparison for people: a line per stage, then all that is known of the first divergence. */
#include <inttypes.h>
#include <math.h>
#include <stdint.h>

#include "parity/divergence.h"

/* Further nodes that --isolate lists by name; bytes of a prompt, of which JSON has all. */
enum { LISTED = 20, PROMPT_SHOWN = 200 };

static void add_side(text *to, const char *label, const divergence_side *side)
{
    text_add(to, "%s  ", label);
    text_add_line(to, side->path, SIZE_MAX);
    text_add(to, ", %s %s %s\n", side->backend->vtable->name, side->isa, side->precision);
}

static void add_prompt(text *to, const char *before, const char *prompt)
{
    text_add(to, "%s\"", before);
    text_add_line(to, prompt, PROMPT_SHOWN);
    text_add(to, "\"");
}

static void add_head(const divergence_params *p, const divergence *found, text *to)
{
    add_side(to, "side A", &p->ours);
    if (p->theirs.model != NULL) {
        add_side(to, "side B", &p->theirs);
    } else {
        text_add(to, "side B  ");
        text_add_line(to, p->recording_path, SIZE_MAX);
        text_add(to, " (recorded)\n");
    }
    add_prompt(to, "", p->prompt);
    if (p->negative_prompt[0] != '\0') add_prompt(to, " without ", p->negative_prompt);
    text_add(to,
             ", seed %" PRIu64 ", %d steps, cfg scale %g, %zux%zu; UNet at step %d (t = %d)%s\n\n",
             p->seed, p->steps, (double)p->guidance, p->width, p->height, p->step, found->timestep,
             p->isolate ? "; each node on its own" : "");
}

/* 1.2e-06, or 0, or what it is instead of a number. */
static void add_number(text *to, int width, const divergence_item *item)
{
    const tensor_distance *d = &item->distance;
    if (d->finite) {
        text_add(to, "%*.*g", width, d->relative_l2 == 0.0 ? 1 : 3, d->relative_l2);
    } else {
        text_add(to, "%*s", width, isinf(d->bad_value) ? "infinity" : "NaN");
    }
}

static void add_stage(const divergence_stage_result *stage, const char *name, text *to)
{
    const divergence_item *worst = &stage->items[stage->worst];
    text_add(to, "%-12s  %8zu  %6zu  %8.3g  ", name, stage->count, stage->beyond, stage->limit);
    add_number(to, 10, worst);
    if (worst->distance.relative_l2 != 0.0) text_add(to, "  %s", worst->name);
    text_add(to, "\n");
}

static void add_statistics(text *to, const char *label, const tensor_statistics *s, bool sampled)
{
    text_add(to, "  %s  min %.6g, max %.6g, mean %.6g, std %.6g, NaN %zu", label, s->min, s->max,
             s->mean, s->std, s->nan);
    if (s->infinite > 0) text_add(to, ", infinite %zu", s->infinite);
    text_add(to, "%s\n", sampled ? " (min, max and NaN of its samples)" : "");
}

static void add_distance(const divergence_item *item, double limit, text *to)
{
    const tensor_distance *d = &item->distance;
    char place[SHAPE_TEXT_BYTES];
    if (!d->finite) {
        text_add(to, "  %s has %s at %s\n", d->in_a ? "side A" : "side B",
                 isinf(d->bad_value) ? "infinity" : "NaN",
                 shape_index_text(item->shape, d->bad_index, place));
        return;
    }
    text_add(to,
             "  relative L2 %.3g (limit %.3g), max abs %.3g at %s, mean abs %.3g, cosine %.9g, PCC "
             "%.9g\n",
             d->relative_l2, limit, d->max_abs, shape_index_text(item->shape, d->max_index, place),
             d->mean_abs, d->cosine, d->pcc);
}

static void add_others(const divergence_params *p,
                       const divergence *found,
                       const divergence_item *first,
                       text *to)
{
    size_t listed = 0, left_out = 0;
    for (int s = 0; p->isolate && s < DIVERGENCE_STAGES; s++) {
        const divergence_stage_result *stage = &found->stages[s];
        for (size_t i = 0; i < stage->count; i++) {
            if (!stage->items[i].beyond || &stage->items[i] == first) continue;
            if (listed == LISTED) {
                left_out++;
                continue;
            }
            text_add(to, "%s%s ", listed++ == 0 ? "also beyond: " : "             ",
                     stage->items[i].name);
            add_number(to, 0, &stage->items[i]);
            text_add(to, "\n");
        }
    }
    if (left_out > 0) text_add(to, "             and %zu more\n", left_out);
}

static void add_first(const divergence_params *p, const divergence *found, text *to)
{
    divergence_stage where = DIVERGENCE_TOKENS;
    const divergence_item *first = divergence_first(found, &where);
    if (first == NULL) {
        text_add(to, "no divergence\n");
        return;
    }
    const divergence_stage_result *stage = &found->stages[where];
    char shape[SHAPE_TEXT_BYTES];
    text_add(to, "first divergence: %s (%s%s%s)\n", first->name, first->op == NULL ? "" : first->op,
             first->op == NULL ? "" : " ", shape_text(first->shape, shape));
    if (stage->ours.count == 0) { /* side A did not get there */
        text_add(to, "  %s\n", stage->note);
    } else {
        add_distance(first, stage->limit, to);
        add_statistics(to, "side A", &stage->ours, false);
        add_statistics(to, "side B", &stage->theirs, first->sampled);
    }
    add_others(p, found, first, to);
}

void divergence_text(const divergence_params *params, const divergence *found, text *to)
{
    add_head(params, found, to);
    text_add(to, "%-12s  %8s  %6s  %8s  %10s  %s\n", "stage", "compared", "beyond", "limit",
             "worst", "at");
    for (int s = 0; s < DIVERGENCE_STAGES; s++) {
        const divergence_stage_result *stage = &found->stages[s];
        const char *name = divergence_stage_name((divergence_stage)s);
        if (stage->count > 0) add_stage(stage, name, to);
    }
    text_add(to, "\n");
    add_first(params, found, to);
}
