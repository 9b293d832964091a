/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/contract_check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { EXPECTED_BYTES = 192, CHUNK = 256 };

contract_symbols
contract_check_symbols(const contract_check *check, size_t batch, size_t height, size_t width)
{
    const tokenizer_info info = tokenizer_get_info(check->model->tokenizer);
    return contract_symbols_of(&check->model->config, (size_t)info.vocabulary_size, batch, height,
                               width);
}

/* One tensor's check: who asks, and for what. */
typedef struct tensor_check {
    contract_report *report;
    contract_place place;
    const contract_tensor *expected;
    const contract_symbols *symbols;
    const contract_found *found;
} tensor_check;

/* ---- shape ---------------------------------------------------------------------------------------- */

/* "[batch,height/8]", in the order of `layout`. */
static void shape_as_written(const contract_tensor *expected, const char *layout, char *to)
{
    size_t used = 0;
    for (int i = 0; i < expected->rank && used < EXPECTED_BYTES; i++) {
        const contract_length *length =
            &expected->shape[strchr(expected->layout, layout[i]) - expected->layout];
        const int added = length->text != NULL ? snprintf(to + used, EXPECTED_BYTES - used, "%s%s",
                                                          i == 0 ? "[" : ",", length->text)
                                               : snprintf(to + used, EXPECTED_BYTES - used, "%s%zu",
                                                          i == 0 ? "[" : ",", length->number);
        used += added < 0 ? 0 : (size_t)added;
    }
    if (used < EXPECTED_BYTES) (void)snprintf(to + used, EXPECTED_BYTES - used, "]");
}

/* Solves every length. @return false: one has no value, which is reported */
static bool solve_shape(const tensor_check *check, const char *layout, shape *out_shape)
{
    const contract_tensor *expected = check->expected;
    *out_shape = (shape){.rank = expected->rank};
    for (int i = 0; i < expected->rank; i++) {
        const contract_length *length =
            &expected->shape[strchr(expected->layout, layout[i]) - expected->layout];
        if (contract_length_value(length, check->symbols, &out_shape->dim[i])) continue;
        contract_report_violation(check->report, &check->place, "shape", contract_symbol_names(),
                                  "\"%.60s\"", length->text);
        return false;
    }
    return true;
}

static void check_shape(const tensor_check *check)
{
    const contract_tensor *expected = check->expected;
    const char *layout = check->found->layout == NULL ? expected->layout : check->found->layout;
    shape wanted;
    if (!solve_shape(check, layout, &wanted)) return;
    if (shape_equal(wanted, check->found->tensor.shape)) return;
    char wanted_text[SHAPE_TEXT_BYTES], found_text[SHAPE_TEXT_BYTES];
    char written[EXPECTED_BYTES], sentence[EXPECTED_BYTES + SHAPE_TEXT_BYTES + 4];
    shape_as_written(expected, layout, written);
    (void)snprintf(sentence, sizeof(sentence), "%s = %s", written, shape_text(wanted, wanted_text));
    contract_report_violation(check->report, &check->place, "shape", sentence, "%s",
                              shape_text(check->found->tensor.shape, found_text));
}

/* ---- values --------------------------------------------------------------------------------------- */

typedef struct value_limits {
    double min, max;
    bool below; /* max itself is too much */
} value_limits;

static double value_at(const tensor *values, size_t i)
{
    float single = 0.0F;
    int32_t whole = 0;
    int64_t large = 0;
    switch (values->type) {
    case DTYPE_I32:
        memcpy(&whole, (const char *)values->data + i * sizeof(whole), sizeof(whole));
        return (double)whole;
    case DTYPE_I64:
        memcpy(&large, (const char *)values->data + i * sizeof(large), sizeof(large));
        return (double)large;
    case DTYPE_U8:
        return (double)((const uint8_t *)values->data)[i];
    default:
        tensor_to_f32(values, i, 1, &single);
        return (double)single;
    }
}

static bool has_values(dtype type)
{
    return dtype_is_float(type) || type == DTYPE_I32 || type == DTYPE_I64 || type == DTYPE_U8;
}

static bool solve_limits(const tensor_check *check, value_limits *out_limits)
{
    const contract_tensor *expected = check->expected;
    size_t below = 0;
    *out_limits = (value_limits){.min = expected->min, .max = expected->max};
    if (!expected->has_below) return true;
    if (!contract_length_value(&expected->below, check->symbols, &below)) {
        contract_report_violation(check->report, &check->place, "range", contract_symbol_names(),
                                  "\"%.60s\"", expected->below.text);
        return false;
    }
    out_limits->max = (double)below;
    out_limits->below = true;
    return true;
}

static void check_values(const tensor_check *check)
{
    const tensor *values = &check->found->tensor;
    value_limits limits;
    if (!solve_limits(check, &limits) || values->data == NULL || !has_values(values->type)) return;
    const size_t count = shape_count(values->shape);
    for (size_t i = 0; i < count; i++) {
        const double value = value_at(values, i);
        /* Written so that NaN is outside. */
        if (value >= limits.min && (limits.below ? value < limits.max : value <= limits.max)) {
            continue;
        }
        char sentence[EXPECTED_BYTES];
        (void)snprintf(sentence, sizeof(sentence), "%g to %s%g", limits.min,
                       limits.below ? "below " : "", limits.max);
        contract_report_violation(check->report, &check->place, "range", sentence,
                                  "%g at element %zu", value, i);
        return;
    }
}

void contract_check_tensor(const contract_check *check,
                           const char *against,
                           const contract *of,
                           const contract_tensor *expected,
                           const contract_symbols *symbols,
                           const contract_found *found)
{
    const tensor_check one = {
        .report = check->report,
        .place = {against, of->name, expected->name, found->where == NULL ? "" : found->where},
        .expected = expected,
        .symbols = symbols,
        .found = found,
    };
    contract_report_count(check->report, against);
    if (found->tensor.type != expected->type) {
        contract_report_violation(check->report, &one.place, "dtype", dtype_name(expected->type),
                                  "%s", dtype_name(found->tensor.type));
    }
    check_shape(&one);
    check_values(&one);
}
