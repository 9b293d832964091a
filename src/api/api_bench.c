/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include <sd14/bench.h>

#include "api/model.h"
#include "backends/cpu/cpu_backend.h"
#include "base/memory.h"
#include "base/spread.h"
#include "models/folder.h"
#include "parity/operator_list.h"
#include "parity/operator_time.h"

/* The public part first: its strings are the rest's. */
typedef struct owned_bench {
    sd14_operator_bench made;
    operator_list list;
    char *path, *name, *precision;
} owned_bench;

static sd14_spread to_public(spread from)
{
    return (sd14_spread){.min = from.min,
                         .median = from.median,
                         .p95 = from.p95,
                         .max = from.max,
                         .count = from.count};
}

void sd14_spread_of(double *samples, size_t count, sd14_spread *out_spread)
{
    *out_spread = to_public(spread_of(samples, count));
}

void sd14_operator_bench_params_default(sd14_operator_bench_params *out_params)
{
    *out_params =
        (sd14_operator_bench_params){.batch = 2, .warmup = 1, .repetitions = 3, .seconds = 0.02};
}

/* Checks what can be, and fills in what the model says. */
static sd14_status settle_params(const sd14_operator_bench_params *params,
                                 const model_config *config,
                                 sd14_operator_bench *to,
                                 sd14_error *error)
{
    const model_defaults *defaults = &config->defaults;
    if (params->batch != 1 && params->batch != 2)
        FAIL(error, INVALID_ARGUMENT, "batch %d: 1 or 2", (int)params->batch);
    if (params->steps < 0 || params->steps > SCHEDULE_STEPS_MAX) {
        FAIL(error, INVALID_ARGUMENT, "steps %d: must be 0 (the model's) to %d", (int)params->steps,
             SCHEDULE_STEPS_MAX);
    }
    if (params->warmup < 0 || params->warmup > OPERATOR_CALLS_MAX || params->repetitions < 1 ||
        params->repetitions > OPERATOR_CALLS_MAX || !(params->seconds >= 0)) {
        FAIL(error, INVALID_ARGUMENT,
             "warmup must be 0 to %d, repetitions 1 to %d, seconds not negative",
             OPERATOR_CALLS_MAX, OPERATOR_CALLS_MAX);
    }
    to->width = params->width == 0 ? (int32_t)defaults->width : params->width;
    to->height = params->height == 0 ? (int32_t)defaults->height : params->height;
    to->steps = params->steps == 0 ? defaults->steps : params->steps;
    to->batch = params->batch;
    TRY(model_check_side(config, "width", to->width, error));
    return model_check_side(config, "height", to->height, error);
}

static sd14_operator_time make_row(const operator_shape *shape)
{
    const graph_node *node = &shape->graph->nodes[shape->node];
    const graph_cost *cost = &shape->cost;
    return (sd14_operator_time){
        .part = shape->graph->name,
        .operator_name = op_name(node->op),
        .node = node->name,
        .shapes = text_get(&shape->shapes),
        .calls = shape->calls,
        .calls_per_picture = shape->calls * shape->runs,
        .macs = cost->macs,
        .bytes = cost->read_bytes + cost->written_bytes + cost->parameters * sizeof(float),
    };
}

static int greatest_share_first(const void *a, const void *b)
{
    const sd14_operator_time *x = a, *y = b;
    return (x->share < y->share) - (x->share > y->share);
}

/* Rates, and shares of the whole. */
static void compare_rows(sd14_operator_bench *bench)
{
    double total = 0;
    for (size_t i = 0; i < bench->n_operators; i++) {
        sd14_operator_time *row = &bench->operators[i];
        row->share = row->seconds.median * (double)row->calls_per_picture;
        total += row->share;
        if (row->seconds.median > 0) row->gflops = 2e-9 * (double)row->macs / row->seconds.median;
        if (row->peak_gflops > 0) row->peak_fraction = row->gflops / row->peak_gflops;
    }
    for (size_t i = 0; total > 0 && i < bench->n_operators; i++) bench->operators[i].share /= total;
    qsort(bench->operators, bench->n_operators, sizeof(bench->operators[0]), greatest_share_first);
}

/* Of each kind of numbers, the greater of what was measured already and what is now. */
static void raise_peaks(const backend *on, double peaks[CPU_NUMBERS])
{
    for (int i = 0; i < CPU_NUMBERS; i++) {
        const double now = cpu_backend_peak(on, (cpu_numbers)i);
        if (now > peaks[i]) peaks[i] = now;
    }
}

static void set_peaks(const backend *on, const double peaks[CPU_NUMBERS], owned_bench *bench)
{
    bench->made.peak_gflops = peaks[CPU_F32];
    for (size_t i = 0; i < bench->list.n_shapes; i++) {
        const operator_shape *shape = &bench->list.shapes[i];
        const graph_node *node = &shape->graph->nodes[shape->node];
        bench->made.operators[i].peak_gflops = peaks[cpu_backend_numbers(on, shape->graph, node)];
    }
}

static sd14_status time_rows(owned_bench *bench,
                             backend *on,
                             const sd14_operator_bench_params *params,
                             sd14_error *error)
{
    const operator_time_params how = {
        .warmup = params->warmup, .repetitions = params->repetitions, .seconds = params->seconds};
    const operator_list *list = &bench->list;
    for (size_t i = 0; i < list->n_shapes; i++) {
        const operator_shape *shape = &list->shapes[i];
        sd14_operator_time *row = &bench->made.operators[i];
        spread seconds;
        *row = make_row(shape);
        if (params->progress != NULL &&
            !params->progress(params->progress_user, i, list->n_shapes, row->node))
            FAIL(error, CANCELLED, "cancelled");
        TRY(operator_time(on, shape->graph, shape->node, &how, &seconds, error));
        row->seconds = to_public(seconds);
    }
    bench->made.n_operators = list->n_shapes;
    return SD14_OK;
}

static sd14_status run(owned_bench *bench,
                       const char *folder,
                       backend *on,
                       const sd14_operator_bench_params *params,
                       sd14_error *error)
{
    sd14_operator_bench *made = &bench->made;
    model_config config;
    TRY(folder_check(folder, error));
    TRY(model_config_read(folder, &config, error));
    TRY(settle_params(params, &config, made, error));
    const operator_list_params of = {.height = (size_t)made->height,
                                     .width = (size_t)made->width,
                                     .batch = (size_t)made->batch,
                                     .steps = (uint64_t)made->steps};
    TRY(operator_list_make(&config, &of, &bench->list, error));
    made->operators = mem_array(bench->list.n_shapes, sizeof(made->operators[0]));
    if (made->operators == NULL) FAIL_NO_MEMORY(error, "the operators' times");
    bench->path = mem_string(folder);
    bench->name = model_name_of(folder);
    bench->precision = mem_string(cpu_backend_precision(on)); /* it outlives the backend */
    if (bench->path == NULL || bench->name == NULL || bench->precision == NULL)
        FAIL_NO_MEMORY(error, "the model's name");
    made->model_path = bench->path;
    made->model_name = bench->name;
    made->backend = on->vtable->name;
    made->precision = bench->precision;
    made->isa = isa_name(cpu_backend_isa(on));
    made->threads = cpu_backend_threads(on);

    /* Twice, because a machine that others use too is not equally fast all the time. */
    double peaks[CPU_NUMBERS] = {0};
    raise_peaks(on, peaks);
    TRY(time_rows(bench, on, params, error));
    raise_peaks(on, peaks);
    set_peaks(on, peaks, bench);
    compare_rows(made);
    return SD14_OK;
}

sd14_status sd14_bench_operators(const sd14_model_params *model,
                                 const sd14_operator_bench_params *params,
                                 sd14_operator_bench **out_bench,
                                 sd14_error *error)
{
    if (model == NULL || params == NULL || out_bench == NULL)
        FAIL(error, INVALID_ARGUMENT, "no model, no parameters or no place for the result given");
    if (model->backend != NULL && strcmp(model->backend, "ttnn") == 0)
        FAIL(error, INVALID_ARGUMENT,
             "operators are timed one by one on the backend cpu; on ttnn measure whole pictures");
    backend *on = NULL;
    TRY(model_backend_create(model, NULL, &on, error));
    sd14_status status = SD14_OK;
    owned_bench *bench = mem_array(1, sizeof(*bench));
    if (bench == NULL)
        FAIL_DONE(error, OUT_OF_MEMORY, "not enough memory for the operators' times");
    TRY_DONE(run(bench, model->path, on, params, error));
    *out_bench = &bench->made;
    bench = NULL;
done:
    if (bench != NULL) sd14_operator_bench_destroy(&bench->made);
    on->vtable->destroy(on);
    return status;
}

void sd14_operator_bench_destroy(sd14_operator_bench *bench)
{
    if (bench == NULL) return;
    owned_bench *owned = (owned_bench *)bench;
    operator_list_release(&owned->list);
    mem_free(bench->operators);
    mem_free(owned->path);
    mem_free(owned->name);
    mem_free(owned->precision);
    mem_free(owned);
}
