/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>

#include "base/memory.h"
#include "parity/compare_report.h"
#include "parity/compare_summary.h"

enum { NAME_WIDTH = 18, ITEM_WIDTH_MAX = 32 };

/* "-" for what does not apply. */
static void add_value(text *to, measure of, double value, int width)
{
    char digits[MEASURE_TEXT_BYTES];
    text_add(to, "  %*s", width, isnan(value) ? "-" : measure_text(of, value, digits));
}

static void add_tensor_measures(text *to, const double values[MEASURE_COUNT])
{
    add_value(to, MEASURE_PCC, values[MEASURE_PCC], 11);
    add_value(to, MEASURE_COSINE, values[MEASURE_COSINE], 11);
    add_value(to, MEASURE_MAX_ABS, values[MEASURE_MAX_ABS], 8);
    add_value(to, MEASURE_MEAN_ABS, values[MEASURE_MEAN_ABS], 8);
    add_value(to, MEASURE_RELATIVE_L2, values[MEASURE_RELATIVE_L2], 8);
}

static void add_picture_measures(text *to, const double values[MEASURE_COUNT])
{
    char psnr[MEASURE_TEXT_BYTES], ssim[MEASURE_TEXT_BYTES], level[MEASURE_TEXT_BYTES];
    text_add(to, "  PSNR %s dB, SSIM %s, max level %s",
             measure_text(MEASURE_PSNR, values[MEASURE_PSNR], psnr),
             measure_text(MEASURE_SSIM, values[MEASURE_SSIM], ssim),
             measure_text(MEASURE_LEVEL, values[MEASURE_LEVEL], level));
}

/* Measures, then the limit and how much of it is used. */
static void add_measures(text *to, const compared_tensor *of, const double values[MEASURE_COUNT])
{
    if (!isnan(values[MEASURE_LEVEL])) {
        text before = {0};
        add_picture_measures(&before, values);
        text_add(to, "%-54s", text_get(&before));
        to->failed |= text_failed(&before);
        text_release(&before);
    } else {
        add_tensor_measures(to, values);
    }
    text_add(to, "  ");
    compare_describe_limit(of, to);
    if (of->limits != NULL && isfinite(of->excess)) text_add(to, ", %.0f %%", of->excess * 100.0);
}

static void add_heading(text *to, const char *first, int width)
{
    text_add(to, "%-*s  %-15s  %-8s  %11s  %11s  %8s  %8s  %8s  limit, used\n", width, first,
             "shape", "dtype", "PCC", "cosine", "max abs", "mean abs", "rel. L2");
}

static void
add_row(text *to, const char *name, const compared_tensor *of, const double values[MEASURE_COUNT])
{
    char shape[SHAPE_TEXT_BYTES];
    text_add(to, "%-*s  %-15s  %-8s", NAME_WIDTH, name, shape_text(of->shape[SIDE_B], shape),
             dtype_name(of->type[SIDE_B]));
    add_measures(to, of, values);
    text_add(to, "\n");
}

static void add_summary(const tensor_summary *rows, size_t count, text *to)
{
    text_add(to, "\nWorst of all items, per tensor:\n");
    add_heading(to, "tensor", NAME_WIDTH);
    for (size_t i = 0; i < count; i++) {
        add_row(to, rows[i].name, rows[i].worst, rows[i].values);
    }
}

static void add_items(const comparison *of, bool every_tensor, text *to)
{
    int width = 4;
    for (size_t i = 0; i < of->item_count; i++) {
        const int length = snprintf(NULL, 0, "%s", of->items[i].id);
        if (length > width) width = length < ITEM_WIDTH_MAX ? length : ITEM_WIDTH_MAX;
    }
    text_add(to, "\nItems, the worst first:\n");
    for (size_t i = 0; i < of->item_count; i++) {
        const compared_item *item = &of->items[of->order[i]];
        text_add(to, "%-4s  %-*s", item->fails ? "FAIL" : "pass", width, item->id);
        if (item->tensor_count > 0) {
            const compared_tensor *worst = &item->tensors[item->worst];
            text_add(to, "  %-15s", worst->name);
            add_measures(to, worst, worst->values);
        }
        text_add(to, "\n");
        if (!every_tensor || item->tensor_count == 0) continue;
        add_heading(to, "", NAME_WIDTH);
        for (size_t t = 0; t < item->tensor_count; t++) {
            add_row(to, item->tensors[t].name, &item->tensors[t], item->tensors[t].values);
        }
    }
}

static void add_findings(const comparison *of, text *to)
{
    if (of->finding_count > 0) text_add(to, "\n");
    for (size_t i = 0; i < of->finding_count; i++) {
        const compare_finding *f = &of->findings[i];
        text_add(to, "%s  %s%s%s: %s\n", f->fails ? "FAIL" : "note", f->item == NULL ? "" : f->item,
                 f->item == NULL ? "" : ": ", f->subject, f->sentence);
    }
}

sd14_status
compare_report_text(const comparison *of, bool every_tensor, text *to, sd14_error *error)
{
    tensor_summary *rows = NULL;
    size_t count = 0;
    TRY(compare_summarize(of, &rows, &count, error));
    for (int side = 0; side < SIDES; side++) {
        text_add(to, "%s       ", side_name(side));
        text_add_line(to, of->request.path[side], SIZE_MAX);
        text_add(to, "  ");
        compare_describe_run(of, side, to);
        text_add(to, side == SIDE_B ? "  (the reference)\n" : "\n");
    }
    text_add(to, "limits  ");
    compare_describe_limits(of, to);
    text_add(to, "\n");
    if (of->of_runs) add_summary(rows, count, to);
    add_items(of, every_tensor || !of->of_runs, to);
    add_findings(of, to);
    text_add(to, "\nverdict: %s: ", of->failure_count == 0 ? "pass" : "FAIL");
    compare_describe_verdict(of, to);
    text_add(to, "\n");
    mem_free(rows);
    if (text_failed(to)) FAIL_NO_MEMORY(error, "the report");
    return SD14_OK;
}
