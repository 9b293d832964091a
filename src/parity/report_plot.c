/* SPDX-License-Identifier: Apache-2.0 */

/* The two plots of an HTML report, in units of their own: the page scales them. */
#include <math.h>

#include "parity/html.h"
#include "parity/report.h"
#include "parity/report_rows.h"

enum { WIDTH = 900, LEFT = 150, RIGHT = 800, TOP = 12, BAR = 16, GAP = 12 };
enum { LINES_BOTTOM = 240, LINES_LEFT = 90, LEGEND_ROW = 20, POINTS_MAX = 1000 };

/* Colours that stay apart on light and dark paper: hues a golden angle apart. */
static void add_colour(size_t run, text *to)
{
    text_add(to, "hsl(%d 62%% 50%%)", (int)(210 + run * 137) % 360);
}

/* Labels the colours, one run per row from `top` on. */
static void add_legend(const report_run *runs, size_t n_runs, int left, int top, text *to)
{
    for (size_t i = 0; i < n_runs; i++) {
        const int y = top + (int)i * LEGEND_ROW;
        text_add(to, "<rect x=\"%d\" y=\"%d\" width=\"12\" height=\"12\" fill=\"", left, y);
        add_colour(i, to);
        text_add(to, "\"/><text x=\"%d\" y=\"%d\">", left + 18, y + 11);
        html_escape(to, text_get(&runs[i].name));
        text_add(to, "</text>\n");
    }
}

static void begin_figure(const char *caption, int height, text *to)
{
    text_add(to,
             "<figure><figcaption>%s</figcaption>\n"
             "<svg viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\" aria-label=\"%s\">\n",
             caption, WIDTH, height, WIDTH, caption);
}

static void add_bar(size_t run, double seconds, double longest, int y, text *to)
{
    const double width = longest > 0 ? seconds / longest * (RIGHT - LEFT) : 0;
    text_add(to, "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"", LEFT, y, width,
             BAR - 2);
    add_colour(run, to);
    text_add(to, "\"/><text x=\"%.1f\" y=\"%d\">", LEFT + width + 6, y + BAR - 4);
    report_add_number(seconds, to);
    text_add(to, " s</text>\n");
}

void report_plot_stages(const report_run *runs, size_t n_runs, text *to)
{
    double longest = 0;
    for (size_t run = 0; run < n_runs; run++) {
        for (int stage = 0; stage < REPORT_STAGES; stage++)
            longest = fmax(longest, runs[run].stage_seconds[stage].median);
    }
    const int group = (int)n_runs * BAR + GAP, legend = TOP + REPORT_STAGES * group;
    begin_figure("Stages: medians", legend + (int)n_runs * LEGEND_ROW, to);
    for (int stage = 0; stage < REPORT_STAGES; stage++) {
        const int top = TOP + stage * group;
        text_add(to, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n", LEFT - 10,
                 top + (int)n_runs * BAR / 2 + 4, report_stage_name((report_stage)stage));
        for (size_t run = 0; run < n_runs; run++) {
            if (runs[run].n_pictures > 0)
                add_bar(run, runs[run].stage_seconds[stage].median, longest, top + (int)run * BAR,
                        to);
        }
    }
    add_legend(runs, n_runs, LEFT, legend, to);
    text_add(to, "</svg></figure>\n");
}

/* The greatest number of values [from, to). */
static double greatest(const double *values, size_t from, size_t to)
{
    double found = 0;
    for (size_t i = from; i < to; i++) found = fmax(found, values[i]);
    return found;
}

/* More steps than can be told apart are joined to the slowest of each few. */
static void add_line(const report_run *of, size_t run, size_t most, double slowest, text *to)
{
    const size_t points = of->n_steps < POINTS_MAX ? of->n_steps : POINTS_MAX;
    text_add(to, "<polyline fill=\"none\" stroke-width=\"1.5\" stroke=\"");
    add_colour(run, to);
    text_add(to, "\" points=\"");
    for (size_t i = 0; i < points; i++) {
        const size_t from = i * of->n_steps / points, end = (i + 1) * of->n_steps / points;
        const double x = most > 1 ? (double)from / (double)(most - 1) : 0;
        const double y = slowest > 0 ? greatest(of->steps, from, end) / slowest : 0;
        text_add(to, "%.1f,%.1f ", LINES_LEFT + x * (RIGHT - LINES_LEFT),
                 LINES_BOTTOM - y * (LINES_BOTTOM - TOP));
    }
    text_add(to, "\"/>\n");
}

static void add_axes(size_t most, double slowest, text *to)
{
    for (int part = 0; part <= 4; part++) {
        const int y = LINES_BOTTOM - part * (LINES_BOTTOM - TOP) / 4;
        text_add(
            to,
            "<path stroke=\"#8884\" d=\"M%d %dH%d\"/><text x=\"%d\" y=\"%d\" text-anchor=\"end\">",
            LINES_LEFT, y, RIGHT, LINES_LEFT - 8, y + 4);
        report_add_number(slowest * part / 4, to);
        text_add(to, " s</text>\n");
    }
    text_add(
        to,
        "<text x=\"%d\" y=\"%d\">1</text><text x=\"%d\" y=\"%d\" text-anchor=\"end\">%zu</text>\n",
        LINES_LEFT, LINES_BOTTOM + 18, RIGHT, LINES_BOTTOM + 18, most);
}

void report_plot_steps(const report_run *runs, size_t n_runs, text *to)
{
    size_t most = 0;
    double slowest = 0;
    for (size_t run = 0; run < n_runs; run++) {
        most = runs[run].n_steps > most ? runs[run].n_steps : most;
        slowest = fmax(slowest, greatest(runs[run].steps, 0, runs[run].n_steps));
    }
    if (most == 0) return;
    const int legend = LINES_BOTTOM + 32;
    begin_figure("Each step of each picture, in the order they ran",
                 legend + (int)n_runs * LEGEND_ROW, to);
    add_axes(most, slowest, to);
    for (size_t run = 0; run < n_runs; run++) add_line(&runs[run], run, most, slowest, to);
    add_legend(runs, n_runs, LINES_LEFT, legend, to);
    text_add(to, "</svg></figure>\n");
}
