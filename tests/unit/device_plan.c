/* SPDX-License-Identifier: Apache-2.0 */

/* The plan of a device's memory; that ttnn itself counts the same is tests/ttnn/lowered.py's to show. */
#include "backends/ttnn/device_plan.h"

#include <string.h>

#include "models/config.h"
#include "models/networks.h"
#include "support/cmocka.h"

enum { BANKS = 12, PAGE = 2048 };

static tt_program *lowered(graph *of, tt_placement memory)
{
    sd14_error error = {{0}};
    tt_settings settings = tt_settings_default();
    for (int i = 0; i < TT_COMPONENTS; i++) settings.component[i].memory = memory;
    tt_program *made = NULL;
    if (tt_program_create(of, &settings, false, &made, &error) != SD14_OK)
        fail_msg("%s", error.text);
    return made;
}

static device_plan plan_of(const tt_program *program)
{
    sd14_error error = {{0}};
    device_plan plan;
    assert_int_equal(device_plan_make(program, &device_wormhole, &plan, &error), SD14_OK);
    return plan;
}

/* x [1, 32, 32], one tile, through three activations. */
static graph *chain(void)
{
    sd14_error error = {{0}};
    graph *of = NULL;
    graph_builder *g = graph_builder_create("text_encoder");
    assert_non_null(g);
    graph_value x = graph_input(g, "x", DTYPE_F32, shape_3(1, 32, 32));
    for (int i = 0; i < 3; i++) x = graph_unary(g, "silu", OP_silu, x);
    graph_output(g, x);
    assert_int_equal(graph_builder_finish(g, &of, &error), SD14_OK);
    return of;
}

static void pages_are_dealt_out_to_banks(void **state)
{
    (void)state;
    tt_tensor of = {.type = TT_BFLOAT16, .layout = TT_TILE, .shape = shape_4(1, 1, 33, 4)};
    assert_int_equal(device_bank_bytes(&of, BANKS), PAGE); /* 2 tiles */
    of.shape.dim[0] = 7;
    assert_int_equal(device_bank_bytes(&of, BANKS), 2 * PAGE); /* 14 */
    of.type = TT_BFLOAT8_B;
    assert_int_equal(device_bank_bytes(&of, BANKS), 2 * 1088);
    of = (tt_tensor){.type = TT_BFLOAT16, .layout = TT_ROW_MAJOR, .shape = shape_4(1, 1, 70, 35)};
    assert_int_equal(device_bank_bytes(&of, BANKS), 6 * 96); /* rows of 70 bytes, to 32 */
}

static void shards_are_counted_on_one_core(void **state)
{
    (void)state;
    const tt_tensor of = {.type = TT_BFLOAT8_B,
                          .memory = TT_L1,
                          .grid = {.rows = 8, .columns = 4},
                          .shape = shape_4(2, 1, 1024, 640)};
    assert_int_equal(device_bank_bytes(&of, BANKS), 8 * 5 * 1088); /* of 256 x 160 */
}

static void values_count_while_they_live(void **state)
{
    (void)state;
    graph *of = chain();
    tt_program *program = lowered(of, TT_PLACEMENT_DRAM);
    const device_plan plan = plan_of(program);
    assert_int_equal(plan.weights, 0);
    assert_int_equal(plan.inputs, BANKS * PAGE);
    assert_int_equal(plan.values, 3 * BANKS * PAGE); /* source, result, the last run's output */
    assert_int_equal(plan.fullest, 1);
    assert_int_equal(plan.l1_values, 0);
    assert_int_equal(device_plan_l1_left(&plan, &device_wormhole, 32768),
                     device_wormhole.l1_bank_bytes - 32768);
    assert_int_equal(device_plan_l1_left(&plan, &device_wormhole, SIZE_MAX / 2), 0);
    tt_program_destroy(program);

    program = lowered(of, TT_PLACEMENT_L1);
    const device_plan in_l1 = plan_of(program);
    assert_int_equal(in_l1.values, 2 * BANKS * PAGE); /* both runs' outputs */
    assert_int_equal(in_l1.l1_values, 2 * PAGE);
    tt_program_destroy(program);
    graph_destroy(of);
}

static void what_does_not_fit_is_refused_with_numbers(void **state)
{
    (void)state;
    sd14_error error = {{0}};
    const device_plan plans[] = {
        {.weights = 3 << 20, .padding = 1 << 20, .inputs = 1 << 20, .values = 1 << 20},
        {.weights = 2 << 20, .inputs = 1 << 20, .values = 4 << 20},
    };
    static const char *const names[] = {"unet", "vae_decoder"};
    device_memory memory = {.dram_banks = 12, .dram_bank_bytes = 1 << 20};
    assert_int_equal(device_plan_check(plans, names, 2, &memory, &error), SD14_OK);
    assert_int_equal(device_plan_check(plans, names, 0, &memory, &error), SD14_OK);
    memory.dram_banks = 11;
    assert_int_equal(device_plan_check(plans, names, 2, &memory, &error), SD14_ERROR_DEVICE);
    assert_non_null(strstr(error.text, "11 MiB"));
    assert_non_null(strstr(error.text, "8 MiB"));
    assert_non_null(strstr(error.text, "vae_decoder 4 MiB"));
}

/* conv2d and group_norm decide where they work by what they find in DRAM. */
static void images_stay_in_dram(void **state)
{
    (void)state;
    sd14_error error = {{0}};
    model_config config;
    graph *of = NULL;
    assert_int_equal(
        model_config_read(SD14_SOURCE_DIR "/tools/reference/configs/sd14", &config, &error),
        SD14_OK);
    assert_int_equal(denoise_graph(&config.unet,
                                   &(denoise_size){1, true, 64, 64, 77, true, DEEP_INSIDE}, &of,
                                   &error),
                     SD14_OK);
    tt_program *program = lowered(of, TT_PLACEMENT_L1);
    int moved = 0;
    for (int i = 0; i < program->n_body; i++) {
        const tt_call *call = &program->body[i];
        const json_t *to = json_object_get(json_object_get(call->kwargs, "memory_config"), "t");
        const bool in_l1 = to != NULL && strcmp(json_string_value(to), "L1_MEMORY_CONFIG") == 0;
        moved += in_l1;
        if (strcmp(call->function, "conv2d") != 0 && strcmp(call->function, "group_norm") != 0)
            continue;
        const json_t *source = json_object_get(call->kwargs, "input_tensor");
        if (source == NULL) source = json_array_get(call->args, 0);
        const json_int_t slot = json_integer_value(json_object_get(source, "s"));
        assert_int_equal(program->slots[slot].tensor.memory, TT_DRAM);
        assert_false(in_l1);
    }
    assert_true(moved > 200);
    assert_true(plan_of(program).l1_values <= 192 * 1024);
    for (int i = 0; i < program->n_outputs; i++)
        assert_int_equal(program->slots[program->outputs[i].slot].tensor.memory, TT_DRAM);
    tt_program_destroy(program);
    graph_destroy(of);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_are_dealt_out_to_banks),
        cmocka_unit_test(shards_are_counted_on_one_core),
        cmocka_unit_test(values_count_while_they_live),
        cmocka_unit_test(what_does_not_fit_is_refused_with_numbers),
        cmocka_unit_test(images_stay_in_dram),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
