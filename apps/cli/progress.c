/* SPDX-License-Identifier: Apache-2.0 */
#include "progress.h"

#include <stdio.h>
#include <string.h>

#include "cli.h"

#define GREEN "\033[32m"
#define PLAIN "\033[0m"

enum { BAR_MAX = 40, BAR_MIN = 5, TEXT_BYTES = 96, LINE_BYTES = 256 };

/* Faster redrawing is not seen, and slow terminals would hold up the drawing. */
static const double redraw_seconds = 0.1;

static const char *stage_text(sd14_stage stage)
{
    switch (stage) {
    case SD14_STAGE_TEXT:
        return "reading the prompt";
    case SD14_STAGE_LOAD:
        return "preparing the weights";
    case SD14_STAGE_DENOISE:
        return "drawing";
    case SD14_STAGE_DECODE:
        return "decoding";
    }
    return "working";
}

void progress_begin(progress *p, console *con, int32_t first, int32_t count)
{
    *p = (progress){
        .con = con, .first = first, .count = count, .index = first, .together = 1, .drawn = -1};
}

void progress_time_text(double seconds_left, char out[PROGRESS_TIME_BYTES])
{
    /* Not more than a year, whatever the clock says: the cast must fit. */
    const double limited = seconds_left < 0 ? 0 : seconds_left > 3e7 ? 3e7 : seconds_left;
    const int all = (int)(limited + 0.5);
    if (all >= 3600) {
        (void)snprintf(out, PROGRESS_TIME_BYTES, "%d:%02d:%02d", all / 3600, all / 60 % 60,
                       all % 60);
    } else {
        (void)snprintf(out, PROGRESS_TIME_BYTES, "%d:%02d", all / 60, all % 60);
    }
}

/* Steps of the pictures that come after those which are drawn now. */
static double steps_to_come(const progress *p, int32_t steps)
{
    const int32_t pictures = p->count - p->index - p->together;
    return (double)pictures / p->together * steps;
}

/* "12/50  1.23 s/step  0:47 left": left for the steps of all pictures */
static void steps_text(const progress *p, const sd14_progress *report, char out[TEXT_BYTES])
{
    char left[PROGRESS_TIME_BYTES];
    if (report->step == 0) {
        (void)snprintf(out, TEXT_BYTES, "0/%d", report->steps);
        return;
    }
    const double each = (report->seconds - p->steps_began) / report->step;
    progress_time_text(each * (report->steps - report->step + steps_to_come(p, report->steps)),
                       left);
    (void)snprintf(out, TEXT_BYTES, "%d/%d  %.*f s/step  %s left", report->step, report->steps,
                   each < 10 ? 2 : 1, each, left);
}

static void picture_text(const progress *p, char out[TEXT_BYTES])
{
    out[0] = '\0';
    if (p->together > 1) {
        (void)snprintf(out, TEXT_BYTES, "pictures %d-%d/%d  ", p->index + 1, p->index + p->together,
                       p->count);
    } else if (p->count > 1) {
        (void)snprintf(out, TEXT_BYTES, "picture %d/%d  ", p->index + 1, p->count);
    }
}

/* A line longer than the terminal is wide would wrap, and could not be redrawn. */
static void draw_words(const progress *p, const char *words)
{
    int columns, rows;
    char line[LINE_BYTES];
    console_size(&columns, &rows);
    (void)snprintf(line, sizeof(line), "%.*s", columns - 1, words);
    console_draw(p->con, line);
}

/* As many cells as the line leaves, none when it is too narrow. */
static void draw_bar(const progress *p, const char *picture, const char *text, double done)
{
    int columns, rows;
    console_size(&columns, &rows);
    char line[LINE_BYTES];
    int cells = columns - 1 - (int)strlen(picture) - (int)strlen(text) - 3; /* "[] " */
    if (cells > BAR_MAX) cells = BAR_MAX;
    if (cells < BAR_MIN) {
        draw_words(p, text);
        return;
    }
    char full[BAR_MAX + 1], empty[BAR_MAX + 1];
    const int filled = (int)(done * cells);
    memset(full, '#', sizeof(full));
    memset(empty, '.', sizeof(empty));
    (void)snprintf(line, sizeof(line), "%s[%s%.*s%s%.*s] %s", picture, p->con->color ? GREEN : "",
                   filled, full, p->con->color ? PLAIN : "", cells - filled, empty, text);
    console_draw(p->con, line);
}

static void draw_line(progress *p, const sd14_progress *report, bool new_stage)
{
    const double now = seconds();
    const bool last = report->step == report->steps;
    const bool due = p->drawn < 0 || now - p->drawn >= redraw_seconds;
    if (!new_stage && !last && !due) return;
    p->drawn = now;

    char picture[TEXT_BYTES], text[TEXT_BYTES];
    picture_text(p, picture);
    if (report->stage != SD14_STAGE_DENOISE) {
        char line[2 * TEXT_BYTES];
        (void)snprintf(line, sizeof(line), "%s%s ...", picture, stage_text(report->stage));
        draw_words(p, line);
        return;
    }
    steps_text(p, report, text);
    draw_bar(p, picture, text, report->steps > 0 ? (double)report->step / report->steps : 0);
}

/* For logs: a line per stage, the first step (it tells how long this will take), then whenever another
 * tenth is done. */
static void print_plain(const progress *p, const sd14_progress *report, bool new_stage)
{
    char picture[TEXT_BYTES], text[TEXT_BYTES];
    picture_text(p, picture);
    if (report->stage != SD14_STAGE_DENOISE) {
        if (new_stage) console_note(p->con, "%s%s", picture, stage_text(report->stage));
        return;
    }
    const int64_t step = report->step, steps = report->steps;
    if (step == 0) return;
    if (step != 1 && step * 10 / steps == (step - 1) * 10 / steps) return;
    steps_text(p, report, text);
    console_note(p->con, "%sstep %s", picture, text);
}

void progress_report(void *user, const sd14_progress *report)
{
    progress *p = user;
    /* At the decoder each picture comes to its own line; before it those drawn together have one. */
    const bool decoding = report->stage == SD14_STAGE_DECODE;
    const int32_t index = p->first + report->first;
    const bool new_stage = !p->any || p->stage != report->stage || p->index != index;
    p->index = index;
    p->together = decoding || report->together < 1 ? 1 : report->together;
    p->any = true;
    p->stage = report->stage;
    if (report->stage == SD14_STAGE_DENOISE) {
        /* Should the report of step 0 be missing, the first step's own time tells when it began. */
        if (new_stage)
            p->steps_began = report->seconds - (report->step > 0 ? report->step_seconds : 0);
        p->step = report->step;
        p->steps = report->steps;
    }
    if (p->con->quiet) return;
    if (p->con->redraws) {
        draw_line(p, report, new_stage);
    } else {
        print_plain(p, report, new_stage);
    }
}

void progress_say(const progress *p, const char *what)
{
    if (!p->con->quiet) draw_words(p, what);
}
