/* SPDX-License-Identifier: Apache-2.0 */

/* sd14 bench: the time of each part of a drawing, by the public interface alone. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_options.h"
#include "interrupt.h"
#include "numbers.h"
#include "progress.h"
#include "prompt.h"
#include "recipe.h"

typedef struct bench {
    cli *cli;
    const bench_settings *settings;
    sd14_model *model;
    sd14_session *session;
    sd14_generate_params params;
    progress progress;
    sd14_timings cold, warm; /* of the first picture; the smallest of the later ones */
    double *steps;           /* seconds of each step but the first of each picture */
    size_t n_steps, steps_capacity;
    double first_step; /* seconds from the program's start until the first step was done */
} bench;

static void on_progress(void *user, const sd14_progress *report)
{
    bench *b = user;
    if (report->stage == SD14_STAGE_DENOISE && report->step > 0) {
        if (b->first_step <= 0) b->first_step = seconds() - b->cli->started;
        if (report->step > 1 && b->n_steps < b->steps_capacity) {
            b->steps[b->n_steps++] = report->step_seconds;
        }
    }
    progress_report(&b->progress, report);
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

static void keep_timings(bench *b, int32_t index)
{
    sd14_timings t;
    sd14_session_get_timings(b->session, &t);
    if (index == 0) b->cold = t;
    if (index <= 1) b->warm = t;
    b->warm.text_seconds = least(b->warm.text_seconds, t.text_seconds);
    b->warm.prepare_seconds = least(b->warm.prepare_seconds, t.prepare_seconds);
    b->warm.denoise_seconds = least(b->warm.denoise_seconds, t.denoise_seconds);
    b->warm.decode_seconds = least(b->warm.decode_seconds, t.decode_seconds);
    b->warm.total_seconds = least(b->warm.total_seconds, t.total_seconds);
}

static int compare(const void *a, const void *b)
{
    double x, y;
    memcpy(&x, a, sizeof(x));
    memcpy(&y, b, sizeof(y));
    return (x > y) - (x < y);
}

static exit_code fail(bench *b, sd14_status status, const sd14_error *error)
{
    if (status == SD14_ERROR_CANCELLED) {
        console_error(&b->cli->console, "interrupted");
    } else {
        console_error(&b->cli->console, "%s", error->text);
    }
    return exit_code_of(status);
}

/* The middle one; of an even number the mean of the two. */
static double median(const double *sorted, size_t count)
{
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

static void print_text(const bench *b, const sd14_model_info *info)
{
    const sd14_generate_params *p = &b->params;
    const bool warm = b->settings->repeat > 1;
    (void)printf("%s, %dx%d, %s %s %s, %d threads\n", info->name, p->width, p->height,
                 info->backend, info->isa, info->precision, info->threads);
    (void)printf("%-22s %10s%s\n", "", "first", warm ? "  best later" : "");
    const struct {
        const char *name;
        double cold, warm;
    } rows[] = {
        {"text", b->cold.text_seconds, b->warm.text_seconds},
        {"preparing weights", b->cold.prepare_seconds, b->warm.prepare_seconds},
        {"VAE decoding", b->cold.decode_seconds, b->warm.decode_seconds},
        {"whole picture", b->cold.total_seconds, b->warm.total_seconds},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        (void)printf("%-22s %8.3f s", rows[i].name, rows[i].cold);
        if (warm) (void)printf("  %8.3f s", rows[i].warm);
        (void)putchar('\n');
    }
    (void)printf("%-22s %8.3f s min, %.3f s median, %.3f s max (%zu steps, %s)\n", "UNet step",
                 b->steps[0], median(b->steps, b->n_steps), b->steps[b->n_steps - 1], b->n_steps,
                 p->guidance > 1 ? "guidance pairs: batch 2" : "no guidance: batch 1");
    (void)printf("%-22s %8.3f s after the program's start\n", "first step done", b->first_step);
    (void)printf("%-22s %8.1f MiB\n", "peak memory", (double)peak_rss_bytes() / 1048576.0);
}

static json_t *timings_json(const sd14_timings *t)
{
    return json_pack("{s:f, s:f, s:f, s:f, s:f}", "text_seconds", t->text_seconds,
                     "prepare_seconds", t->prepare_seconds, "denoise_seconds", t->denoise_seconds,
                     "decode_seconds", t->decode_seconds, "total_seconds", t->total_seconds);
}

static exit_code print_json(const bench *b, const sd14_model_info *info)
{
    const sd14_generate_params *p = &b->params;
    json_t *warm = b->settings->repeat > 1 ? timings_json(&b->warm) : json_null();
    json_t *result = json_pack(
        "{s:s, s:{s:o, s:o}, s:i, s:i, s:i, s:f, s:i, s:s, s:s, s:s, s:i, s:i, s:o, s:o, "
        "s:{s:f, s:f, s:f, s:I}, s:f, s:I}",                                                 //
        "version", sd14_version(), "model", "path", recipe_path(info->path), "name",         //
        recipe_path(info->name), "width", (int)p->width, "height", (int)p->height, "steps",  //
        (int)p->steps, "guidance_scale", number_float_shown(p->guidance), "unet_batch",      //
        p->guidance > 1 ? 2 : 1, "backend", info->backend, "precision", info->precision,     //
        "isa", info->isa, "threads", (int)info->threads, "repeat", (int)b->settings->repeat, //
        "first", timings_json(&b->cold), "best_later", warm,                                 //
        "step_seconds", "min", b->steps[0], "median", median(b->steps, b->n_steps), "max",   //
        b->steps[b->n_steps - 1], "count", (json_int_t)b->n_steps,                           //
        "first_step_done_seconds", b->first_step, "peak_rss_bytes",                          //
        (json_int_t)peak_rss_bytes());
    if (result == NULL) {
        console_error(&b->cli->console, "not enough memory for the result");
        return EXIT_CODE_MEMORY;
    }
    (void)json_dumpf(result, stdout, JSON_INDENT(2) | RECIPE_JSON_FLAGS);
    (void)putchar('\n');
    json_decref(result);
    return EXIT_CODE_OK;
}

static exit_code measure(bench *b)
{
    const bench_settings *s = b->settings;
    for (int32_t i = 0; i < s->repeat; i++) {
        sd14_image *image = NULL;
        sd14_error error;
        progress_begin(&b->progress, &b->cli->console, i, s->repeat);
        const sd14_status status = sd14_generate(b->session, &b->params, &image, &error);
        if (status != SD14_OK) return fail(b, status, &error);
        sd14_image_destroy(image);
        keep_timings(b, i);
    }
    console_clear(&b->cli->console);
    if (b->n_steps == 0) {
        console_error(&b->cli->console, "the library reported no steps");
        return EXIT_CODE_FAILED;
    }
    qsort(b->steps, b->n_steps, sizeof(b->steps[0]), compare);
    sd14_model_info info;
    sd14_model_get_info(b->model, &info);
    if (s->console.json) return print_json(b, &info);
    print_text(b, &info);
    return EXIT_CODE_OK;
}

static exit_code prepare(bench *b)
{
    const bench_settings *s = b->settings;
    interrupt_catch();
    const exit_code code = model_settings_load(&s->model, &b->cli->console, &b->model);
    if (code != EXIT_CODE_OK) return code;

    sd14_generate_params *p = &b->params;
    sd14_generate_params_default(b->model, p);
    p->prompt = s->prompt;
    p->steps = s->steps;
    if (s->guidance >= 0) p->guidance = s->guidance;
    if (s->size[0] > 0) p->width = s->size[0];
    if (s->size[1] > 0) p->height = s->size[1];
    p->progress = on_progress;
    p->progress_user = b;

    sd14_model_info info;
    sd14_model_get_info(b->model, &info);
    if (!model_draws_size(&info, p->width, p->height, &b->cli->console)) return EXIT_CODE_USAGE;
    b->steps_capacity = (size_t)s->repeat * (size_t)s->steps;
    b->steps = calloc(b->steps_capacity, sizeof(b->steps[0]));
    if (b->steps == NULL) {
        console_error(&b->cli->console, "not enough memory for the measurements");
        return EXIT_CODE_MEMORY;
    }
    sd14_error error;
    const sd14_status status = sd14_session_create(b->model, &b->session, &error);
    if (status != SD14_OK) return fail(b, status, &error);
    interrupt_session(b->session);
    return EXIT_CODE_OK;
}

exit_code command_bench(cli *cli, int argc, char **argv)
{
    bench_settings settings = bench_settings_default();
    exit_code code;
    if (!settings_read(cli, &bench_command, argc, argv, &settings, &settings.console, &code))
        return code;
    if (!prompt_is_utf8(settings.prompt)) {
        console_error(&cli->console, "the prompt is not valid UTF-8");
        return EXIT_CODE_USAGE;
    }
    bench b = {.cli = cli, .settings = &settings};
    code = prepare(&b);
    if (code == EXIT_CODE_OK) code = measure(&b);

    console_clear(&cli->console);
    interrupt_session(NULL);
    sd14_session_destroy(b.session);
    sd14_model_destroy(b.model);
    free(b.steps);
    return code;
}
