/* SPDX-License-Identifier: Apache-2.0 */

/* A backend's plan is what loading and compiling then take, to the byte; nothing of it is taken by planning. */
#include <string.h>

#include "backends/cpu/cpu_backend.h"
#include "models/model.h"
#include "models/networks.h"
#include "support/cmocka.h"

static void check(sd14_status status, const sd14_error *error)
{
    if (status != SD14_OK) fail_msg("%s", error->text);
}

static void compare(backend *on, const graph *of, const tensor *tensors, bool keep_nodes)
{
    const backend_vtable *vtable = on->vtable;
    const backend_compile_options options = {.keep_nodes = keep_nodes};
    backend_plan plan = {0};
    backend_weights *weights = NULL;
    backend_program *program = NULL;
    sd14_error error;

    check(vtable->plan(on, of, tensors, WEIGHTS_ALL, &options, &plan, &error), &error);
    check(vtable->load_weights(on, of, tensors, NULL, WEIGHTS_ALL, NULL, &weights, &error), &error);
    check(vtable->compile(on, of, weights, &options, &program, &error), &error);
    const backend_memory memory = vtable->program_memory(program);
    assert_int_equal(plan.weights, vtable->weights_bytes(weights));
    assert_int_equal(plan.program.activations, memory.activations);
    assert_int_equal(plan.program.scratch, memory.scratch);
    assert_true(memory.activations > 0);
    vtable->program_destroy(program);
    vtable->weights_destroy(weights);
}

static backend *create(int threads, bool fast)
{
    const cpu_backend_options options = {
        .threads = threads, .isa_max = ISA_COUNT - 1, .fast = fast};
    backend *made = NULL;
    sd14_error error;
    check(cpu_backend_create(&options, &made, &error), &error);
    return made;
}

/* Every network, at its size and at another, fused and not, for one thread and three. */
static void networks(const model *of, bool fast)
{
    sd14_error error;
    for (int threads = 1; threads <= 3; threads += 2) {
        backend *on = create(threads, fast);
        for (int part = 0; part < MODEL_PARTS; part++) {
            const size_t scale = part == MODEL_VAE_ENCODER ? 8 : 1;
            for (size_t side = 8; side <= 16; side += 8) {
                graph *made = NULL;
                check(model_graph(&of->config, (model_part)part, 2, side * scale, 8 * scale, &made,
                                  &error),
                      &error);
                compare(on, made, of->tensors[part], side == 8);
                compare(on, made, of->tensors[part], side != 8);
                graph_destroy(made);
            }
        }
        on->vtable->destroy(on);
    }
}

static void networks_in_f32(void **state)
{
    networks(*state, false);
}

static void networks_in_fast(void **state)
{
    networks(*state, true);
}

static void without_weights(void **state)
{
    (void)state;
    backend *on = create(1, false);
    graph *made = NULL;
    sd14_error error;
    check(ddim_step_graph(shape_4(1, 8, 8, 4), true, true, &made, &error), &error);
    compare(on, made, NULL, false);
    graph_destroy(made);
    on->vtable->destroy(on);
}

/* Of the files the largest tensor is in memory at once, in its own type, but never a table of which a few rows
 * are read. */
static void what_loading_reads(void **state)
{
    const model *of = *state;
    backend *on = create(1, false);
    const backend_compile_options options = {.keep_nodes = false};
    for (int part = 0; part < MODEL_PARTS; part++) {
        graph *made = NULL;
        backend_plan plan = {0};
        sd14_error error;
        check(model_graph(&of->config, (model_part)part, 1, 64, 64, &made, &error), &error);
        check(on->vtable->plan(on, made, of->tensors[part], WEIGHTS_ALL, &options, &plan, &error),
              &error);
        size_t largest = 0;
        for (int i = 0; i < made->n_weights; i++) {
            const size_t count = shape_count(made->weights[i].shape);
            const bool table =
                part == MODEL_TEXT_ENCODER && strstr(made->weights[i].name, "embedding") != NULL;
            assert_int_equal(of->tensors[part][i].type, DTYPE_F16);
            if (!table && 2 * count > largest) largest = 2 * count;
        }
        assert_int_equal(plan.loading, largest);
        graph_destroy(made);
    }
    on->vtable->destroy(on);
}

static int set_up(void **state)
{
    sd14_error error;
    model *loaded = NULL;
    check(model_load(SD14_SOURCE_DIR "/models/emoji", &loaded, &error), &error);
    *state = loaded;
    return 0;
}

static int tear_down(void **state)
{
    model_destroy(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_in_f32),
        cmocka_unit_test(networks_in_fast),
        cmocka_unit_test(without_weights),
        cmocka_unit_test(what_loading_reads),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
