/* SPDX-License-Identifier: Apache-2.0 */

/* What two runs say about themselves: the same items, drawn from the same settings by the same model, and
 * files that are still what was recorded. */
#include <string.h>

#include "base/text.h"
#include "parity/compare_parts.h"

/* Bytes of a setting's value, such as a long prompt, in a finding. */
enum { VALUE_SHOWN = 400 };

static bool same_value(const json_t *a, const json_t *b)
{
    if (a == NULL || b == NULL) return a == b;
    if (json_equal(a, b)) return true;
    /* 4 and 4.0 are two types for jansson */
    return json_is_number(a) && json_is_number(b) && json_typeof(a) != json_typeof(b) &&
           json_number_value(a) == json_number_value(b);
}

/* "seed: 1 in A, 2 in B", where they differ. */
static void
check_value(comparison *in, compared_item *item, const char *name, const json_t *a, const json_t *b)
{
    if (same_value(a, b)) return;
    text sentence = {0};
    const json_t *values[SIDES] = {a, b};
    for (int side = 0; side < SIDES; side++) {
        text value = {0};
        if (values[side] == NULL) {
            text_add(&value, "nothing");
        } else {
            json_canonical(values[side], &value);
        }
        text_add_line(&sentence, text_get(&value), VALUE_SHOWN);
        text_add(&sentence, " in %s%s", side_name(side), side == SIDE_A ? ", " : "");
        if (text_failed(&value)) in->out_of_memory = true;
        text_release(&value);
    }
    if (text_failed(&sentence)) in->out_of_memory = true;
    compare_find(in, item, NULL, true, name, "%s", text_get(&sentence));
    text_release(&sentence);
}

static void check_settings(comparison *in, compared_item *item)
{
    static const char *const names[] = {"prompt",         "negative_prompt", "seed",  "steps",
                                        "guidance_scale", "width",           "height"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        check_value(in, item, names[i], json_object_get(item->run[SIDE_A]->all, names[i]),
                    json_object_get(item->run[SIDE_B]->all, names[i]));
    }
}

/* One that only `side` has, or has at another step. */
static void check_checkpoints(comparison *in, compared_item *item, int side)
{
    const run_item *here = item->run[side], *there = item->run[1 - side];
    for (size_t i = 0; i < here->checkpoint_count; i++) {
        const run_checkpoint *one = &here->checkpoints[i], *other = NULL;
        for (size_t j = 0; j < there->checkpoint_count && other == NULL; j++) {
            if (strcmp(there->checkpoints[j].name, one->name) == 0) other = &there->checkpoints[j];
        }
        if (other == NULL) {
            compare_find(in, item, NULL, true, one->name, "a checkpoint of %s that %s has not",
                         side_name(side), side_name(1 - side));
        } else if (side == SIDE_A && (one->step != other->step || one->percent != other->percent)) {
            compare_find(in, item, NULL, true, one->name, "after step %lld in A, %lld in B",
                         (long long)one->step, (long long)other->step);
        }
    }
}

/* The SHA-256 of a model's file; NULL: not listed. */
static const char *model_sha256(const run_folder *run, const char *file)
{
    size_t i;
    const json_t *one;
    json_array_foreach(run_folder_value(run, "model", "files"), i, one)
    {
        const char *name = json_string_value(json_object_get(one, "name"));
        if (name != NULL && strcmp(name, file) == 0) {
            return json_string_value(json_object_get(one, "sha256"));
        }
    }
    return NULL;
}

static void check_models(comparison *in)
{
    size_t i, common = 0;
    const json_t *one;
    json_array_foreach(run_folder_value(&in->runs[SIDE_A], "model", "files"), i, one)
    {
        const char *name = json_string_value(json_object_get(one, "name"));
        const char *a = json_string_value(json_object_get(one, "sha256"));
        const char *b = name == NULL ? NULL : model_sha256(&in->runs[SIDE_B], name);
        if (a == NULL || b == NULL) continue;
        common++;
        if (strcmp(a, b) == 0) continue;
        compare_find(in, NULL, NULL, in->limits.same_model, name,
                     "another model: SHA-256 %.12s... in A, %.12s... in B", a, b);
    }
    if (common == 0) {
        compare_find(in, NULL, NULL, false, "model",
                     "the runs name no model file in common: whether it is one model is not known");
    }
}

void compare_manifests(comparison *in)
{
    const run_folder *a = &in->runs[SIDE_A], *b = &in->runs[SIDE_B];
    check_value(in, NULL, "sampler", run_folder_value(a, "sampler", NULL),
                run_folder_value(b, "sampler", NULL));
    if (!same_value(run_folder_value(a, "suite", "sha256"),
                    run_folder_value(b, "suite", "sha256"))) {
        compare_find(in, NULL, NULL, false, "suite",
                     "the suites' files differ; what they say is compared item by item");
    }
    check_models(in);
    for (size_t i = 0; i < b->item_count; i++) {
        compared_item *item = compare_add_item(in, b->items[i].id);
        if (item == NULL) return;
        item->run[SIDE_A] = run_folder_find(a, b->items[i].id);
        item->run[SIDE_B] = &b->items[i];
        if (item->run[SIDE_A] == NULL) {
            compare_find(in, item, NULL, true, "item", "missing in A");
            continue;
        }
        check_settings(in, item);
        check_checkpoints(in, item, SIDE_A);
        check_checkpoints(in, item, SIDE_B);
    }
    for (size_t i = 0; i < a->item_count; i++) {
        if (run_folder_find(b, a->items[i].id) != NULL) continue;
        compared_item *item = compare_add_item(in, a->items[i].id);
        if (item == NULL) return;
        item->run[SIDE_A] = &a->items[i];
        compare_find(in, item, NULL, true, "item", "missing in B");
    }
}

/* ---- hashes --------------------------------------------------------------------------------------- */

/* The file's name without its item's folder. */
static const char *short_name(const run_file *file)
{
    const char *slash = strchr(file->name, '/');
    return slash == NULL ? file->name : slash + 1;
}

static sd14_status
check_file(comparison *in, compared_item *item, const run_file *file, int side, sd14_error *error)
{
    run_file_state state = RUN_FILE_SAME;
    TRY(run_folder_check_file(&in->runs[side], file, &state, error));
    if (state == RUN_FILE_SAME) return SD14_OK;
    compare_find(in, item, NULL, true, short_name(file), "%s %s",
                 state == RUN_FILE_MISSING ? "missing in"
                 : state == RUN_FILE_SIZE  ? "shorter or longer than recorded in"
                                           : "changed, by its SHA-256, in",
                 side_name(side));
    return SD14_OK;
}

sd14_status compare_hashes(comparison *in, sd14_error *error)
{
    for (size_t i = 0; i < in->item_count; i++) {
        compared_item *item = &in->items[i];
        for (int side = 0; side < SIDES; side++) {
            const run_item *run = item->run[side];
            for (size_t f = 0; run != NULL && f < run->file_count; f++) {
                TRY(check_file(in, item, &run->files[f], side, error));
            }
        }
    }
    return SD14_OK;
}
