/* SPDX-License-Identifier: Apache-2.0 */

/* A comparison for programs: every node, docs/json.md. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "formats/json.h"
#include "parity/divergence.h"
#include "parity/json_values.h"

/* The double nearest to the fewest digits that read back as the same float: 7.1, not 7.0999999. */
static double as_typed(float value)
{
    char digits[32];
    for (int precision = 6;; precision++) {
        (void)snprintf(digits, sizeof(digits), "%.*g", precision, (double)value);
        if (precision == 9 || strtof(digits, NULL) == value) return strtod(digits, NULL);
    }
}

static json_t *side_json(const divergence_side *side)
{
    return json_pack("{s:o, s:s, s:s, s:s}", "model", json_any_string(side->path), "backend",
                     side->backend->vtable->name, "isa", side->isa, "precision", side->precision);
}

static json_t *reference_json(const divergence_params *p)
{
    if (p->theirs.model != NULL) return side_json(&p->theirs);
    return json_pack("{s:o}", "recording", json_any_string(p->recording_path));
}

static json_t *item_json(const divergence_item *item)
{
    const tensor_distance *d = &item->distance;
    return json_pack("{s:s, s:o, s:o, s:b, s:b, s:b, s:o, s:o, s:o, s:o, s:o}", "name", item->name,
                     "op", item->op == NULL ? json_null() : json_string(item->op), "shape",
                     json_shape(item->shape), "beyond", item->beyond, "finite", d->finite,
                     "sampled", item->sampled, "relative_l2", json_finite(d->relative_l2),
                     "max_abs", json_finite(d->max_abs), "mean_abs", json_finite(d->mean_abs),
                     "cosine", json_finite(d->cosine), "pcc", json_finite(d->pcc));
}

static json_t *statistics_json(const tensor_statistics *s)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:I, s:I}", "min", json_finite(s->min), "max",
                     json_finite(s->max), "mean", json_finite(s->mean), "std", json_finite(s->std),
                     "nan", (json_int_t)s->nan, "infinite", (json_int_t)s->infinite);
}

static json_t *first_json(const divergence *found)
{
    divergence_stage where = DIVERGENCE_TOKENS;
    const divergence_item *first = divergence_first(found, &where);
    if (first == NULL) return json_null();
    const divergence_stage_result *stage = &found->stages[where];
    json_t *object = item_json(first);
    int failed = json_object_set_new(object, "limit", json_real(stage->limit));
    failed |= json_object_set_new(
        object, "index",
        json_integer((json_int_t)(first->distance.finite ? first->distance.max_index
                                                         : first->distance.bad_index)));
    failed |= json_object_set_new(object, "note", json_string(stage->note));
    failed |= json_object_set_new(object, "side_a", statistics_json(&stage->ours));
    failed |= json_object_set_new(object, "side_b", statistics_json(&stage->theirs));
    if (failed == 0) return object;
    json_decref(object);
    return NULL;
}

static json_t *stages_json(const divergence *found)
{
    json_t *stages = json_array();
    for (int s = 0; s < DIVERGENCE_STAGES; s++) {
        const divergence_stage_result *stage = &found->stages[s];
        if (stage->count == 0) continue;
        json_t *items = json_array();
        for (size_t i = 0; i < stage->count; i++)
            (void)json_array_append_new(items, item_json(&stage->items[i]));
        if (json_array_size(items) != stage->count) {
            json_decref(items);
            items = NULL; /* json_pack() gives up on it, and the array on that */
        }
        json_t *object = json_pack(
            "{s:s, s:I, s:I, s:f, s:s, s:o}", "name", divergence_stage_name((divergence_stage)s),
            "compared", (json_int_t)stage->count, "beyond", (json_int_t)stage->beyond, "limit",
            stage->limit, "worst", stage->items[stage->worst].name, "items", items);
        if (json_array_append_new(stages, object) == 0) continue;
        json_decref(stages);
        return NULL;
    }
    return stages;
}

static int add_piece(const char *bytes, size_t length, void *to)
{
    text_add_bytes(to, bytes, length);
    return 0;
}

sd14_status divergence_json(const divergence_params *params,
                            const divergence *found,
                            text *to,
                            sd14_error *error)
{
    divergence_stage where = DIVERGENCE_TOKENS;
    const bool diverged = divergence_first(found, &where) != NULL;
    json_t *seed = params->seed <= INT64_MAX ? json_integer((json_int_t)params->seed) : NULL;
    if (seed == NULL) seed = json_sprintf("%llu", (unsigned long long)params->seed);
    json_t *object = json_pack(
        "{s:s, s:{s:o, s:o}, s:o, s:o, s:o, s:i, s:f, s:I, s:I, s:i, s:i, s:b, s:b, s:o, s:o}",
        "version", SD14_VERSION, "sides", "a", side_json(&params->ours), "b",
        reference_json(params), "prompt", json_any_string(params->prompt), "negative_prompt",
        json_any_string(params->negative_prompt), "seed", seed, "steps", params->steps,
        "guidance_scale", as_typed(params->guidance), "width", (json_int_t)params->width, "height",
        (json_int_t)params->height, "step", params->step, "timestep", found->timestep, "isolate",
        params->isolate, "diverged", diverged, "first", first_json(found), "stages",
        stages_json(found));
    if (object == NULL) FAIL_NO_MEMORY(error, "the comparison as JSON");
    const int failed =
        json_dump_callback(object, add_piece, to, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    json_decref(object);
    text_add(to, "\n");
    if (failed != 0 || text_failed(to)) FAIL_NO_MEMORY(error, "the comparison as JSON");
    return SD14_OK;
}
