/* SPDX-License-Identifier: Apache-2.0 */

/* Lowered programs as data: slots live from the call that makes them to the last that reads them, for every
 * operator alone and for whole networks; what goes up and comes down keeps its numbers in their places. */
#include "backends/ttnn/ttnn_program.h"

#include <string.h>

#include "base/memory.h"
#include "models/config.h"
#include "models/networks.h"
#include "support/cmocka.h"
#include "support/op_cases.h"

#define SD14 SD14_SOURCE_DIR "/tools/reference/configs/sd14"
#define EMOJI SD14_SOURCE_DIR "/models/emoji"

static tt_program *lowered_in(const graph *of, bool keep_nodes, int chips, tt_placement placement)
{
    sd14_error error = {{0}};
    tt_settings settings = tt_settings_default();
    settings.chips = chips;
    for (int i = 0; i < TT_COMPONENTS; i++) settings.component[i].memory = placement;
    tt_program *made = NULL;
    if (tt_program_create(of, &settings, keep_nodes, &made, &error) != SD14_OK)
        fail_msg("%s", error.text);
    return made;
}

static tt_program *lowered(const graph *of, bool keep_nodes, int chips)
{
    return lowered_in(of, keep_nodes, chips, TT_PLACEMENT_DRAM);
}

/* ---- lives ------------------------------------------------------------------------------------------ */

typedef struct life {
    bool *there; /* per slot */
    const char *function;
} life;

static void check_reads(const life *now, const json_t *value)
{
    const json_t *slot = json_object_get(value, "s");
    if (slot != NULL && !now->there[json_integer_value(slot)])
        fail_msg("%s reads slot %d, which is not there", now->function,
                 (int)json_integer_value(slot));
    for (size_t i = 0; i < json_array_size(value); i++) check_reads(now, json_array_get(value, i));
}

static void make_slots(life *now, const json_t *out)
{
    if (json_is_integer(out)) now->there[json_integer_value(out)] = true;
    for (size_t i = 0; i < json_array_size(out); i++) make_slots(now, json_array_get(out, i));
}

static void run_calls(life *now, const tt_program *program, const tt_call *calls, int n_calls)
{
    int tap = 0;
    for (int i = 0; i < n_calls; i++) {
        const char *name;
        json_t *value;
        now->function = calls[i].function;
        check_reads(now, calls[i].args);
        json_object_foreach(calls[i].kwargs, name, value) check_reads(now, value);
        make_slots(now, calls[i].out);
        for (int k = 0; k < calls[i].n_drop; k++) {
            assert_true(now->there[calls[i].drop[k]]);
            assert_int_equal(program->slots[calls[i].drop[k]].kind, TT_SLOT_VALUE);
            now->there[calls[i].drop[k]] = false;
        }
        for (; tap < program->n_taps && program->taps[tap].call <= i && calls == program->body;
             tap++) {
            if (program->taps[tap].call == i) assert_true(now->there[program->taps[tap].slot]);
        }
    }
}

/* Runs twice: nothing that the first run needs is gone in the second; at the end only outputs are left. */
static void check_lives(const tt_program *program)
{
    life now = {.there = mem_array((size_t)program->n_slots, sizeof(bool))};
    assert_non_null(now.there);
    for (int i = 0; i < program->n_slots; i++) {
        const tt_slot_kind kind = program->slots[i].kind;
        now.there[i] = kind == TT_SLOT_INPUT || kind == TT_SLOT_WEIGHT;
    }
    run_calls(&now, program, program->setup, program->n_setup);
    for (int turn = 0; turn < 2; turn++) run_calls(&now, program, program->body, program->n_body);
    for (int i = 0; i < program->n_outputs; i++) {
        assert_true(now.there[program->outputs[i].slot]);
        now.there[program->outputs[i].slot] = false;
    }
    for (int i = 0; i < program->n_taps; i++) now.there[program->taps[i].slot] = false;
    for (int i = 0; i < program->n_slots; i++) {
        if (program->slots[i].kind == TT_SLOT_VALUE && now.there[i])
            fail_msg("slot %d is never dropped", i);
    }
    mem_free(now.there);
}

static void check_graph(graph *of)
{
    int computed = 0;
    for (int i = 0; i < of->n_nodes; i++) computed += of->nodes[i].op != OP_input;
    for (int way = 0; way < 8; way++) {
        const bool keep = (way & 2) != 0;
        tt_program *program = lowered_in(of, keep, 1 + (way & 1),
                                         (way & 4) != 0 ? TT_PLACEMENT_SHARDED : TT_PLACEMENT_DRAM);
        check_lives(program);
        if (keep) assert_int_equal(program->n_taps, computed);
        tt_program_destroy(program);
    }
    graph_destroy(of);
}

static void every_operator_lives_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < OP_CASE_COUNT; i++) {
        sd14_error error = {{0}};
        graph *of = NULL;
        assert_int_equal(op_case_graph(&op_cases[i], &of, &error), SD14_OK);
        check_graph(of);
    }
}

static void whole_networks_live(void **state)
{
    (void)state;
    static const char *const folders[] = {SD14, EMOJI};
    for (size_t i = 0; i < 2; i++) {
        sd14_error error = {{0}};
        model_config config;
        graph *of = NULL;
        assert_int_equal(model_config_read(folders[i], &config, &error), SD14_OK);
        assert_int_equal(clip_text_graph(&config.text_encoder, 2, 77, &of, &error), SD14_OK);
        check_graph(of);
        assert_int_equal(denoise_graph(&config.unet,
                                       &(denoise_size){1, true, 16, 16, 77, true, DEEP_INSIDE}, &of,
                                       &error),
                         SD14_OK);
        check_graph(of);
        assert_int_equal(vae_decoder_graph(&config.vae, 1, 16, 16, &of, &error), SD14_OK);
        check_graph(of);
        assert_int_equal(vae_encoder_graph(&config.vae, 1, 128, 128, &of, &error), SD14_OK);
        check_graph(of);
    }
}

/* A view that is its source's slot, asked for after the source was read for the last time. */
static void a_tap_is_there_after_its_call(void **state)
{
    (void)state;
    sd14_error error = {{0}};
    graph *of = NULL;
    graph_builder *g = graph_builder_create("views");
    assert_non_null(g);
    const graph_value x = graph_input(g, "x", DTYPE_F32, shape_3(1, 32, 8));
    const graph_value a = graph_unary(g, "a", OP_silu, x);
    const graph_value b = graph_unary(g, "b", OP_silu, a);
    (void)graph_view(g, "view", a, shape_4(1, 4, 8, 8));
    graph_output(g, graph_unary(g, "c", OP_silu, b));
    assert_int_equal(graph_builder_finish(g, &of, &error), SD14_OK);
    check_graph(of);
}

/* ---- what the lowering decides -------------------------------------------------------------------------- */

static int count_calls(const tt_program *program, const char *function)
{
    int count = 0;
    for (int i = 0; i < program->n_body; i++)
        count += strcmp(program->body[i].function, function) == 0;
    return count;
}

static void a_unet_is_fused(void **state)
{
    (void)state;
    sd14_error error = {{0}};
    model_config config;
    graph *of = NULL;
    assert_int_equal(model_config_read(SD14, &config, &error), SD14_OK);
    assert_int_equal(denoise_graph(&config.unet,
                                   &(denoise_size){1, true, 64, 64, 77, false, DEEP_INSIDE}, &of,
                                   &error),
                     SD14_OK);
    tt_program *program = lowered(of, false, 1);
    /* 16 transformers: a product of 3, then one of 1 and one of 2; each with 2 attentions */
    assert_int_equal(count_calls(program, "experimental.nlp_create_qkv_heads"), 3 * 16);
    assert_int_equal(count_calls(program, "transformer.scaled_dot_product_attention"), 2 * 16);
    assert_int_equal(count_calls(program, "pad"), 0);
    assert_int_equal(count_calls(program, "permute"), 0);
    assert_int_equal(count_calls(program, "slice"), 2); /* the halves of the guidance */
    assert_int_equal(count_calls(program, "all_gather"), 0);
    tt_program_destroy(program);

    program = lowered(of, false, 2);
    assert_int_equal(count_calls(program, "all_gather"), 1);
    for (int i = 0; i < program->n_inputs; i++) {
        const char *name = of->nodes[of->inputs[program->inputs[i].input]].name;
        const bool halved =
            strcmp(name, "timestep") == 0 || strcmp(name, "encoder_hidden_states") == 0;
        assert_int_equal(program->inputs[i].shard, halved ? 0 : -1);
    }
    tt_program_destroy(program);
    graph_destroy(of);
}

/* Weights of one model serve programs of every size: only convolutions and masks know of it. */
static void weights_do_not_know_the_size(void **state)
{
    (void)state;
    sd14_error error = {{0}};
    model_config config;
    graph *of[2];
    tt_program *programs[2];
    assert_int_equal(model_config_read(EMOJI, &config, &error), SD14_OK);
    assert_int_equal(unet_graph(&config.unet, 2, 16, 16, 77, &of[0], &error), SD14_OK);
    assert_int_equal(unet_graph(&config.unet, 1, 32, 64, 77, &of[1], &error), SD14_OK);
    for (int i = 0; i < 2; i++) programs[i] = lowered(of[i], false, 1);
    for (int i = 0; i < programs[0]->n_weights; i++) {
        const tt_weight *weight = &programs[0]->weights[i];
        if (weight->recipe.kind != RECIPE_LINEAR && weight->recipe.kind != RECIPE_BIAS) continue;
        bool found = false;
        for (int k = 0; k < programs[1]->n_weights; k++)
            found = found || strcmp(weight->key, programs[1]->weights[k].key) == 0;
        if (!found) fail_msg("%s is for one size", weight->key);
    }
    for (int i = 0; i < 2; i++) {
        tt_program_destroy(programs[i]);
        graph_destroy(of[i]);
    }
}

/* ---- up and down -------------------------------------------------------------------------------------------- */

static void tokens_are_padded_and_cut_again(void **state)
{
    (void)state;
    enum { ITEMS = 2, TOKENS = 3, CHANNELS = 2, PADDED = 32 };
    sd14_error error = {{0}};
    graph *of = NULL;
    graph_builder *g = graph_builder_create("silu");
    assert_non_null(g);
    const graph_value x = graph_input(g, "x", DTYPE_F32, shape_3(ITEMS, TOKENS, CHANNELS));
    graph_output(g, graph_unary(g, "op", OP_silu, x));
    assert_int_equal(graph_builder_finish(g, &of, &error), SD14_OK);
    tt_program *program = lowered(of, false, 1);
    assert_int_equal(program->n_inputs, 1);
    assert_int_equal(tt_input_bytes(&program->inputs[0]), ITEMS * PADDED * CHANNELS * 4);

    float data[ITEMS * TOKENS * CHANNELS], up[ITEMS * PADDED * CHANNELS];
    float down[ITEMS * TOKENS * CHANNELS];
    for (size_t i = 0; i < ITEMS * TOKENS * CHANNELS; i++) data[i] = 1.0F + (float)i;
    assert_int_equal(tt_input_fill(program, &program->inputs[0], data, up, &error), SD14_OK);
    for (size_t i = 0; i < ITEMS * PADDED * CHANNELS; i++) {
        const size_t item = i / (PADDED * CHANNELS);
        const size_t at = i % (PADDED * CHANNELS);
        const float expected = at < TOKENS * CHANNELS ? data[item * TOKENS * CHANNELS + at] : 0.0F;
        assert_true(up[i] == expected);
    }
    assert_int_equal(tt_output_count(program, &program->outputs[0]), ITEMS * PADDED * CHANNELS);
    tt_output_take(program, &program->outputs[0], 0, up, down);
    assert_memory_equal(down, data, sizeof(data));
    tt_program_destroy(program);
    graph_destroy(of);
}

static void the_schedulers_numbers_go_up_one_by_one(void **state)
{
    (void)state;
    sd14_error error = {{0}};
    graph *of = NULL;
    assert_int_equal(ddim_step_graph(shape_4(1, 2, 2, 4), true, true, &of, &error), SD14_OK);
    tt_program *program = lowered(of, false, 1);
    static const float k[DDIM_COEFFICIENTS] = {7.5F, 0.5F, 4.0F, 0.25F, 0.125F, 2.0F};
    unsigned seen = 0;
    for (int i = 0; i < program->n_inputs; i++) {
        const tt_input *input = &program->inputs[i];
        assert_int_equal(input->tensor.type, TT_FLOAT32);
        if (input->prepare == TT_PREPARE_ROWS) continue;
        float up = 0.0F;
        assert_int_equal(tt_input_fill(program, input, k, &up, &error), SD14_OK);
        const bool divides = input->which == DDIM_SQRT_ALPHA;
        assert_true(up == (divides ? 1.0F / k[input->which] : k[input->which]));
        seen |= 1U << input->which;
    }
    assert_int_equal(seen, (1U << DDIM_COEFFICIENTS) - 1);
    tt_program_destroy(program);
    graph_destroy(of);
}

static void an_id_outside_its_table_is_refused(void **state)
{
    (void)state;
    sd14_error error = {{0}};
    const op_case of = {.op = OP_embedding, .in = {CASE_2(2, 3)}, .channels = 5};
    graph *graph = NULL;
    assert_int_equal(op_case_graph(&of, &graph, &error), SD14_OK);
    tt_program *program = lowered(graph, false, 1);
    int32_t up[2 * 32];
    static const int32_t last[] = {OP_CASE_IDS_BELOW - 1, OP_CASE_IDS_BELOW, -1};
    for (size_t i = 0; i < 3; i++) {
        const int32_t ids[6] = {0, 1, 2, 3, 4, last[i]};
        assert_int_equal(tt_input_fill(program, &program->inputs[0], ids, up, &error),
                         i == 0 ? SD14_OK : SD14_ERROR_MODEL);
    }
    assert_non_null(strstr(error.text, "embedding: op: id"));
    tt_program_destroy(program);
    graph_destroy(graph);
}

static void slots_are_renumbered(void **state)
{
    (void)state;
    sd14_error error = {{0}};
    graph *of = NULL;
    assert_int_equal(ddim_step_graph(shape_4(1, 2, 2, 4), true, false, &of, &error), SD14_OK);
    tt_program *program = lowered(of, false, 1);
    int *slots = mem_array((size_t)program->n_slots, sizeof(*slots));
    assert_non_null(slots);
    for (int i = 0; i < program->n_slots; i++) slots[i] = 1000 + i;
    json_t *plain = tt_program_calls_json(program->body, program->n_body, NULL);
    json_t *moved = tt_program_calls_json(program->body, program->n_body, slots);
    assert_int_equal(json_array_size(plain), (size_t)program->n_body);
    for (size_t i = 0; i < json_array_size(plain); i++) {
        const json_t *a = json_array_get(plain, i);
        const json_t *b = json_array_get(moved, i);
        assert_int_equal(json_integer_value(json_object_get(a, "o")) + 1000,
                         json_integer_value(json_object_get(b, "o")));
        const json_t *first_a = json_array_get(json_object_get(a, "a"), 0);
        const json_t *first_b = json_array_get(json_object_get(b, "a"), 0);
        assert_int_equal(json_integer_value(json_object_get(first_a, "s")) + 1000,
                         json_integer_value(json_object_get(first_b, "s")));
    }
    json_decref(plain);
    json_decref(moved);
    mem_free(slots);
    tt_program_destroy(program);
    graph_destroy(of);
}

static void tiles_are_filled_up(void **state)
{
    (void)state;
    tt_tensor of = {.type = TT_BFLOAT16, .layout = TT_TILE, .shape = shape_4(2, 1, 33, 4)};
    assert_int_equal(tt_tensor_bytes(&of), 2 * 2 * 2048);
    of.type = TT_BFLOAT8_B;
    assert_int_equal(tt_tensor_bytes(&of), 2 * 2 * 1088);
    of.type = TT_FLOAT32;
    of.layout = TT_ROW_MAJOR;
    assert_int_equal(tt_tensor_bytes(&of), 2 * 33 * 4 * 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operator_lives_alone),
        cmocka_unit_test(whole_networks_live),
        cmocka_unit_test(a_tap_is_there_after_its_call),
        cmocka_unit_test(a_unet_is_fused),
        cmocka_unit_test(weights_do_not_know_the_size),
        cmocka_unit_test(tokens_are_padded_and_cut_again),
        cmocka_unit_test(the_schedulers_numbers_go_up_one_by_one),
        cmocka_unit_test(an_id_outside_its_table_is_refused),
        cmocka_unit_test(slots_are_renumbered),
        cmocka_unit_test(tiles_are_filled_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
