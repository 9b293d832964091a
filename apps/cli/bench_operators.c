/* SPDX-License-Identifier: Apache-2.0 */
#include "bench_operators.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "interrupt.h"
#include "json_output.h"
#include "measurements.h"
#include "recipe.h"

/* Sums over the operators of one part. */
typedef struct part_sum {
    const char *name;
    uint64_t runs, macs; /* runs per picture; macs of one run */
    double seconds;      /* of one run, by the medians */
    double share;
} part_sum;

enum { PARTS_MAX = 8 };

static bool on_progress(void *user, size_t done, size_t count, const char *node)
{
    console *con = user;
    char line[256];
    (void)snprintf(line, sizeof(line), "operator %zu of %zu: %s", done + 1, count, node);
    if (con->redraws && !con->quiet) console_draw(con, line);
    return !interrupt_came();
}

/* -> how many parts there are. */
static size_t sum_parts(const sd14_operator_bench *bench, part_sum parts[PARTS_MAX])
{
    size_t n_parts = 0;
    for (size_t i = 0; i < bench->n_operators; i++) {
        const sd14_operator_time *row = &bench->operators[i];
        size_t at = 0;
        while (at < n_parts && strcmp(parts[at].name, row->part) != 0) at++;
        if (at == PARTS_MAX) continue;
        if (at == n_parts) {
            parts[n_parts++] =
                (part_sum){.name = row->part, .runs = row->calls_per_picture / row->calls};
        }
        parts[at].macs += row->calls * row->macs;
        parts[at].seconds += (double)row->calls * row->seconds.median;
        parts[at].share += row->share;
    }
    return n_parts;
}

static void print_row(const sd14_operator_time *row)
{
    (void)printf("%5.1f %%  %-12s %-19s %6" PRIu64 " %11.4f %11.4f", 100 * row->share, row->part,
                 row->operator_name, row->calls_per_picture, 1e3 * row->seconds.median,
                 1e3 * row->seconds.p95);
    if (row->macs > 0) {
        (void)printf(" %9.1f", row->gflops);
    } else {
        (void)printf(" %9s", "");
    }
    if (row->peak_fraction > 0) {
        (void)printf(" %5.1f %%", 100 * row->peak_fraction);
    } else {
        (void)printf(" %7s", "");
    }
    (void)printf("  %s\n", row->shapes);
}

static void print_text(const sd14_operator_bench *bench)
{
    (void)printf("%s, %dx%d, UNet batch %d, %d steps, %s %s %s, %d threads\n", bench->model_name,
                 bench->width, bench->height, bench->batch, bench->steps, bench->backend,
                 bench->isa, bench->precision, bench->threads);
    if (bench->peak_gflops > 0)
        (void)printf("peak of the multiply-add units %.1f GFLOP/s\n", bench->peak_gflops);
    (void)printf("\n%7s  %-12s %-19s %6s %11s %11s %9s %7s  %s\n", "share", "part", "operator",
                 "calls", "median ms", "p95 ms", "GFLOP/s", "of peak", "shapes");
    for (size_t i = 0; i < bench->n_operators; i++) print_row(&bench->operators[i]);

    part_sum parts[PARTS_MAX];
    const size_t n_parts = sum_parts(bench, parts);
    (void)printf("\n%7s  %-12s %19s %6s %11s %11s\n", "share", "part", "GMAC a run", "runs",
                 "ms a run", "");
    for (size_t i = 0; i < n_parts; i++) {
        (void)printf("%5.1f %%  %-12s %19.3f %6" PRIu64 " %11.2f\n", 100 * parts[i].share,
                     parts[i].name, 1e-9 * (double)parts[i].macs, parts[i].runs,
                     1e3 * parts[i].seconds);
    }
}

/* null for the rate of what has no multiply-adds, and for a part of an unknown peak. */
static json_t *number_or_null(double number)
{
    return number > 0 ? json_real(number) : json_null();
}

static json_t *operators_json(const sd14_operator_bench *bench)
{
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < bench->n_operators; i++) {
        const sd14_operator_time *row = &bench->operators[i];
        json_t *one = json_pack(
            "{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:f}",            //
            "part", row->part, "operator", row->operator_name, "node", row->node, "shapes", //
            row->shapes, "calls", (json_int_t)row->calls, "calls_per_picture",              //
            (json_int_t)row->calls_per_picture, "macs", (json_int_t)row->macs, "bytes",     //
            (json_int_t)row->bytes, "seconds", measurements_spread_json(&row->seconds),     //
            "gflops", number_or_null(row->gflops), "peak_gflops",                           //
            number_or_null(row->peak_gflops), "peak_fraction",                              //
            number_or_null(row->peak_fraction), "share", row->share);
        if (json_array_append_new(array, one) == 0) continue;
        json_decref(array);
        return NULL;
    }
    return array;
}

static json_t *parts_json(const sd14_operator_bench *bench)
{
    part_sum parts[PARTS_MAX];
    const size_t n_parts = sum_parts(bench, parts);
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < n_parts; i++) {
        json_t *one = json_pack("{s:s, s:I, s:I, s:f, s:f}", "part", parts[i].name, "runs",
                                (json_int_t)parts[i].runs, "macs", (json_int_t)parts[i].macs,
                                "seconds", parts[i].seconds, "share", parts[i].share);
        if (json_array_append_new(array, one) == 0) continue;
        json_decref(array);
        return NULL;
    }
    return array;
}

static json_t *bench_json(const sd14_operator_bench *bench, int32_t warmup)
{
    return json_pack(
        "{s:s, s:{s:o, s:o}, s:i, s:i, s:i, s:i, s:s, s:s, s:s, s:i, s:i, s:o, s:o, s:o, s:I}", //
        "version", sd14_version(), "model", "path", recipe_path(bench->model_path), "name",     //
        recipe_path(bench->model_name), "width", (int)bench->width, "height",                   //
        (int)bench->height, "steps", (int)bench->steps, "unet_batch", (int)bench->batch,        //
        "backend", bench->backend, "precision", bench->precision, "isa", bench->isa, "threads", //
        (int)bench->threads, "warmup", (int)warmup, "peak_gflops",                              //
        number_or_null(bench->peak_gflops), "parts", parts_json(bench), "operators",            //
        operators_json(bench), "peak_rss_bytes", (json_int_t)peak_rss_bytes());
}

static exit_code run(cli *cli,
                     const bench_settings *s,
                     const sd14_model_params *model,
                     const sd14_operator_bench_params *params)
{
    sd14_operator_bench *bench = NULL;
    sd14_error error;
    const sd14_status status = sd14_bench_operators(model, params, &bench, &error);
    console_clear(&cli->console);
    if (status != SD14_OK) {
        console_error(&cli->console, "%s",
                      status == SD14_ERROR_CANCELLED ? "interrupted" : error.text);
        return exit_code_of(status);
    }
    exit_code code = EXIT_CODE_OK;
    if (s->console.json) {
        code = json_output(cli, bench_json(bench, params->warmup));
    } else {
        print_text(bench);
    }
    sd14_operator_bench_destroy(bench);
    return code;
}

exit_code bench_operators(cli *cli, const bench_settings *s)
{
    model_texts texts;
    sd14_model_params model;
    const exit_code code = model_settings_params(&s->model, &cli->console, &texts, &model);
    if (code != EXIT_CODE_OK) return code;

    sd14_operator_bench_params params;
    sd14_operator_bench_params_default(&params);
    params.width = s->size[0];
    params.height = s->size[1];
    params.steps = s->steps;
    if (s->guidance >= 0 && s->guidance <= 1) params.batch = 1;
    if (s->warmup > 0) params.warmup = s->warmup;
    if (s->repeat > 0) {
        params.repetitions = s->repeat;
        params.seconds = 0; /* exactly as often */
    }
    params.progress = on_progress;
    params.progress_user = &cli->console;
    return run(cli, s, &model, &params);
}
