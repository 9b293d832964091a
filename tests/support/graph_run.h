/* SPDX-License-Identifier: Apache-2.0 */

/** Made-up weights and inputs for any graph, and one run of it on any backend. */
#ifndef SD14_TESTS_GRAPH_RUN_H
#define SD14_TESTS_GRAPH_RUN_H

#include <stdlib.h>

#include "base/memory.h"
#include "graph/backend.h"
#include "support/cmocka.h"
#include "support/random.h"

/** A graph's weights and inputs. */
typedef struct graph_data {
    tensor *weights; /**< [n_weights] */
    void **inputs;   /**< [n_inputs] */
} graph_data;

/* A weight of about 1 in size, exact in `type`. */
static inline void graph_data_weight(uint64_t *seed, dtype type, void *at, size_t i)
{
    const uint64_t bits = random_bits(seed) >> 20;
    const uint32_t sign = (uint32_t)bits & 1;
    const uint32_t exponent = (uint32_t)(bits >> 1) % 8; /* 2^-7 to 2^0 */
    const uint32_t fraction = (uint32_t)(bits >> 8);
    if (type == DTYPE_F16) {
        ((uint16_t *)at)[i] = (uint16_t)(sign << 15 | (exponent + 8) << 10 | (fraction & 0x3FF));
    } else if (type == DTYPE_BF16) {
        ((uint16_t *)at)[i] = (uint16_t)(sign << 15 | (exponent + 120) << 7 | (fraction & 0x7F));
    } else {
        ((uint32_t *)at)[i] = sign << 31 | (exponent + 120) << 23 | (fraction & 0x7FFFFF);
    }
}

/** @param type  of the weights: float32, float16 or bfloat16 */
static inline graph_data graph_data_make(const graph *of, dtype type, uint64_t seed, size_t ids)
{
    graph_data made = {
        .weights = mem_array((size_t)of->n_weights, sizeof(tensor)),
        .inputs = mem_array((size_t)of->n_inputs, sizeof(void *)),
    };
    for (int w = 0; w < of->n_weights; w++) {
        const size_t count = shape_count(of->weights[w].shape);
        void *values = mem_array(count, dtype_bytes(type));
        assert_non_null(values);
        for (size_t i = 0; i < count; i++) graph_data_weight(&seed, type, values, i);
        made.weights[w] = (tensor){.type = type, .shape = of->weights[w].shape, .data = values};
    }
    for (int k = 0; k < of->n_inputs; k++) {
        const graph_node *node = &of->nodes[of->inputs[k]];
        const size_t count = shape_count(node->shape);
        made.inputs[k] = mem_array(count, 4);
        assert_non_null(made.inputs[k]);
        for (size_t i = 0; i < count; i++) {
            if (node->type == DTYPE_I32) {
                ((int32_t *)made.inputs[k])[i] = (int32_t)random_below(&seed, ids);
            } else {
                ((float *)made.inputs[k])[i] = 4.0F * random_float(&seed);
            }
        }
    }
    return made;
}

static inline void graph_data_release(const graph *of, graph_data *data)
{
    for (int w = 0; w < of->n_weights; w++) mem_free((void *)(uintptr_t)data->weights[w].data);
    for (int k = 0; k < of->n_inputs; k++) mem_free(data->inputs[k]);
    mem_free(data->weights);
    mem_free((void *)data->inputs);
}

/** Loads, compiles and runs. `run` says everything but the inputs; `keep_nodes` as in compile. */
static inline sd14_status graph_run(backend *on,
                                    const graph *of,
                                    const graph_data *data,
                                    bool keep_nodes,
                                    const backend_run *run,
                                    sd14_error *error)
{
    const backend_vtable *vtable = on->vtable;
    const backend_compile_options options = {.keep_nodes = keep_nodes};
    backend_weights *weights = NULL;
    backend_program *program = NULL;
    sd14_status status =
        vtable->load_weights(on, of, data->weights, NULL, WEIGHTS_ALL, NULL, &weights, error);
    if (status == SD14_OK) status = vtable->compile(on, of, weights, &options, &program, error);
    if (status == SD14_OK) {
        backend_run with_inputs = *run;
        with_inputs.inputs = (const void *const *)data->inputs;
        status = vtable->run(program, &with_inputs, error);
    }
    if (program != NULL) vtable->program_destroy(program);
    if (weights != NULL) vtable->weights_destroy(weights);
    return status;
}

/** Runs once; the single output, the caller's to free. */
static inline float *
graph_output_of(backend *on, const graph *of, const graph_data *data, bool keep_nodes)
{
    sd14_error error = {{0}};
    float *output = mem_array(shape_count(of->nodes[of->outputs[0]].shape), sizeof(float));
    assert_non_null(output);
    const backend_run run = {.outputs = &output};
    if (graph_run(on, of, data, keep_nodes, &run, &error) != SD14_OK) fail_msg("%s", error.text);
    return output;
}

#endif /* SD14_TESTS_GRAPH_RUN_H */
