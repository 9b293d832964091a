/* SPDX-License-Identifier: Apache-2.0 */

/* Weights that are streamed compute what those that stay compute, in every precision, and leave as much room as they
 * were asked to. */
#include <string.h>

#include "backends/cpu/cpu_backend.h"
#include "base/sizes.h"
#include "models/model.h"
#include "models/networks.h"
#include "support/cmocka.h"
#include "support/graph_run.h"

/* Of the weights of a network: none, a third and half of them stay. */
static const size_t cap_parts[] = {0, 3, 2};

static model *emoji;

static void check(sd14_status status, const sd14_error *error)
{
    if (status != SD14_OK) fail_msg("%s", error->text);
}

static size_t output_count(const graph *of)
{
    return shape_count(of->nodes[of->outputs[0]].shape);
}

typedef struct held {
    size_t weights;
    size_t streamed;
} held;

/* One run; what it took is what was planned, which is returned. */
static held run(backend *on,
                const graph *network,
                const tensor *tensors,
                void *const *inputs,
                size_t weights_cap,
                float *output)
{
    const backend_vtable *vtable = on->vtable;
    const backend_compile_options options = {.keep_nodes = false};
    const backend_run with = {.inputs = (const void *const *)inputs, .outputs = &output};
    backend_plan plan;
    backend_weights *weights = NULL;
    backend_program *program = NULL;
    sd14_error error;
    check(vtable->plan(on, network, tensors, weights_cap, &options, &plan, &error), &error);
    check(vtable->load_weights(on, network, tensors, NULL, weights_cap, NULL, &weights, &error),
          &error);
    check(vtable->compile(on, network, weights, &options, &program, &error), &error);
    assert_int_equal(plan.weights, vtable->weights_bytes(weights));
    assert_int_equal(plan.program.scratch, vtable->program_memory(program).scratch);
    for (int i = 0; i < 2; i++) check(vtable->run(program, &with, &error), &error);
    vtable->program_destroy(program);
    vtable->weights_destroy(weights);
    return (held){plan.weights, plan.streamed};
}

static void compare(backend *on, model_part part)
{
    sd14_error error;
    graph *network = NULL;
    check(model_graph(&emoji->config, part, 1, 16, 16, &network, &error), &error);
    const tensor *tensors = emoji->tensors[part]; /* a mapped file's, as they are read twice */
    graph_data data = graph_data_make(network, DTYPE_F16, 5, 77);
    const size_t count = output_count(network);
    float *kept = mem_array(count, sizeof(float)), *streamed = mem_array(count, sizeof(float));
    const held all = run(on, network, tensors, data.inputs, WEIGHTS_ALL, kept);
    assert_int_equal(all.streamed, 0);
    for (size_t i = 0; i < sizeof(cap_parts) / sizeof(cap_parts[0]); i++) {
        const size_t cap = cap_parts[i] == 0 ? WEIGHTS_NONE : all.weights / cap_parts[i];
        memset(streamed, 0xFF, count * sizeof(float));
        const held some = run(on, network, tensors, data.inputs, cap, streamed);
        assert_memory_equal(kept, streamed, count * sizeof(float));
        assert_true(some.streamed > 0);
        assert_int_equal(some.weights + some.streamed, all.weights);
        assert_in_range(some.weights, cap / 2, larger(cap, all.weights / 20));
    }
    mem_free(kept);
    mem_free(streamed);
    graph_data_release(network, &data);
    graph_destroy(network);
}

static void compare_all(const cpu_backend_options *options)
{
    backend *on = NULL;
    sd14_error error;
    check(cpu_backend_create(options, &on, &error), &error);
    for (int part = 0; part < MODEL_PARTS; part++) {
        if (part != MODEL_VAE_ENCODER) compare(on, (model_part)part);
    }
    on->vtable->destroy(on);
}

static void in_float32(void **state)
{
    (void)state;
    compare_all(&(cpu_backend_options){.threads = 2, .isa_max = ISA_COUNT - 1});
}

static void in_16_bit_integers(void **state)
{
    (void)state;
    compare_all(&(cpu_backend_options){.threads = 3, .isa_max = ISA_COUNT - 1, .fast = true});
}

static void as_another_machine(void **state)
{
    (void)state;
    emulation emulation;
    sd14_error error;
    check(emulation_parse("wormhole", &emulation, &error), &error);
    compare_all(
        &(cpu_backend_options){.threads = 2, .isa_max = ISA_COUNT - 1, .emulation = &emulation});
}

static int set_up(void **state)
{
    (void)state;
    sd14_error error;
    return model_load(SD14_SOURCE_DIR "/models/emoji", &emoji, &error) == SD14_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    model_destroy(emoji);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_float32),
        cmocka_unit_test(in_16_bit_integers),
        cmocka_unit_test(as_another_machine),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
