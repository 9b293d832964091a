/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "models/networks.h"
#include "parity/contract_check.h"

static const contract_tensor *find_tensor(const contract *of, const char *graph_name, bool output)
{
    for (size_t i = 0; i < of->n_tensors; i++) {
        const contract_tensor *tensor = &of->tensors[i];
        if (tensor->graph != NULL && tensor->output == output &&
            strcmp(tensor->graph, graph_name) == 0)
            return tensor;
    }
    return NULL;
}

/* Whether the graph has an input or an output of that name. */
static bool graph_has(const graph *graph, const contract_tensor *tensor)
{
    if (!tensor->output) return graph_find_input(graph, tensor->graph) >= 0;
    for (int i = 0; i < graph->n_outputs; i++) {
        if (strcmp(graph->nodes[graph->outputs[i]].name, tensor->graph) == 0) return true;
    }
    return false;
}

static void check_value(const contract_check *check,
                        const char *against,
                        const contract *of,
                        const contract_symbols *symbols,
                        const graph_node *node,
                        bool output,
                        const void *data)
{
    const contract_tensor *expected = find_tensor(of, node->name, output);
    if (expected == NULL) {
        const contract_place place = {against, of->name, node->name, ""};
        contract_report_violation(check->report, &place, "name",
                                  output ? "an output of the graph" : "an input of the graph",
                                  "not in the contract");
        return;
    }
    const contract_found found = {
        .tensor = {.type = node->type, .shape = node->shape, .data = data}};
    contract_check_tensor(check, against, of, expected, symbols, &found);
}

void contract_check_graph(const contract_check *check,
                          const char *against,
                          const contract *of,
                          const contract_symbols *symbols,
                          const graph *graph,
                          const void *const *inputs,
                          const float *output)
{
    for (int i = 0; i < graph->n_inputs; i++) {
        check_value(check, against, of, symbols, &graph->nodes[graph->inputs[i]], false,
                    inputs == NULL ? NULL : inputs[i]);
    }
    for (int i = 0; i < graph->n_outputs; i++) {
        check_value(check, against, of, symbols, &graph->nodes[graph->outputs[i]], true, output);
    }
    for (size_t i = 0; i < of->n_tensors; i++) {
        const contract_tensor *tensor = &of->tensors[i];
        if (tensor->graph == NULL || tensor->optional || graph_has(graph, tensor)) continue;
        const contract_place place = {against, of->name, tensor->name, ""};
        contract_report_violation(check->report, &place, "name", tensor->graph,
                                  "the graph has no such %s", tensor->output ? "output" : "input");
    }
}

/* The parts whose graph is a model's; the scheduler has one of its own. */
static const struct {
    contract_part contract;
    model_part part;
} networks[] = {
    {CONTRACT_TEXT_ENCODER, MODEL_TEXT_ENCODER},
    {CONTRACT_UNET, MODEL_UNET},
    {CONTRACT_VAE_DECODER, MODEL_VAE_DECODER},
    {CONTRACT_VAE_ENCODER, MODEL_VAE_ENCODER},
};

sd14_status contract_check_graphs(const contract_check *check, sd14_error *error)
{
    const model_config *config = &check->model->config;
    const size_t scale = vae_scale(&config->vae);
    const size_t height = config->defaults.height;
    const size_t width = config->defaults.width * 2; /* not square: axes that are swapped show */
    const size_t batch = 2;
    const contract_symbols symbols = contract_check_symbols(check, batch, height, width);
    graph *graph = NULL;
    for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++) {
        const size_t pixels = networks[i].part == MODEL_VAE_ENCODER ? 1 : scale;
        TRY(model_graph(config, networks[i].part, batch, height / pixels, width / pixels, &graph,
                        error));
        contract_check_graph(check, "graph", &check->contracts->parts[networks[i].contract],
                             &symbols, graph, NULL, NULL);
        graph_destroy(graph);
    }
    const shape latent = shape_4(batch, height / scale, width / scale, config->unet.in_channels);
    TRY(ddim_step_graph(latent, true, true, &graph, error));
    contract_check_graph(check, "graph", &check->contracts->parts[CONTRACT_SCHEDULER], &symbols,
                         graph, NULL, NULL);
    graph_destroy(graph);
    return SD14_OK;
}
