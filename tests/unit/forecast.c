/* SPDX-License-Identifier: Apache-2.0 */

/* Work and least time of calls, against counts by hand. */
#include "backends/ttnn/forecast.h"

#include <math.h>
#include <string.h>

#include "support/cmocka.h"
#include "support/op_cases.h"

/* Bytes of a tile. */
enum { BF16 = 2048, BFP8 = 1088 };

/* Round numbers, so that each of the three can be the slowest. */
static const forecast_chip chip = {.macs = 1e6, .dram_bytes = 1e3, .l1_bytes = 1e2};

static void check_near(double found, double wanted)
{
    if (!(fabs(found - wanted) <= 1e-12 * fabs(wanted))) fail_msg("%g, not %g", found, wanted);
}

typedef struct lowered {
    graph *graph;
    tt_program *program;
} lowered;

static tt_component_settings plain(void)
{
    return tt_settings_default().component[TT_UNET];
}

static lowered lower(const op_case *of, tt_component_settings component)
{
    lowered made = {0};
    sd14_error error = {{0}};
    tt_settings settings = tt_settings_default();
    settings.component[TT_UNET] = component;
    if (op_case_graph(of, &made.graph, &error) != SD14_OK ||
        tt_program_create(made.graph, &settings, false, &made.program, &error) != SD14_OK)
        fail_msg("%s", error.text);
    return made;
}

static void release(lowered *of)
{
    tt_program_destroy(of->program);
    graph_destroy(of->graph);
}

/* The forecast of the one call of that function. */
static forecast of_function(const lowered *in, const char *function)
{
    forecast found = {0};
    int count = 0;
    for (int i = 0; i < in->program->n_body; i++) {
        const tt_call *call = &in->program->body[i];
        if (strcmp(call->function, function) != 0) continue;
        found = forecast_call(in->program, call, &chip);
        count++;
    }
    if (count != 1) fail_msg("%d calls of %s", count, function);
    return found;
}

static forecast of_case(const op_case *of, tt_component_settings component, const char *function)
{
    lowered made = lower(of, component);
    const forecast found = of_function(&made, function);
    release(&made);
    return found;
}

static const op_case linear = {
    .op = OP_linear, .in = {CASE_3(2, 64, 320)}, .channels = 1280, .bias = true};

static void a_product(void **state)
{
    (void)state;
    const forecast found = of_case(&linear, plain(), "linear");
    assert_int_equal(found.macs, 2 * 64 * 320 * 1280);
    /* x, weight, bias, result */
    assert_int_equal(found.dram_bytes, (2 * 2 * 10 + 10 * 40 + 1 * 40 + 2 * 2 * 40) * BF16);
    assert_int_equal(found.l1_bytes, 0);
    check_near(found.compute_seconds, 4 * 52428800 / chip.macs); /* HiFi4 */
    check_near(found.dram_seconds, (double)found.dram_bytes / chip.dram_bytes);
    check_near(found.seconds, found.dram_seconds);
}

static void settings_count(void **state)
{
    (void)state;
    tt_component_settings fast = plain();
    fast.weights = TT_BFLOAT8_B;
    fast.fidelity = TT_LOFI;
    const forecast found = of_case(&linear, fast, "linear");
    assert_int_equal(found.dram_bytes, 10 * 40 * BFP8 + (2 * 2 * 10 + 1 * 40 + 2 * 2 * 40) * BF16);
    check_near(found.compute_seconds, 52428800 / chip.macs);
}

/* 77 tokens are three tiles, 33 features two. */
static void whole_tiles_count(void **state)
{
    (void)state;
    static const op_case odd = {
        .op = OP_linear, .in = {CASE_3(1, 77, 40)}, .channels = 33, .bias = false};
    const forecast found = of_case(&odd, plain(), "linear");
    assert_int_equal(found.macs, 96 * 64 * 64);
    assert_int_equal(found.dram_bytes, (3 * 2 + 2 * 2 + 3 * 2) * BF16);
}

static void a_convolution(void **state)
{
    (void)state;
    static const op_case conv = {.op = OP_conv2d,
                                 .in = {CASE_4(1, 32, 32, 64)},
                                 .channels = 128,
                                 .params = CASE_CONV(3, 1, 1, 1)};
    const forecast found = of_case(&conv, plain(), "conv2d");
    assert_int_equal(found.macs, 1024 * 128 * 64 * 9);
    assert_int_equal(found.dram_bytes, (32 * 2 + 2 * 9 * 4 + 4 + 32 * 4) * BF16);
    check_near(found.compute_seconds, 4.0 * (double)found.macs / chip.macs);
    check_near(found.seconds, found.dram_seconds);
}

static void an_attention(void **state)
{
    (void)state;
    op_case attention = {.op = OP_attention,
                         .in = {CASE_3(2, 64, 128), CASE_3(2, 96, 128), CASE_3(2, 96, 128)},
                         .params = CASE_HEADS(4, 0.25F, false)};
    const char *function = "transformer.scaled_dot_product_attention";
    assert_int_equal(of_case(&attention, plain(), function).macs, 2 * (2 * 4 * 64 * 96 * 32));
    for (int i = 1; i < 3; i++) attention.in[i] = attention.in[0];
    attention.params.attention.causal = true;
    assert_int_equal(of_case(&attention, plain(), function).macs, 2 * 4 * 64 * 64 * 32);
}

/* Of a table only the rows that were asked for pass. */
static void an_embedding(void **state)
{
    (void)state;
    static const op_case embedding = {.op = OP_embedding, .in = {CASE_2(1, 32)}, .channels = 64};
    const forecast found = of_case(&embedding, plain(), "embedding");
    assert_int_equal(found.macs, 0);
    assert_int_equal(found.dram_bytes, 2 * 2 * BF16);
}

static void a_view_is_nothing(void **state)
{
    (void)state;
    static const op_case image = {
        .op = OP_group_norm, .in = {CASE_4(2, 8, 8, 64)}, .params = {.group_norm = {32, 1e-5F}}};
    lowered made = lower(&image, plain());
    int views = 0;
    for (int i = 0; i < made.program->n_body; i++) {
        const tt_call *call = &made.program->body[i];
        if (strcmp(call->function, "reshape") != 0) continue;
        assert_false(forecast_launches(made.program, call));
        assert_int_equal(forecast_call(made.program, call, &chip).dram_bytes, 0);
        views++;
    }
    assert_true(views > 0);
    release(&made);
}

/* What lies in L1 passes there, and may be the slowest. */
static void l1_counts(void **state)
{
    (void)state;
    lowered made = lower(&linear, plain());
    for (int i = 0; i < made.program->n_slots; i++) {
        if (made.program->slots[i].kind == TT_SLOT_VALUE)
            made.program->slots[i].tensor.memory = TT_L1;
    }
    const forecast found = of_function(&made, "linear");
    assert_int_equal(found.l1_bytes, 2 * 2 * 40 * BF16);
    check_near(found.seconds, (double)found.l1_bytes / chip.l1_bytes);
    release(&made);
}

static void sums(void **state)
{
    (void)state;
    forecast sum = {.macs = 1, .dram_bytes = 2, .seconds = 0.5};
    const forecast one = {.macs = 10,
                          .dram_bytes = 20,
                          .l1_bytes = 30,
                          .compute_seconds = 1,
                          .dram_seconds = 2,
                          .l1_seconds = 3,
                          .seconds = 3};
    forecast_add(&sum, &one);
    assert_int_equal(sum.macs, 11);
    assert_int_equal(sum.dram_bytes, 22);
    assert_int_equal(sum.l1_bytes, 30);
    check_near(sum.compute_seconds + sum.dram_seconds + sum.l1_seconds, 6);
    check_near(sum.seconds, 3.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_product),
        cmocka_unit_test(settings_count),
        cmocka_unit_test(whole_tiles_count),
        cmocka_unit_test(a_convolution),
        cmocka_unit_test(an_attention),
        cmocka_unit_test(an_embedding),
        cmocka_unit_test(a_view_is_nothing),
        cmocka_unit_test(l1_counts),
        cmocka_unit_test(sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
