/* SPDX-License-Identifier: Apache-2.0 */

/* What a backend that emulates rounds, as whose, and that threads, kernels and the memory plan do not matter to it. */
#include "support/emulated_reference.h"

enum { BATCH = 2 };

static void describe_block(graph_builder *g)
{
    const graph_value x = graph_input(g, "x", DTYPE_F32, shape_4(BATCH, 8, 8, 64));
    const graph_value t = graph_input(g, "t", DTYPE_F32, shape_1(BATCH));
    graph_value h = graph_unary(g, "silu", OP_silu, graph_group_norm(g, "norm", x, 32, 1e-5F));
    h = graph_conv2d(g, "conv", h, 64, 3, 1, 1, 1);
    graph_value time = graph_timestep_embedding(g, "time", t, 64, true, 0.0F);
    h = graph_add(g, "add_time", h, graph_linear(g, "time_proj", time, 64, true));
    h = graph_view(g, "tokens", graph_add(g, "sum", x, h), shape_3(BATCH, 64, 64));
    const graph_value n = graph_layer_norm(g, "layer_norm", h, 1e-5F);
    graph_value q = graph_linear(g, "q", n, 64, false), k = graph_linear(g, "k", n, 64, false);
    q = graph_attention(g, "attention", q, k, n, 4, 0.25F, false);
    graph_output(g, graph_add(g, "out", h, graph_linear(g, "ff", q, 64, true)));
}

static void any_threads_and_kernels(void **state)
{
    (void)state;
    graph *graph = make(describe_block, "unet");
    const size_t bytes = shape_count(graph->nodes[graph->outputs[0]].shape) * sizeof(float);
    for (size_t i = 0; i < CHOICES; i++) {
        const emulation of = parsed(choices[i]);
        float *first = NULL;
        for (int isa = ISA_REF; isa < ISA_COUNT; isa++) {
            for (int threads = 1; threads <= 3 && cpu_has((isa_level)isa); threads++) {
                backend *cpu = create(&of, threads, (isa_level)isa);
                graph_data data = graph_data_make(graph, DTYPE_F16, 3, 1);
                float *found = graph_output_of(cpu, graph, &data, threads == 2);
                graph_data_release(graph, &data);
                if (first != NULL && memcmp(first, found, bytes) != 0)
                    fail_msg("%s: other bytes with %d threads and %s", choices[i], threads,
                             isa_name((isa_level)isa));
                if (first == NULL) {
                    first = found;
                } else {
                    mem_free(found);
                }
                cpu->vtable->destroy(cpu);
            }
        }
        mem_free(first);
    }
    graph_destroy(graph);
}

/* ---- what is rounded, and as whose --------------------------------------------------------------- */

static void describe_step(graph_builder *g)
{
    const shape of = shape_4(1, 2, 2, 4);
    const graph_value latent = graph_input(g, "latent", DTYPE_F32, of);
    const graph_value noise = graph_input(g, "noise_pred", DTYPE_F32, of);
    const graph_value k = graph_input(g, "coefficients", DTYPE_F32, shape_1(DDIM_COEFFICIENTS));
    graph_output(g, graph_guided_ddim_step(g, "step", latent, noise, k, GRAPH_NONE, false));
}

static void describe_time(graph_builder *g)
{
    const graph_value t = graph_input(g, "t", DTYPE_F32, shape_1(1));
    graph_output(g, graph_timestep_embedding(g, "time", t, 32, true, 0.0F));
}

static float *run_on(const graph *of, const graph_data *data, const char *text)
{
    const emulation emulated = parsed(text == NULL ? "wormhole" : text);
    backend *cpu = create(text == NULL ? NULL : &emulated, 1, ISA_REF);
    float *made = graph_output_of(cpu, of, data, false);
    cpu->vtable->destroy(cpu);
    return made;
}

/* Coefficients and timesteps keep their bits; what is stored does not. */
static void numbers_are_not_rounded(void **state)
{
    (void)state;
    graph *time = make(describe_time, "unet");
    graph_data data = graph_data_make(time, DTYPE_F32, 3, 1);
    *(float *)data.inputs[0] = 951.0F; /* 952 as a bfloat16 */
    float *plain = run_on(time, &data, NULL), *found = run_on(time, &data, "wormhole");
    for (size_t i = 0; i < 32; i++) plain[i] = bfloat16(plain[i]);
    assert_same(found, plain, 32, "timestep");
    mem_free(plain);
    mem_free(found);
    graph_data_release(time, &data);
    graph_destroy(time);

    graph *step = make(describe_step, "scheduler");
    data = graph_data_make(step, DTYPE_F32, 9, 1);
    plain = run_on(step, &data, NULL);
    found =
        run_on(step, &data, "wormhole,scheduler.activations=float32,unet.activations=bfloat8_b");
    assert_same(found, plain, 16, "a scheduler in float32");
    mem_free(found);
    mem_free(plain);
    for (int i = 0; i < 2; i++) {
        float *values = data.inputs[i];
        for (size_t k = 0; k < 16; k++) values[k] = bfloat16(values[k]);
    }
    plain = run_on(step, &data, NULL);
    for (size_t i = 0; i < 16; i++) plain[i] = bfloat16(plain[i]);
    found = run_on(step, &data, "wormhole");
    assert_same(found, plain, 16, "a scheduler in bfloat16");
    mem_free(found);
    mem_free(plain);
    graph_data_release(step, &data);
    graph_destroy(step);
}

static void describe_embedding(graph_builder *g)
{
    const graph_value ids = graph_input(g, "ids", DTYPE_I32, shape_2(1, 9));
    graph_output(g, graph_embedding(g, "embedding", ids, 7, 32));
}

static void tables_are_weights(void **state)
{
    (void)state;
    graph *graph = make(describe_embedding, "text_encoder");
    graph_data data = graph_data_make(graph, DTYPE_F32, 3, 7);
    float *wanted = run_on(graph, &data, NULL);
    float *found = run_on(graph, &data, "wormhole,activations=float32,weights=float32");
    assert_same(found, wanted, 9 * 32, "a float32 table");
    mem_free(found);
    for (size_t i = 0; i < 9 * 32; i++) wanted[i] = bfloat16(wanted[i]);
    found = run_on(graph, &data, "wormhole,activations=float32,weights=bfloat8_b");
    assert_same(found, wanted, 9 * 32, "a bfloat16 table");
    mem_free(found);
    mem_free(wanted);
    graph_data_release(graph, &data);
    graph_destroy(graph);
}

/* What a plan says is what is taken. */
static void planned(void **state)
{
    (void)state;
    graph *graph = make(describe_block, "unet");
    for (size_t i = 0; i < CHOICES; i++) {
        const emulation of = parsed(choices[i]);
        graph_data data = graph_data_make(graph, DTYPE_F32, 3, 1);
        backend *cpu = create(&of, 2, ISA_COUNT - 1);
        const backend_compile_options options = {.keep_nodes = false};
        backend_plan plan;
        backend_weights *weights = NULL;
        backend_program *program = NULL;
        sd14_error error;
        assert_int_equal(
            cpu->vtable->plan(cpu, graph, data.weights, WEIGHTS_ALL, &options, &plan, &error),
            SD14_OK);
        assert_int_equal(cpu->vtable->load_weights(cpu, graph, data.weights, NULL, WEIGHTS_ALL,
                                                   NULL, &weights, &error),
                         SD14_OK);
        assert_int_equal(cpu->vtable->compile(cpu, graph, weights, &options, &program, &error),
                         SD14_OK);
        assert_int_equal(plan.weights, cpu->vtable->weights_bytes(weights));
        const backend_memory memory = cpu->vtable->program_memory(program);
        assert_int_equal(plan.program.activations, memory.activations);
        assert_int_equal(plan.program.scratch, memory.scratch);
        cpu->vtable->program_destroy(program);
        cpu->vtable->weights_destroy(weights);
        cpu->vtable->destroy(cpu);
        graph_data_release(graph, &data);
    }
    graph_destroy(graph);
}

/* ---- a step of denoising, as one graph and as two ------------------------------------------------ */

enum { LATENT_SIDE = 4, LATENT_CHANNELS = 4, LATENT = LATENT_SIDE * LATENT_SIDE * LATENT_CHANNELS };

static shape latent_shape(size_t batch)
{
    return shape_4(batch, LATENT_SIDE, LATENT_SIDE, LATENT_CHANNELS);
}

static graph_value predict(graph_builder *g, graph_value x)
{
    return graph_conv2d(g, "conv", x, LATENT_CHANNELS, 3, 1, 1, 1);
}

static graph_value step_of(graph_builder *g, graph_value latent, graph_value predicted)
{
    const graph_value k = graph_input(g, "coefficients", DTYPE_F32, shape_1(DDIM_COEFFICIENTS));
    return graph_guided_ddim_step(g, "step", latent, predicted, k, GRAPH_NONE, true);
}

static void describe_joint(graph_builder *g)
{
    const graph_value latent = graph_input(g, "latent", DTYPE_F32, latent_shape(1));
    const graph_value predicted = predict(g, graph_repeat_batch(g, "sample", latent));
    graph_output(g, step_of(g, latent, predicted));
}

static void describe_network(graph_builder *g)
{
    graph_output(g, predict(g, graph_input(g, "sample", DTYPE_F32, latent_shape(2))));
}

static void describe_guided_step(graph_builder *g)
{
    const graph_value latent = graph_input(g, "latent", DTYPE_F32, latent_shape(1));
    graph_output(g, step_of(g, latent, graph_input(g, "predicted", DTYPE_F32, latent_shape(2))));
}

/* In one graph the network's nodes have the UNet's numerics and the step the scheduler's. */
static void one_graph_or_two(void **state)
{
    (void)state;
    static const char *const both[] = {"wormhole", "wormhole,scheduler.activations=float32",
                                       "wormhole,unet.activations=bfloat8_b,unet.fidelity=LoFi"};
    graph *joint = make(describe_joint, "denoise");
    graph *network = make(describe_network, "unet");
    graph *step = make(describe_guided_step, "scheduler");
    graph_data data = graph_data_make(joint, DTYPE_F32, 17, 1);
    graph_data sample = graph_data_make(network, DTYPE_F32, 17, 1); /* the same weights */
    graph_data stepped = graph_data_make(step, DTYPE_F32, 17, 1);
    /* The network gets what the scheduler stored: rounded twice, it is the same as once only from here on. */
    float *latent = data.inputs[0];
    for (size_t i = 0; i < LATENT; i++) latent[i] = bfloat16(latent[i]);
    for (size_t i = 0; i < sizeof(both) / sizeof(both[0]); i++) {
        float *wanted = run_on(joint, &data, both[i]);
        for (size_t b = 0; b < 2; b++)
            memcpy((float *)sample.inputs[0] + b * LATENT, data.inputs[0], LATENT * sizeof(float));
        float *predicted = run_on(network, &sample, both[i]);
        memcpy(stepped.inputs[0], data.inputs[0], LATENT * sizeof(float));
        memcpy(stepped.inputs[1], predicted, 2 * LATENT * sizeof(float));
        memcpy(stepped.inputs[2], data.inputs[1], DDIM_COEFFICIENTS * sizeof(float));
        float *found = run_on(step, &stepped, both[i]);
        assert_same(found, wanted, LATENT, both[i]);
        mem_free(wanted);
        mem_free(predicted);
        mem_free(found);
    }
    graph_data_release(joint, &data);
    graph_data_release(network, &sample);
    graph_data_release(step, &stepped);
    graph_destroy(joint);
    graph_destroy(network);
    graph_destroy(step);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_threads_and_kernels), cmocka_unit_test(numbers_are_not_rounded),
        cmocka_unit_test(tables_are_weights),      cmocka_unit_test(planned),
        cmocka_unit_test(one_graph_or_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
