/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/compare_plot.h"

#include <math.h>
#include <string.h>

#include "parity/html.h"

/* Places in the drawing, in its own units. Zero lies below the lowest decade. */
enum { WIDTH = 720, HEIGHT = 330, LEFT = 64, RIGHT = 700, TOP = 16, BOTTOM = 256, ZERO = 276 };

/* The decades shown. */
typedef struct scale {
    int lowest, highest;
} scale;

static double x_of(int64_t percent)
{
    return LEFT + (double)percent / 100.0 * (RIGHT - LEFT);
}

static double y_of(const scale *by, double value)
{
    if (value <= 0.0) return ZERO;
    return BOTTOM - (log10(value) - by->lowest) / (by->highest - by->lowest) * (BOTTOM - TOP);
}

/* The measured tensor of a checkpoint; NULL: none. */
static const compared_tensor *find_measured(const compared_item *item, const char *name)
{
    for (size_t i = 0; i < item->tensor_count; i++) {
        const compared_tensor *tensor = &item->tensors[i];
        if (tensor->measured && strcmp(tensor->name, name) == 0) return tensor;
    }
    return NULL;
}

/* The next measured checkpoint of an item from index *at on, which moves past it. */
static const compared_tensor *
next_point(const compared_item *item, size_t *at, const run_checkpoint **out_checkpoint)
{
    const run_item *run = item->run[SIDE_B];
    while (run != NULL && *at < run->checkpoint_count) {
        *out_checkpoint = &run->checkpoints[(*at)++];
        const compared_tensor *found = find_measured(item, (*out_checkpoint)->name);
        if (found != NULL && isfinite(found->values[MEASURE_RELATIVE_L2])) return found;
    }
    return NULL;
}

static void stretch(scale *to, double value)
{
    if (value <= 0.0) return;
    const int below = (int)floor(log10(value)), above = (int)ceil(log10(value));
    if (below < to->lowest) to->lowest = below;
    if (above > to->highest) to->highest = above;
}

/* The limit on relative L2; 0: there is none that can be drawn. */
static double limit_of(const compared_tensor *tensor)
{
    if (tensor->limits == NULL) return 0.0;
    const threshold *check = &tensor->limits->checks[MEASURE_RELATIVE_L2];
    return check->reason == NULL ? 0.0 : check->limit;
}

/* False: nothing was measured. */
static bool find_scale(const comparison *of, scale *out)
{
    bool any = false;
    *out = (scale){.lowest = 100, .highest = -100};
    for (size_t i = 0; i < of->item_count; i++) {
        const run_checkpoint *checkpoint;
        const compared_tensor *point;
        for (size_t at = 0; (point = next_point(&of->items[i], &at, &checkpoint)) != NULL;) {
            stretch(out, point->values[MEASURE_RELATIVE_L2]);
            stretch(out, limit_of(point));
            any = true;
        }
    }
    if (out->lowest >= out->highest) *out = (scale){.lowest = -8, .highest = -3};
    return any;
}

static void add_axes(const scale *by, text *to)
{
    for (int decade = by->lowest; decade <= by->highest; decade++) {
        const double y = y_of(by, pow(10.0, decade));
        text_add(to, "<path class=\"grid\" d=\"M%d %.1fH%d\"/>", LEFT, y, RIGHT);
        text_add(to, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">1e%d</text>\n", LEFT - 8,
                 y + 4.0, decade);
    }
    text_add(to,
             "<path class=\"grid\" d=\"M%d %dH%d\"/><text x=\"%d\" y=\"%d\" "
             "text-anchor=\"end\">0</text>\n",
             LEFT, ZERO, RIGHT, LEFT - 8, ZERO + 4);
    for (int percent = 0; percent <= 100; percent += 25) {
        text_add(to, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%d %%</text>\n",
                 x_of(percent), ZERO + 22, percent);
    }
    text_add(to, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">share of the steps done</text>\n",
             (LEFT + RIGHT) / 2, ZERO + 42);
}

static void add_item(const comparison *of, size_t index, bool highest, const scale *by, text *to)
{
    const compared_item *item = &of->items[index];
    const run_checkpoint *checkpoint = NULL;
    const compared_tensor *point = NULL;
    const char *pen = highest ? "highest" : item->fails ? "failed" : "other";
    text_add(to, "<path class=\"line %s\" d=\"", pen);
    char letter = 'M';
    for (size_t at = 0; (point = next_point(item, &at, &checkpoint)) != NULL; letter = 'L') {
        text_add(to, "%c%.1f %.1f", letter, x_of(checkpoint->percent),
                 y_of(by, point->values[MEASURE_RELATIVE_L2]));
    }
    text_add(to, "\"/>\n");
    for (size_t at = 0; (point = next_point(item, &at, &checkpoint)) != NULL;) {
        text_add(to, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%s\"><title>", pen,
                 x_of(checkpoint->percent), y_of(by, point->values[MEASURE_RELATIVE_L2]),
                 highest ? "4" : "3");
        html_escape(to, item->id);
        text_add(to, ": %s, relative L2 %.3g</title></circle>\n", checkpoint->name,
                 point->values[MEASURE_RELATIVE_L2]);
    }
}

/* A short dashed stroke at each checkpoint: the limits are the same for all items, the first that has them
 * will do. */
static void add_limits(const comparison *of, const scale *by, text *to)
{
    const double half = (RIGHT - LEFT) / 16.0;
    for (size_t i = 0; i < of->item_count; i++) {
        const run_checkpoint *checkpoint = NULL;
        const compared_tensor *point = NULL;
        size_t at = 0, drawn = 0;
        while ((point = next_point(&of->items[i], &at, &checkpoint)) != NULL) {
            const double limit = limit_of(point), x = x_of(checkpoint->percent);
            if (limit <= 0.0) continue;
            text_add(to, "<path class=\"limit\" d=\"M%.1f %.1fH%.1f\"/>\n", fmax(LEFT, x - half),
                     y_of(by, limit), fmin(RIGHT, x + half));
            drawn++;
        }
        if (drawn > 0) return;
    }
}

/* The item with the highest point: it is drawn in colour, over the others. */
static size_t find_highest(const comparison *of)
{
    size_t found = 0;
    double highest = -1.0;
    for (size_t i = 0; i < of->item_count; i++) {
        const run_checkpoint *checkpoint = NULL;
        const compared_tensor *point = NULL;
        for (size_t at = 0; (point = next_point(&of->items[i], &at, &checkpoint)) != NULL;) {
            if (point->values[MEASURE_RELATIVE_L2] <= highest) continue;
            highest = point->values[MEASURE_RELATIVE_L2];
            found = i;
        }
    }
    return found;
}

void compare_plot(const comparison *of, text *to)
{
    scale by;
    if (!find_scale(of, &by)) return;
    const size_t highest = find_highest(of);
    text_add(to, "<figure><figcaption>Relative L2 of the latents along the steps; in colour "
                 "<span class=\"highest\">");
    html_escape(to, of->items[highest].id);
    text_add(to,
             "</span>, the highest; <span class=\"limit\">dashed</span>: the limits</figcaption>\n"
             "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"relative L2 per checkpoint\">\n",
             WIDTH, HEIGHT);
    add_axes(&by, to);
    for (size_t i = 0; i < of->item_count; i++) {
        if (i != highest) add_item(of, i, false, &by, to);
    }
    add_limits(of, &by, to);
    add_item(of, highest, true, &by, to);
    text_add(to, "</svg></figure>\n");
}
