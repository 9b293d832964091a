/* SPDX-License-Identifier: Apache-2.0 */

/* Values in block shards: that those of Stable Diffusion's UNet stay on the cores between calls, and that every
 * call gets them as it takes them. That ttnn takes them is tests/ttnn/lowered.py's to show. */
#include <string.h>

#include "backends/ttnn/ttnn_program.h"
#include "models/config.h"
#include "models/networks.h"
#include "support/cmocka.h"

#define SD14 SD14_SOURCE_DIR "/tools/reference/configs/sd14"

static tt_program *lowered(const graph *of, tt_placement placement, int chips)
{
    sd14_error error = {{0}};
    tt_settings settings = tt_settings_default();
    settings.chips = chips;
    tt_component_settings *unet = &settings.component[TT_UNET];
    unet->memory = placement;
    unet->weights = unet->activations = TT_BFLOAT8_B;
    unet->math_approx = true;
    tt_program *made = NULL;
    if (tt_program_create(of, &settings, false, &made, &error) != SD14_OK)
        fail_msg("%s", error.text);
    return made;
}

static graph *unet(void)
{
    sd14_error error = {{0}};
    model_config config;
    graph *of = NULL;
    assert_int_equal(model_config_read(SD14, &config, &error), SD14_OK);
    assert_int_equal(denoise_graph(&config.unet,
                                   &(denoise_size){1, true, 64, 64, 77, true, DEEP_INSIDE}, &of,
                                   &error),
                     SD14_OK);
    return of;
}

/* ---- a call's tensors ------------------------------------------------------------------------------- */

static const tt_tensor *tensor_of(const tt_program *program, const json_t *slot)
{
    return json_is_integer(slot) ? &program->slots[json_integer_value(slot)].tensor : NULL;
}

static const tt_tensor *source_of(const tt_program *program, const tt_call *call)
{
    const json_t *source = json_object_get(call->kwargs, "input_tensor");
    if (source == NULL) source = json_array_get(call->args, 0);
    return tensor_of(program, json_object_get(source, "s"));
}

static const tt_tensor *result_of(const tt_program *program, const tt_call *call)
{
    return tensor_of(program, json_is_array(call->out) ? json_array_get(call->out, 0) : call->out);
}

static bool is_in_shards(const tt_tensor *of)
{
    return of != NULL && tt_is_sharded(of);
}

/* ---- how many stay -------------------------------------------------------------------------------------- */

/* Calls of a function whose source and result are both in shards. */
static int count_between(const tt_program *program, const char *function)
{
    int count = 0;
    for (int i = 0; i < program->n_body; i++) {
        const tt_call *call = &program->body[i];
        count += strcmp(call->function, function) == 0 && is_in_shards(source_of(program, call)) &&
                 is_in_shards(result_of(program, call));
    }
    return count;
}

static void check_counts(const tt_program *program)
{
    static const struct {
        const char *function;
        int least;
    } wanted[] = {{"conv2d", 30},     {"group_norm", 43}, {"silu", 32},
                  {"layer_norm", 33}, {"linear", 27},     {"add", 60}};
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        const int count = count_between(program, wanted[i].function);
        if (count < wanted[i].least)
            fail_msg("%d %s from shards to shards, not %d", count, wanted[i].function,
                     wanted[i].least);
    }
}

static void a_unet_stays_on_the_cores(void **state)
{
    (void)state;
    graph *of = unet();
    for (int chips = 1; chips <= 2; chips++) {
        tt_program *program = lowered(of, TT_PLACEMENT_SHARDED, chips);
        check_counts(program);
        tt_program_destroy(program);
    }
    for (tt_placement other = TT_PLACEMENT_DRAM; other < TT_PLACEMENT_SHARDED; other++) {
        tt_program *program = lowered(of, other, 1);
        for (int i = 0; i < program->n_slots; i++)
            assert_false(tt_is_sharded(&program->slots[i].tensor));
        tt_program_destroy(program);
    }
    graph_destroy(of);
}

/* ---- who gets what ----------------------------------------------------------------------------------------- */

static void refuse_shards(const tt_program *program, const tt_call *call, const json_t *value)
{
    if (is_in_shards(tensor_of(program, json_object_get(value, "s"))))
        fail_msg("%s reads slot %d in shards", call->function,
                 (int)json_integer_value(json_object_get(value, "s")));
    for (size_t i = 0; i < json_array_size(value); i++)
        refuse_shards(program, call, json_array_get(value, i));
}

static bool knows_shards(const char *function)
{
    static const char *const known[] = {"conv2d", "group_norm", "layer_norm",      "linear",
                                        "silu",   "gelu",       "typecast",        "reshape",
                                        "add",    "multiply",   "to_memory_config"};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(known[i], function) == 0) return true;
    }
    return false;
}

/* What ttnn was seen to refuse: see the cases of shards in standin/tests. */
static void check_call(const tt_program *program, const tt_call *call)
{
    const tt_tensor *source = source_of(program, call);
    const tt_tensor *result = result_of(program, call);
    const bool from = is_in_shards(source);
    const bool to = is_in_shards(result);
    if (!knows_shards(call->function)) refuse_shards(program, call, call->args);
    if (to) assert_int_equal(result->memory, TT_L1);
    if (strcmp(call->function, "typecast") == 0 || strcmp(call->function, "layer_norm") == 0 ||
        strcmp(call->function, "group_norm") == 0 || strcmp(call->function, "reshape") == 0) {
        assert_int_equal(from, to);
        if (from) assert_int_equal(source->grid.rows, result->grid.rows);
        if (from) assert_int_equal(source->grid.columns, result->grid.columns);
    }
    if (strcmp(call->function, "group_norm") == 0)
        assert_int_equal(from, json_object_get(call->kwargs, "core_grid") != NULL);
    if (strcmp(call->function, "linear") == 0 || strcmp(call->function, "conv2d") == 0)
        assert_true(from || !to);
    if (from && json_object_get(call->kwargs, "activation") != NULL)
        fail_msg("%s of shards with an activation", call->function);
}

static void calls_get_what_they_take(void **state)
{
    (void)state;
    graph *of = unet();
    for (int chips = 1; chips <= 2; chips++) {
        tt_program *program = lowered(of, TT_PLACEMENT_SHARDED, chips);
        for (int i = 0; i < program->n_body; i++) check_call(program, &program->body[i]);
        for (int i = 0; i < program->n_outputs; i++)
            assert_false(tt_is_sharded(&program->slots[program->outputs[i].slot].tensor));
        tt_program_destroy(program);
    }
    graph_destroy(of);
}

/* A core has whole tiles, whole groups of channels, and rows of one item only. */
static void a_shard_is_whole(void **state)
{
    (void)state;
    graph *of = unet();
    tt_program *program = lowered(of, TT_PLACEMENT_SHARDED, 1);
    for (int i = 0; i < program->n_body; i++) {
        const tt_call *call = &program->body[i];
        const tt_tensor *result = result_of(program, call);
        if (!is_in_shards(result)) continue;
        size_t sides[2];
        tt_shard_sides(result, sides);
        assert_int_equal(sides[0] % TT_TILE_SIDE + sides[1] % TT_TILE_SIDE, 0);
        assert_int_equal(sides[0] * result->grid.rows, shape_rows(result->shape));
        assert_int_equal(sides[1] * result->grid.columns, shape_last(result->shape));
        assert_true(result->grid.rows <= 8 && result->grid.columns <= 8);
        if (strcmp(call->function, "group_norm") != 0) continue;
        assert_int_equal(sides[1] % (shape_last(result->shape) / 32), 0);
        assert_int_equal(result->grid.rows % result->shape.dim[0], 0);
    }
    tt_program_destroy(program);
    graph_destroy(of);
}

/* conv2d prepares other weights for shards: programs with and without them may not share. */
static void weights_know_of_shards(void **state)
{
    (void)state;
    graph *of = unet();
    int marked = 0;
    tt_program *program = lowered(of, TT_PLACEMENT_SHARDED, 1);
    for (int i = 0; i < program->n_weights; i++)
        marked += strstr(program->weights[i].key, " cores") != NULL;
    assert_true(marked >= 2 * 30);
    tt_program_destroy(program);
    graph_destroy(of);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_unet_stays_on_the_cores),
        cmocka_unit_test(calls_get_what_they_take),
        cmocka_unit_test(a_shard_is_whole),
        cmocka_unit_test(weights_know_of_shards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
