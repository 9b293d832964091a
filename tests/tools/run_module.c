/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Runs one network of a model on given tensors, for tools/reference/compare_modules.py and bench/peers:
 *
 *     run_module MODEL COMPONENT INPUTS.safetensors OUTPUTS.safetensors [--nodes] [--threads N]
 *                [--precision NAME] [--exact] [--runs N]
 *
 * COMPONENT is text_encoder, unet, vae_decoder or vae_encoder. Inputs and outputs bear the names of the
 * graph's inputs and nodes; images are channels last. --nodes writes every node's value. --runs runs it N
 * times more after the first and prints {"seconds":[...]} of those.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/model.h"
#include "base/memory.h"
#include "formats/safetensors.h"
#include "formats/safetensors_write.h"
#include "graph/run_once.h"
#include "models/model.h"

enum { RUNS_MAX = 100 };

typedef struct request {
    bool nodes;
    int runs; /* that are timed, after the first; RUNS_MAX at most */
    sd14_model_params model;
    const char *component, *inputs, *outputs;
} request;

typedef struct collected {
    safetensors_item *entries;
    size_t count;
    bool failed;
} collected;

static void keep(collected *to, const char *name, shape shape, const float *data)
{
    const size_t bytes = shape_count(shape) * sizeof(float);
    float *copy = mem_array(bytes, 1);
    safetensors_item *grown = mem_resize(to->entries, to->count + 1, sizeof(*grown));
    if (copy == NULL || grown == NULL) {
        to->failed = true;
        return;
    }
    memcpy(copy, data, bytes);
    to->entries = grown;
    to->entries[to->count++] = (safetensors_item){
        .name = name, .tensor = {.type = DTYPE_F32, .shape = shape, .data = copy}};
}

static void keep_node(void *user, const graph *graph, graph_value value, const float *data)
{
    for (int i = 0; i < graph->n_outputs; i++) {
        if (graph->outputs[i] == value) return; /* kept at the end, in any case */
    }
    keep(user, graph->nodes[value].name, graph->nodes[value].shape, data);
}

static sd14_status find_part(const char *name, model_part *out_part, sd14_error *error)
{
    for (int part = 0; part < MODEL_PARTS; part++) {
        if (strcmp(name, model_part_name((model_part)part)) == 0) {
            *out_part = (model_part)part;
            return SD14_OK;
        }
    }
    FAIL(error, INVALID_ARGUMENT, "%s: no such component", name);
}

/* The first input gives batch, height and width; the others must have the shapes that follow from it. */
static sd14_status make_graph(const model *model,
                              model_part part,
                              const safetensors *inputs,
                              graph **out_graph,
                              sd14_error *error)
{
    static const char *const first[MODEL_PARTS] = {"input_ids", "sample", "latent", "image"};
    tensor found;
    TRY(safetensors_find(inputs, first[part], &found, error));
    return model_graph(&model->config, part, found.shape.dim[0], found.shape.dim[1],
                       found.shape.dim[2], out_graph, error);
}

static sd14_status
bind_inputs(const graph *graph, const safetensors *inputs, const void **out_data, sd14_error *error)
{
    for (int i = 0; i < graph->n_inputs; i++) {
        const graph_node *node = &graph->nodes[graph->inputs[i]];
        tensor found;
        TRY(safetensors_find(inputs, node->name, &found, error));
        if (!shape_equal(found.shape, node->shape) || found.type != node->type) {
            FAIL(error, INVALID_ARGUMENT, "%s: another shape or type than the graph's", node->name);
        }
        out_data[i] = found.data;
    }
    return SD14_OK;
}

static void print_seconds(const double *seconds, int n)
{
    for (int i = 0; i < n; i++) (void)printf("%s%.6f", i == 0 ? "{\"seconds\":[" : ",", seconds[i]);
    if (n > 0) (void)printf("]}\n");
}

static sd14_status run_request(const request *asked, sd14_error *error)
{
    model *model = NULL;
    backend *backend = NULL;
    safetensors *inputs = NULL;
    graph *graph = NULL;
    float *output = NULL;
    double seconds[RUNS_MAX];
    model_part part = MODEL_UNET;
    const void *data[8];
    collected outputs = {0};
    sd14_status status = SD14_OK;

    TRY_DONE(find_part(asked->component, &part, error));
    TRY_DONE(model_load(asked->model.path, &model, error));
    TRY_DONE(model_backend_create(&asked->model, NULL, &backend, error));
    TRY_DONE(safetensors_open(asked->inputs, &inputs, error));
    TRY_DONE(make_graph(model, part, inputs, &graph, error));
    TRY_DONE(bind_inputs(graph, inputs, data, error));

    const graph_node *last = &graph->nodes[graph->outputs[0]];
    output = mem_array(shape_count(last->shape), sizeof(float));
    const backend_run inputs_to_output = {.inputs = data,
                                          .outputs = &output,
                                          .tap = asked->nodes ? keep_node : NULL,
                                          .tap_user = &outputs};
    TRY_DONE(run_timed(backend, graph, model->tensors[part], &inputs_to_output, asked->runs,
                       seconds, error));
    keep(&outputs, last->name, last->shape, output);
    if (outputs.failed) FAIL_DONE(error, OUT_OF_MEMORY, "not enough memory for the nodes");
    TRY_DONE(safetensors_write(asked->outputs, outputs.entries, outputs.count, NULL, 0, error));
    print_seconds(seconds, asked->runs);
done:
    for (size_t i = 0; i < outputs.count; i++)
        mem_free((void *)(uintptr_t)outputs.entries[i].tensor.data);
    mem_free(outputs.entries);
    mem_free(output);
    graph_destroy(graph);
    safetensors_close(inputs);
    if (backend != NULL) backend->vtable->destroy(backend);
    model_destroy(model);
    return status;
}

/* false: wrong usage. */
static bool parse(int argc, char **argv, request *to)
{
    if (argc < 5) return false;
    sd14_model_params_default(&to->model);
    to->model.path = argv[1];
    to->model.cache_max = 0;
    to->component = argv[2];
    to->inputs = argv[3];
    to->outputs = argv[4];
    for (int i = 5; i < argc; i++) {
        if (strcmp(argv[i], "--nodes") == 0) {
            to->nodes = true;
        } else if (strcmp(argv[i], "--exact") == 0) {
            to->model.exact = true;
        } else if (i + 1 == argc) {
            return false;
        } else if (strcmp(argv[i], "--threads") == 0) {
            to->model.threads = (int32_t)strtol(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--precision") == 0) {
            to->model.precision = argv[++i];
        } else if (strcmp(argv[i], "--runs") == 0) {
            to->runs = (int)strtol(argv[++i], NULL, 10);
        } else {
            return false;
        }
    }
    return to->runs >= 0 && to->runs <= RUNS_MAX;
}

int main(int argc, char **argv)
{
    request asked = {0};
    if (!parse(argc, argv, &asked)) {
        (void)fprintf(stderr,
                      "usage: run_module MODEL COMPONENT INPUTS OUTPUTS [--nodes] [--threads N] "
                      "[--precision NAME] [--exact] [--runs N]\n");
        return 2;
    }
    sd14_error error;
    const sd14_status status = run_request(&asked, &error);
    if (status != SD14_OK) (void)fprintf(stderr, "run_module: %s\n", error.text);
    return status == SD14_OK ? 0 : 1;
}
