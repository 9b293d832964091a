/* SPDX-License-Identifier: Apache-2.0 */

/* The list of operators against the graphs it was made from, and the public benchmark of them. What the
 * graphs cost is held against PyTorch's count in networks_sd14.c. */
#include <math.h>
#include <string.h>

#include <sd14/sd14.h>

#include "base/memory.h"
#include "models/model.h"
#include "models/networks.h"
#include "parity/operator_list.h"
#include "support/cmocka.h"

#define EMOJI SD14_SOURCE_DIR "/models/emoji"
#define SD14_CONFIGS SD14_SOURCE_DIR "/tools/reference/configs/sd14" /* no weights there */

static model_config config;

static void check(sd14_status status, const sd14_error *error)
{
    if (status != SD14_OK) fail_msg("%s", error->text);
}

/* What the rows of `part` say of it. */
typedef struct part_sum {
    uint64_t calls, macs, parameters, bytes;
} part_sum;

static void check_part(const operator_list *list, model_part part, size_t batch, size_t side)
{
    sd14_error error = {{0}};
    graph *whole = NULL;
    part_sum found = {0};
    uint64_t nodes = 0;
    check(model_graph(&config, part, batch, side, side, &whole, &error), &error);
    for (int i = 0; i < whole->n_nodes; i++)
        nodes += whole->nodes[i].op != OP_input && whole->nodes[i].op != OP_view;
    for (size_t i = 0; i < list->n_shapes; i++) {
        const operator_shape *row = &list->shapes[i];
        if (strcmp(row->graph->name, whole->name) != 0) continue;
        found.calls += row->calls;
        found.macs += row->calls * row->cost.macs;
        found.parameters += row->calls * row->cost.parameters;
        found.bytes += row->calls * (row->cost.read_bytes + row->cost.written_bytes);
    }
    const graph_cost wanted = graph_total_cost(whole);
    assert_int_equal(found.calls, nodes);
    assert_int_equal(found.macs, wanted.macs);
    assert_int_equal(found.parameters, wanted.parameters);
    assert_int_equal(found.bytes, wanted.read_bytes + wanted.written_bytes);
    graph_destroy(whole);
}

/* Grouping loses no node and joins none that cost differently. */
static void rows_add_up_to_the_graphs(void **state)
{
    (void)state;
    sd14_error error = {{0}};
    operator_list list = {0};
    const operator_list_params params = {.height = 512, .width = 512, .batch = 2, .steps = 50};
    check(model_config_read(SD14_CONFIGS, &config, &error), &error);
    check(operator_list_make(&config, &params, &list, &error), &error);
    check_part(&list, MODEL_TEXT_ENCODER, 2, 0);
    check_part(&list, MODEL_UNET, 2, 64);
    check_part(&list, MODEL_VAE_DECODER, 1, 64);
    for (size_t i = 0; i < list.n_shapes; i++) {
        const char *part = list.shapes[i].graph->name;
        const bool per_step = strcmp(part, "unet") == 0 || strcmp(part, "scheduler") == 0;
        assert_int_equal(list.shapes[i].runs, per_step ? 50 : 1);
    }
    operator_list_release(&list);
}

static bool count_calls(void *user, size_t done, size_t count, const char *node)
{
    int *calls = user;
    assert_true(done < count);
    assert_non_null(node);
    ++*calls;
    return true;
}

static void check_row(const sd14_operator_time *row)
{
    assert_int_equal(row->seconds.count, 1);
    assert_true(row->seconds.median > 0 && row->seconds.median <= row->seconds.p95);
    assert_true(row->share > 0 && row->share <= 1);
    const double rate = 2e-9 * (double)row->macs / row->seconds.median;
    assert_true(fabs(row->gflops - rate) <= 1e-12 * rate); /* a few roundings of doubles */
    const double fraction = row->peak_gflops > 0 ? rate / row->peak_gflops : 0;
    assert_true(fabs(row->peak_fraction - fraction) <= 1e-12 * fraction);
    assert_non_null(strstr(row->shapes, " -> "));
}

/* With "fast": every linear is one; attention that is not causal, and convolutions whose weights are kept so. */
static void check_peak(const sd14_operator_time *row, bool of_integers, bool fast)
{
    const bool linear = strcmp(row->operator_name, "linear") == 0;
    const bool product = linear || strcmp(row->operator_name, "conv2d") == 0 ||
                         strcmp(row->operator_name, "attention") == 0;
    if (of_integers) assert_true(fast && product);
    if (linear) assert_int_equal(of_integers, fast);
}

static void check_bench(const char *precision)
{
    sd14_error error = {{0}};
    sd14_model_params model;
    sd14_operator_bench_params params;
    sd14_operator_bench *bench = NULL;
    int reported = 0;
    sd14_model_params_default(&model);
    sd14_operator_bench_params_default(&params);
    model.path = EMOJI;
    model.precision = precision;
    model.threads = 2;
    params.width = params.height = 64;
    params.warmup = 0;
    params.repetitions = 1;
    params.seconds = 0;
    params.progress = count_calls;
    params.progress_user = &reported;
    check(sd14_bench_operators(&model, &params, &bench, &error), &error);
    assert_string_equal(bench->model_name, "emoji");
    assert_int_equal(bench->steps, 20);
    assert_int_equal(reported, bench->n_operators);

    const bool fast = strcmp(precision, "fast") == 0;
    double shares = 0;
    size_t integers = 0;
    for (size_t i = 0; i < bench->n_operators; i++) {
        const sd14_operator_time *row = &bench->operators[i];
        check_row(row);
        const bool of_integers = row->peak_gflops != bench->peak_gflops;
        check_peak(row, of_integers, fast && bench->peak_gflops > 0);
        integers += of_integers;
        if (i > 0) assert_true(row->share <= bench->operators[i - 1].share);
        shares += row->share;
    }
    assert_true(fabs(shares - 1) < 1e-9); /* some hundred additions of doubles */
    assert_int_equal(integers > 0, fast && bench->peak_gflops > 0);
    sd14_operator_bench_destroy(bench);
}

static void every_operator_runs(void **state)
{
    (void)state;
    check_bench("f32");
    check_bench("fast");
}

static bool refuse(void *user, size_t done, size_t count, const char *node)
{
    (void)user;
    (void)count;
    (void)node;
    return done < 2;
}

static void refusals(void **state)
{
    (void)state;
    static const struct {
        const char *model;
        int32_t width, steps, batch, repetitions;
        sd14_status status;
    } cases[] = {
        {SD14_SOURCE_DIR "/tests", 0, 0, 2, 3, SD14_ERROR_MODEL},
        {EMOJI, 72, 0, 2, 3, SD14_ERROR_INVALID_ARGUMENT},
        {EMOJI, 64, -1, 2, 3, SD14_ERROR_INVALID_ARGUMENT},
        {EMOJI, 64, 0, 3, 3, SD14_ERROR_INVALID_ARGUMENT},
        {EMOJI, 64, 0, 2, 0, SD14_ERROR_INVALID_ARGUMENT},
        {EMOJI, 64, 0, 2, 3, SD14_ERROR_CANCELLED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sd14_error error = {{0}};
        sd14_model_params model;
        sd14_operator_bench_params params;
        sd14_operator_bench *bench = NULL;
        sd14_model_params_default(&model);
        sd14_operator_bench_params_default(&params);
        model.path = cases[i].model;
        params.width = cases[i].width;
        params.steps = cases[i].steps;
        params.batch = cases[i].batch;
        params.repetitions = cases[i].repetitions;
        params.progress = refuse;
        assert_int_equal(sd14_bench_operators(&model, &params, &bench, &error), cases[i].status);
        assert_int_not_equal(error.text[0], '\0');
        assert_null(bench);
    }
}

/* The two parts of a session's memory, during a drawing and after it. */
static void see_memory(void *user, const sd14_progress *progress)
{
    sd14_memory memory;
    const sd14_session *session = *(sd14_session *const *)user;
    sd14_session_get_memory(session, &memory);
    assert_int_equal(memory.weights_bytes + memory.plan_bytes, sd14_session_memory(session));
    if (progress->stage != SD14_STAGE_DENOISE) return;
    assert_true(memory.weights_bytes > 0);
    assert_true(memory.plan_bytes > 0);
}

static void memory_in_its_parts(void **state)
{
    (void)state;
    sd14_error error = {{0}};
    sd14_model_params model_params;
    sd14_generate_params params;
    sd14_model *model = NULL;
    sd14_session *session = NULL;
    sd14_image *image = NULL;
    sd14_model_params_default(&model_params);
    model_params.path = EMOJI;
    check(sd14_model_load(&model_params, &model, &error), &error);
    check(sd14_session_create(model, &session, &error), &error);
    sd14_generate_params_default(model, &params);
    params.width = params.height = 64;
    params.steps = 1;
    params.progress = see_memory;
    params.progress_user = &session;
    check(sd14_generate(session, &params, &image, &error), &error);
    see_memory(&session, &(sd14_progress){.stage = SD14_STAGE_DENOISE});
    sd14_image_destroy(image);
    sd14_session_destroy(session);
    sd14_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_add_up_to_the_graphs),
        cmocka_unit_test(every_operator_runs),
        cmocka_unit_test(refusals),
        cmocka_unit_test(memory_in_its_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
