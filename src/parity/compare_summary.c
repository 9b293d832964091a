/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/compare_summary.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

static tensor_summary *find_summary(tensor_summary *summaries, size_t *count, const char *name)
{
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(summaries[i].name, name) == 0) return &summaries[i];
    }
    tensor_summary *added = &summaries[(*count)++];
    *added = (tensor_summary){.name = name};
    for (measure m = 0; m < MEASURE_COUNT; m++) added->values[m] = (double)NAN;
    return added;
}

/* The worse of two, NaN being none. */
static double worse(measure of, double a, double b)
{
    if (isnan(a) || isnan(b)) return isnan(a) ? b : a;
    return measure_is_error(of) == (a > b) ? a : b;
}

static void add_tensor(tensor_summary *to, const compared_tensor *tensor, size_t item)
{
    to->count++;
    to->failed += tensor->fails;
    for (measure m = 0; m < MEASURE_COUNT; m++) {
        to->values[m] = worse(m, to->values[m], tensor->values[m]);
    }
    if (to->worst == NULL || tensor->excess > to->worst->excess) {
        to->worst = tensor;
        to->worst_item = item;
    }
}

sd14_status compare_summarize(const comparison *of,
                              tensor_summary **out_summaries,
                              size_t *out_count,
                              sd14_error *error)
{
    size_t most = 0, count = 0;
    for (size_t i = 0; i < of->item_count; i++) most += of->items[i].tensor_count;
    tensor_summary *summaries = mem_array(most, sizeof(*summaries));
    if (summaries == NULL) FAIL_NO_MEMORY(error, "the summary of a comparison");
    for (size_t i = 0; i < of->item_count; i++) {
        const compared_item *item = &of->items[i];
        for (size_t t = 0; t < item->tensor_count; t++) {
            tensor_summary *to = find_summary(summaries, &count, item->tensors[t].name);
            add_tensor(to, &item->tensors[t], i);
        }
    }
    *out_summaries = summaries;
    *out_count = count;
    return SD14_OK;
}

static const char *word(const comparison *of, int side, const char *key, const char *inner)
{
    const char *found = json_string_value(run_folder_value(&of->runs[side], key, inner));
    return found == NULL ? "?" : found;
}

void compare_describe_run(const comparison *of, int side, text *to)
{
    if (!of->of_runs) {
        text_add(to, "file");
        return;
    }
    text_add(to, "%s %s, %s %s %s, model %s", word(of, side, "producer", "name"),
             word(of, side, "producer", "version"), word(of, side, "backend", NULL),
             word(of, side, "precision", NULL), word(of, side, "isa", NULL),
             word(of, side, "model", "name"));
}

void compare_describe_limit(const compared_tensor *of, text *to)
{
    /* Where nothing could be measured none is used up: the first there is. */
    measure shown = of->worst;
    for (measure m = 0; of->limits != NULL && !isfinite(of->excess) && m < MEASURE_COUNT; m++) {
        if (of->limits->checks[shown].reason == NULL) shown = m;
    }
    if (of->limits == NULL || of->limits->checks[shown].reason == NULL) {
        text_add(to, "-");
        return;
    }
    text_add(to, "%s %s %g", measure_title(shown),
             measure_is_error(shown) ? "<=" : ">=", of->limits->checks[shown].limit);
}

void compare_describe_verdict(const comparison *of, text *to)
{
    const size_t good = of->item_count - of->failed_item_count;
    text_add(to, "%zu of %zu %s within the limits", good, of->item_count,
             of->of_runs ? "items" : "files");
    if (of->failure_count > 0) {
        text_add(to, "; %zu finding%s", of->failure_count, of->failure_count == 1 ? "" : "s");
    }
}

void compare_describe_limits(const comparison *of, text *to)
{
    text_add(to, "%s (%s)", of->limits.name,
             of->request.thresholds_path == NULL ? "built in" : of->request.thresholds_path);
}
