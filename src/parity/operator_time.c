/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/operator_time.h"

#include "base/clock.h"
#include "base/memory.h"
#include "graph/node_graph.h"
#include "sampling/mt19937.h"

/* A node ready to run, and all that it needs. */
typedef struct trial {
    backend *on;
    graph *graph;
    void *weight_data[OP_WEIGHTS_MAX];
    void *inputs[OP_SOURCES_MAX];
    float *output;
    backend_weights *weights;
    backend_program *program;
} trial;

static void trial_release(trial *of)
{
    if (of->program != NULL) of->on->vtable->program_destroy(of->program);
    if (of->weights != NULL) of->on->vtable->weights_destroy(of->weights);
    for (int w = 0; w < OP_WEIGHTS_MAX; w++) mem_free(of->weight_data[w]);
    for (int s = 0; s < OP_SOURCES_MAX; s++) mem_free(of->inputs[s]);
    mem_free(of->output);
    graph_destroy(of->graph);
}

/* float32 from -1 to 1, or ids below `limit`. NULL: no memory. */
static void *random_array(mt19937 *engine, dtype type, size_t count, size_t limit)
{
    void *made = mem_aligned_array(count, sizeof(float));
    if (made == NULL) return NULL;
    for (size_t i = 0; i < count; i++) {
        const uint32_t bits = mt19937_next(engine);
        if (type == DTYPE_I32) {
            ((int32_t *)made)[i] = (int32_t)(bits % limit);
        } else {
            ((float *)made)[i] = (float)(int32_t)bits * 0x1p-31F;
        }
    }
    return made;
}

static sd14_status trial_make(trial *to, const graph *in, graph_value node, sd14_error *error)
{
    mt19937 engine;
    tensor tensors[OP_WEIGHTS_MAX];
    mt19937_seed(&engine, 0);
    TRY(node_graph(in, node, &to->graph, error));
    const graph *one = to->graph;
    for (int w = 0; w < one->n_weights; w++) {
        const shape of = one->weights[w].shape;
        to->weight_data[w] = random_array(&engine, DTYPE_F32, shape_count(of), 0);
        if (to->weight_data[w] == NULL) FAIL_NO_MEMORY(error, "random weights");
        tensors[w] = (tensor){.type = DTYPE_F32, .shape = of, .data = to->weight_data[w]};
    }
    /* Ids are those of an embedding, the only operator that takes any. */
    const size_t vocabulary = one->n_weights > 0 ? one->weights[0].shape.dim[0] : 1;
    for (int s = 0; s < one->n_inputs; s++) {
        const graph_node *input = &one->nodes[one->inputs[s]];
        to->inputs[s] = random_array(&engine, input->type, shape_count(input->shape), vocabulary);
        if (to->inputs[s] == NULL) FAIL_NO_MEMORY(error, "random values");
    }
    to->output = mem_aligned_array(shape_count(one->nodes[one->outputs[0]].shape), sizeof(float));
    if (to->output == NULL) FAIL_NO_MEMORY(error, "an operator's result");

    const backend_compile_options options = {.keep_nodes = false};
    const backend_vtable *vtable = to->on->vtable;
    TRY(vtable->load_weights(to->on, one, tensors, NULL, WEIGHTS_ALL, NULL, &to->weights, error));
    return vtable->compile(to->on, one, to->weights, &options, &to->program, error);
}

static sd14_status trial_time(trial *of, double *out_seconds, sd14_error *error)
{
    const backend_run run = {.inputs = (const void *const *)of->inputs, .outputs = &of->output};
    const int64_t start_ns = clock_ns();
    TRY(of->on->vtable->run(of->program, &run, error));
    *out_seconds = (double)(clock_ns() - start_ns) * 1e-9;
    return SD14_OK;
}

sd14_status operator_time(backend *on,
                          const graph *in,
                          graph_value node,
                          const operator_time_params *params,
                          spread *out_seconds,
                          sd14_error *error)
{
    double samples[OPERATOR_CALLS_MAX];
    double total = 0;
    int count = 0;
    trial of = {.on = on};
    sd14_status status = trial_make(&of, in, node, error);
    for (int i = 0; status == SD14_OK && i < params->warmup; i++)
        status = trial_time(&of, &samples[0], error);
    while (status == SD14_OK && count < OPERATOR_CALLS_MAX &&
           (count < params->repetitions || total < params->seconds)) {
        samples[count] = 0;
        status = trial_time(&of, &samples[count], error);
        total += samples[count++];
    }
    trial_release(&of);
    TRY(status);
    *out_seconds = spread_of(samples, (size_t)count);
    return SD14_OK;
}
