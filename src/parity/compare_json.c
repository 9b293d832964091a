/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/memory.h"
#include "parity/compare_report.h"
#include "parity/compare_summary.h"
#include "parity/json_values.h"

static json_t *string_or_null(const char *string)
{
    return string == NULL ? json_null() : json_string(string);
}

/* Adds to an object or array that may be NULL already: one check at the end is enough. */
static void put(json_t **object, const char *key, json_t *value)
{
    if (json_object_set_new(*object, key, value) == 0) return;
    json_decref(*object);
    *object = NULL;
}

static void append(json_t **array, json_t *value)
{
    if (json_array_append_new(*array, value) == 0) return;
    json_decref(*array);
    *array = NULL;
}

static void put_measures(json_t **object, const double values[MEASURE_COUNT], bool picture)
{
    for (measure m = 0; m < MEASURE_COUNT; m++) {
        if (measure_of_pictures(m) == picture) put(object, measure_name(m), json_finite(values[m]));
    }
}

static json_t *limits_json(const compared_tensor *of)
{
    json_t *array = json_array();
    for (measure m = 0; m < MEASURE_COUNT && of->limits != NULL; m++) {
        const threshold *check = &of->limits->checks[m];
        if (check->reason == NULL) continue;
        json_t *one = json_pack("{s:s, s:f}", "check", threshold_key(m), "limit", check->limit);
        put(&one, "used", json_finite(measure_excess(m, of->values[m], check->limit)));
        append(&array, one);
    }
    return array;
}

static json_t *tensor_json(const compared_tensor *of)
{
    json_t *object = json_object();
    put(&object, "name", json_string(of->name));
    put(&object, "passed", json_boolean(!of->fails));
    put(&object, "dtype_a", json_string(dtype_name(of->type[SIDE_A])));
    put(&object, "dtype_b", json_string(dtype_name(of->type[SIDE_B])));
    put(&object, "shape_a", json_shape(of->shape[SIDE_A]));
    put(&object, "shape_b", json_shape(of->shape[SIDE_B]));
    put(&object, "measured", json_boolean(of->measured));
    put_measures(&object, of->values, !isnan(of->values[MEASURE_LEVEL]));
    put(&object, "limits", limits_json(of));
    return object;
}

static json_t *items_json(const comparison *of)
{
    json_t *array = json_array();
    for (size_t i = 0; i < of->item_count; i++) {
        const compared_item *item = &of->items[of->order[i]];
        json_t *tensors = json_array();
        for (size_t t = 0; t < item->tensor_count; t++) {
            append(&tensors, tensor_json(&item->tensors[t]));
        }
        json_t *object = json_object();
        put(&object, "id", json_string(item->id));
        put(&object, "passed", json_boolean(!item->fails));
        put(&object, "tensors", tensors);
        append(&array, object);
    }
    return array;
}

static json_t *findings_json(const comparison *of)
{
    json_t *array = json_array();
    for (size_t i = 0; i < of->finding_count; i++) {
        const compare_finding *f = &of->findings[i];
        json_t *object = json_object();
        put(&object, "item", string_or_null(f->item));
        put(&object, "subject", json_string(f->subject));
        put(&object, "message", json_string(f->sentence));
        put(&object, "fails", json_boolean(f->fails));
        append(&array, object);
    }
    return array;
}

static json_t *summary_json(const comparison *of, const tensor_summary *rows, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        const tensor_summary *row = &rows[i];
        json_t *object = json_object();
        put(&object, "name", json_string(row->name));
        put(&object, "items", json_integer((json_int_t)row->count));
        put(&object, "failed", json_integer((json_int_t)row->failed));
        put(&object, "worst_item", json_string(of->items[row->worst_item].id));
        put_measures(&object, row->values, !isnan(row->values[MEASURE_LEVEL]));
        append(&array, object);
    }
    return array;
}

static json_t *side_json(const comparison *of, int side)
{
    static const char *const keys[] = {"producer",  "model", "suite",   "backend",
                                       "precision", "isa",   "threads", "sampler"};
    json_t *object = json_object();
    put(&object, "path", json_any_string(of->request.path[side]));
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const json_t *value = run_folder_value(&of->runs[side], keys[i], NULL);
        if (value != NULL) put(&object, keys[i], json_deep_copy(value));
    }
    return object;
}

static json_t *comparison_json(const comparison *of, const tensor_summary *rows, size_t count)
{
    json_t *limits = json_object();
    put(&limits, "name", json_string(of->limits.name));
    put(&limits, "path",
        of->request.thresholds_path == NULL ? json_null()
                                            : json_any_string(of->request.thresholds_path));
    json_t *object = json_object();
    put(&object, "version", json_string(SD14_VERSION));
    put(&object, "passed", json_boolean(of->failure_count == 0));
    put(&object, "a", side_json(of, SIDE_A));
    put(&object, "b", side_json(of, SIDE_B));
    put(&object, "thresholds", limits);
    put(&object, "failures", json_integer((json_int_t)of->failure_count));
    put(&object, "failed_items", json_integer((json_int_t)of->failed_item_count));
    put(&object, "findings", findings_json(of));
    put(&object, "summary", summary_json(of, rows, count));
    put(&object, "items", items_json(of));
    return object;
}

static int add_piece(const char *bytes, size_t size, void *to)
{
    text_add_bytes(to, bytes, size);
    return text_failed(to) ? -1 : 0;
}

sd14_status compare_report_json(const comparison *of, text *to, sd14_error *error)
{
    tensor_summary *rows = NULL;
    size_t count = 0;
    TRY(compare_summarize(of, &rows, &count, error));
    json_t *made = comparison_json(of, rows, count);
    mem_free(rows);
    const int failed = made == NULL ? -1 : json_dump_callback(made, add_piece, to, JSON_INDENT(2));
    json_decref(made);
    text_add(to, "\n");
    if (failed != 0 || text_failed(to)) FAIL_NO_MEMORY(error, "the report");
    return SD14_OK;
}
