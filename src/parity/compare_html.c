/* SPDX-License-Identifier: Apache-2.0 */

/* The page of a comparison. Pictures are in compare_html_pictures.c. */
#include "parity/compare_html.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "parity/compare_plot.h"
#include "parity/compare_report.h"
#include "parity/compare_summary.h"
#include "parity/html.h"

/* Items, the worst first, that have their pictures beside their table, and those that stand open. */
enum { ITEMS_WITH_PICTURES = 12, ITEMS_OPEN = 3 };

static const char rules[] =
    ":root { --accent: #1f6feb; } .wide { overflow-x: auto; }\n"
    "@media (prefers-color-scheme: dark) { :root { --good: #56d364; --bad: #ff7b72; --accent: "
    "#79c0ff; } }\n"
    ".verdict { font-size: 1.25em; } code { font-size: .95em; overflow-wrap: anywhere; }\n"
    ".differs td:first-child::after { content: ' \\2260'; color: var(--accent); }\n"
    "td { vertical-align: top; } td.reason { min-width: 16em; } td.any { overflow-wrap: anywhere; "
    "min-width: 8em; }\n"
    ".measures { font-size: .87em; } .measures th, .measures td { white-space: nowrap; padding: "
    ".25em "
    ".55em; }\n"
    ".grid { stroke: var(--line); } .line { fill: none; stroke-width: 1.5; }\n"
    ".line.other { stroke: currentColor; opacity: .35; } circle.other { fill: currentColor; "
    "opacity: .35; }\n"
    ".line.failed { stroke: var(--bad); } circle.failed { fill: var(--bad); }\n"
    ".line.highest { stroke: var(--accent); stroke-width: 2.5; } circle.highest { fill: "
    "var(--accent); }\n"
    "span.highest { color: var(--accent); } span.limit { color: var(--bad); }\n"
    "path.limit { stroke: var(--bad); stroke-dasharray: 6 4; stroke-width: 2; }\n"
    ".sheets, .trio { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: .8em; "
    "}\n"
    ".sheet { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(6.5em, 100%), "
    "1fr)); "
    "gap: .4em; align-content: start; }\n"
    ".sheets h3 { margin: 0; font-size: 1em; white-space: nowrap; overflow: hidden; text-overflow: "
    "ellipsis; }\n"
    ".sheet figure, .trio figure { margin: 0; overflow: hidden; }\n"
    ".sheet figcaption { font-size: .75em; font-weight: 400; white-space: nowrap; overflow: "
    "hidden; text-overflow: ellipsis; }\n"
    ".sheet img, .trio img { width: 100%; height: auto; image-rendering: pixelated; display: "
    "block; "
    "}\n"
    ".trio { max-width: 50em; margin: .8em 0; } .trio figcaption { font-size: .85em; font-weight: "
    "400; }\n"
    "details { border: 1px solid var(--line); border-radius: 6px; padding: .5em .8em; margin: .6em "
    "0; }\n"
    "summary { cursor: pointer; } summary b { margin-right: .6em; }\n"
    "@media (max-width: 40em) { body { margin: 1em auto; } th, td { padding: .2em .4em; } svg "
    "text { font-size: 20px; } }\n";

/* ---- the runs ------------------------------------------------------------------------------------- */

static void add_cell(text *to, const json_t *value)
{
    text words = {0};
    if (json_is_string(value)) {
        text_add(&words, "%s", json_string_value(value));
    } else if (value != NULL) {
        json_canonical(value, &words);
    }
    text_add(to, "<td class=\"any\">");
    html_escape(to, text_get(&words));
    text_add(to, "</td>");
    to->failed |= text_failed(&words);
    text_release(&words);
}

static void add_runs(const comparison *of, text *to)
{
    static const char *const rows[][3] = {
        {"producer", "producer", "name"},     {"version", "producer", "version"},
        {"model", "model", "name"},           {"suite", "suite", "name"},
        {"suite SHA-256", "suite", "sha256"}, {"sampler", "sampler", NULL},
        {"backend", "backend", NULL},         {"precision", "precision", NULL},
        {"instruction set", "isa", NULL},     {"threads", "threads", NULL},
    };
    text_add(to,
             "<h2>The runs</h2>\n<div class=\"wide\"><table>\n<tr><th></th><th>A</th><th>B, the "
             "reference</th></tr>\n<tr><td>path</td>");
    for (int side = 0; side < SIDES; side++) {
        text_add(to, "<td class=\"any\"><code>");
        html_escape(to, of->request.path[side]);
        text_add(to, "</code></td>");
    }
    text_add(to, "</tr>\n");
    for (size_t i = 0; of->of_runs && i < sizeof(rows) / sizeof(rows[0]); i++) {
        const json_t *a = run_folder_value(&of->runs[SIDE_A], rows[i][1], rows[i][2]);
        const json_t *b = run_folder_value(&of->runs[SIDE_B], rows[i][1], rows[i][2]);
        if (a == NULL && b == NULL) continue;
        const bool same = a != NULL && b != NULL && json_equal(a, b);
        text_add(to, "<tr%s><td>%s</td>", same ? "" : " class=\"differs\"", rows[i][0]);
        add_cell(to, a);
        add_cell(to, b);
        text_add(to, "</tr>\n");
    }
    text_add(to, "</table></div>\n");
}

/* ---- findings ------------------------------------------------------------------------------------- */

/* Of one item, or (NULL) all of them. */
static void add_findings(const comparison *of, const char *item, text *to)
{
    bool open = false;
    for (size_t i = 0; i < of->finding_count; i++) {
        const compare_finding *f = &of->findings[i];
        if (item != NULL && (f->item == NULL || strcmp(f->item, item) != 0)) continue;
        if (!open) text_add(to, "<ul>\n");
        open = true;
        text_add(to, "<li><span class=\"%s\">%s</span> ", f->fails ? "bad" : "",
                 f->fails ? "FAIL" : "note");
        if (item == NULL && f->item != NULL) {
            text_add(to, "<b>");
            html_escape(to, f->item);
            text_add(to, "</b>: ");
        }
        text_add(to, "<code>");
        html_escape(to, f->subject);
        text_add(to, "</code>: ");
        html_escape(to, f->sentence);
        text_add(to, "</li>\n");
    }
    if (open) text_add(to, "</ul>\n");
}

/* ---- tables --------------------------------------------------------------------------------------- */

static void add_table_begin(text *to, bool with_items)
{
    text_add(to, "<div class=\"wide\"><table class=\"measures\">\n"
                 "<tr><th>tensor</th><th>shape</th><th>dtype</th>");
    for (measure m = 0; !measure_of_pictures(m); m++) {
        text_add(to, "<th class=\"number\">%s</th>", measure_title(m));
    }
    text_add(to, "<th>limit</th><th class=\"number\">used</th>%s</tr>\n",
             with_items ? "<th>worst item</th>" : "");
}

/* A picture's three in the place of a tensor's five. */
static void add_measures(const double values[MEASURE_COUNT], text *to)
{
    char digits[MEASURE_TEXT_BYTES];
    const bool picture = !isnan(values[MEASURE_LEVEL]);
    if (picture) text_add(to, "<td class=\"number\" colspan=\"%d\">", (int)MEASURE_PSNR);
    for (measure m = 0; m < MEASURE_COUNT; m++) {
        if (measure_of_pictures(m) != picture) continue;
        const char *shown = isnan(values[m]) ? "" : measure_text(m, values[m], digits);
        if (picture) {
            text_add(to, "%s%s %s%s", m == MEASURE_PSNR ? "" : ", ", measure_title(m), shown,
                     m == MEASURE_PSNR ? " dB" : "");
        } else {
            text_add(to, "<td class=\"number\">%s</td>", shown);
        }
    }
    if (picture) text_add(to, "</td>");
}

static void add_shapes(const compared_tensor *of, text *to)
{
    char shape[SHAPE_TEXT_BYTES];
    text_add(to, "<td>%s", shape_text(of->shape[SIDE_A], shape));
    if (!shape_equal(of->shape[SIDE_A], of->shape[SIDE_B])) {
        text_add(to, " <span class=\"bad\">%s</span>", shape_text(of->shape[SIDE_B], shape));
    }
    text_add(to, "</td><td>%s", dtype_name(of->type[SIDE_A]));
    if (of->type[SIDE_A] != of->type[SIDE_B]) {
        text_add(to, " <span class=\"bad\">%s</span>", dtype_name(of->type[SIDE_B]));
    }
    text_add(to, "</td>");
}

static void add_limit(const compared_tensor *of, text *to)
{
    text limit = {0};
    compare_describe_limit(of, &limit);
    html_escape(to, text_get(&limit));
    to->failed |= text_failed(&limit);
    text_release(&limit);
}

/* Without the end of the row. */
static void add_row_begin(const char *name,
                          const compared_tensor *of,
                          const double values[MEASURE_COUNT],
                          bool fails,
                          text *to)
{
    text_add(to, "<tr><td class=\"%s\">", fails ? "bad" : "good");
    html_escape(to, name);
    text_add(to, "</td>");
    add_shapes(of, to);
    add_measures(values, to);
    text_add(to, "<td>");
    add_limit(of, to);
    if (of->limits != NULL && isfinite(of->excess)) {
        text_add(to, "</td><td class=\"number\">%.0f %%</td>", of->excess * 100.0);
    } else {
        text_add(to, "</td><td class=\"number\"></td>");
    }
}

static void add_summary(const comparison *of, const tensor_summary *rows, size_t count, text *to)
{
    text_add(to, "<h2>Worst of all items, per tensor</h2>\n");
    add_table_begin(to, true);
    for (size_t i = 0; i < count; i++) {
        add_row_begin(rows[i].name, rows[i].worst, rows[i].values, rows[i].failed > 0, to);
        text_add(to, "<td>");
        html_escape(to, of->items[rows[i].worst_item].id);
        text_add(to, "</td></tr>\n");
    }
    text_add(to, "</table></div>\n");
}

/* ---- items ---------------------------------------------------------------------------------------- */

static void add_settings(const compared_item *item, text *to)
{
    static const char *const names[] = {"seed", "steps", "guidance_scale", "width", "height"};
    const run_item *run = item->run[SIDE_A] != NULL ? item->run[SIDE_A] : item->run[SIDE_B];
    if (run == NULL) return;
    text_add(to, "<p>&ldquo;");
    html_escape(to, json_string_value(json_object_get(run->all, "prompt")));
    text_add(to, "&rdquo;");
    const char *negative = json_string_value(json_object_get(run->all, "negative_prompt"));
    if (negative[0] != '\0') {
        text_add(to, ", not &ldquo;");
        html_escape(to, negative);
        text_add(to, "&rdquo;");
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        text value = {0};
        json_canonical(json_object_get(run->all, names[i]), &value);
        text_add(to, ", %s ", names[i]);
        html_escape(to, text_get(&value));
        to->failed |= text_failed(&value);
        text_release(&value);
    }
    text_add(to, "</p>\n");
}

static sd14_status add_item(const comparison *of, size_t place, text *to, sd14_error *error)
{
    const compared_item *item = &of->items[of->order[place]];
    text_add(to, "<details%s><summary><b class=\"%s\">%s</b>", place < ITEMS_OPEN ? " open" : "",
             item->fails ? "bad" : "good", item->fails ? "FAIL" : "pass");
    html_escape(to, item->id);
    if (item->tensor_count > 0) {
        const compared_tensor *worst = &item->tensors[item->worst];
        text_add(to, " &ndash; worst: ");
        html_escape(to, worst->name);
        if (worst->limits != NULL && isfinite(worst->excess)) {
            text_add(to, ", %.0f %% of ", worst->excess * 100.0);
            add_limit(worst, to);
        }
    }
    text_add(to, "</summary>\n");
    add_settings(item, to);
    add_findings(of, item->id, to);
    if (place < ITEMS_WITH_PICTURES) TRY(compare_html_trio(of, item, to, error));
    if (item->tensor_count > 0) {
        add_table_begin(to, false);
        for (size_t t = 0; t < item->tensor_count; t++) {
            const compared_tensor *tensor = &item->tensors[t];
            add_row_begin(tensor->name, tensor, tensor->values, tensor->fails, to);
            text_add(to, "</tr>\n");
        }
        text_add(to, "</table></div>\n");
    }
    text_add(to, "</details>\n");
    return SD14_OK;
}

/* ---- limits --------------------------------------------------------------------------------------- */

static void add_limits(const comparison *of, text *to)
{
    text name = {0};
    compare_describe_limits(of, &name);
    text_add(to, "<h2>The limits: ");
    html_escape(to, text_get(&name));
    text_add(to, "</h2>\n<p>");
    html_escape(to, of->limits.description);
    text_add(to, "</p>\n<div class=\"wide\"><table>\n<tr><th>tensor</th><th>check</th><th "
                 "class=\"number\">limit</th><th>reason</th></tr>\n");
    for (size_t i = 0; i < of->limits.row_count; i++) {
        const threshold_row *row = &of->limits.rows[i];
        for (measure m = 0; m < MEASURE_COUNT; m++) {
            if (row->checks[m].reason == NULL) continue;
            text_add(to,
                     "<tr><td>%s</td><td>%s</td><td class=\"number\">%g</td><td "
                     "class=\"reason\">",
                     row->tensor, threshold_key(m), row->checks[m].limit);
            html_escape(to, row->checks[m].reason);
            text_add(to, "</td></tr>\n");
        }
    }
    text_add(to, "</table></div>\n");
    to->failed |= text_failed(&name);
    text_release(&name);
}

static void add_verdict(const comparison *of, text *to)
{
    text words = {0};
    compare_describe_verdict(of, &words);
    text_add(to, "<p class=\"verdict\"><b class=\"%s\">%s</b> ",
             of->failure_count == 0 ? "good" : "bad", of->failure_count == 0 ? "pass" : "FAIL");
    html_escape(to, text_get(&words));
    text_add(to, "</p>\n");
    to->failed |= text_failed(&words);
    text_release(&words);
}

sd14_status compare_report_html(const comparison *of, text *to, sd14_error *error)
{
    tensor_summary *rows = NULL;
    size_t count = 0;
    TRY(compare_summarize(of, &rows, &count, error));
    html_begin_styled(to, of->of_runs ? "Two runs compared" : "Two files compared", rules);
    add_verdict(of, to);
    add_runs(of, to);
    if (of->finding_count > 0) {
        text_add(to, "<h2>Findings</h2>\n");
        add_findings(of, NULL, to);
    }
    if (of->of_runs) {
        compare_plot(of, to);
        add_summary(of, rows, count, to);
    }
    mem_free(rows);
    if (of->of_runs) TRY(compare_html_sheets(of, to, error));
    text_add(to, "<h2>%s</h2>\n", of->of_runs ? "Items, the worst first" : "Tensors");
    for (size_t i = 0; i < of->item_count; i++) TRY(add_item(of, i, to, error));
    add_limits(of, to);
    html_end(to);
    if (text_failed(to)) FAIL_NO_MEMORY(error, "the report");
    return SD14_OK;
}
