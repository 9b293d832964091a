/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/operator_list.h"

#include <string.h>

#include "base/memory.h"
#include "models/model.h"
#include "models/networks.h"

static sd14_status make_parts(const model_config *config,
                              const operator_list_params *params,
                              graph *parts[OPERATOR_PARTS],
                              sd14_error *error)
{
    const size_t scale = vae_scale(&config->vae);
    const size_t height = params->height / scale;
    const size_t width = params->width / scale;
    const shape latent = shape_4(1, height, width, config->unet.in_channels);
    TRY(model_graph(config, MODEL_TEXT_ENCODER, params->batch, 0, 0, &parts[0], error));
    TRY(model_graph(config, MODEL_UNET, params->batch, height, width, &parts[1], error));
    TRY(ddim_step_graph(latent, params->batch == 2, false, &parts[2], error));
    return model_graph(config, MODEL_VAE_DECODER, 1, height, width, &parts[3], error);
}

static void add_params(const graph *in, const graph_node *node, text *to)
{
    const op_params *p = &node->params;
    switch (node->op) {
    case OP_linear:
        if (node->weight[1] < 0) text_add(to, ", no bias");
        break;
    case OP_conv2d:
        text_add(to, ", kernel %zu", p->conv2d.kernel);
        if (p->conv2d.stride != 1) text_add(to, ", stride %zu", p->conv2d.stride);
        if (p->conv2d.pad_before != p->conv2d.pad_after) {
            text_add(to, ", padding %zu and %zu", p->conv2d.pad_before, p->conv2d.pad_after);
        }
        break;
    case OP_group_norm:
        text_add(to, ", %zu groups", p->group_norm.groups);
        break;
    case OP_attention:
        text_add(to, ", %zu heads%s", p->attention.heads, p->attention.causal ? ", causal" : "");
        break;
    case OP_embedding:
        text_add(to, ", of %zu", in->weights[node->weight[0]].shape.dim[0]);
        break;
    default:
        break;
    }
}

/* Sources, result, and the numbers that change the work: what is equal here takes equally long. */
static void describe(const graph *in, const graph_node *node, text *to)
{
    char shape_bytes[SHAPE_TEXT_BYTES];
    for (int s = 0; s < OP_SOURCES_MAX; s++) {
        if (node->src[s] == GRAPH_NONE) continue;
        text_add(to, "%s%s", s > 0 ? " " : "",
                 shape_text(in->nodes[node->src[s]].shape, shape_bytes));
    }
    text_add(to, " -> %s", shape_text(node->shape, shape_bytes));
    add_params(in, node, to);
}

static sd14_status
add_node(operator_list *list, const graph *in, graph_value value, uint64_t runs, sd14_error *error)
{
    const graph_node *node = &in->nodes[value];
    operator_shape *next = &list->shapes[list->n_shapes];
    describe(in, node, &next->shapes);
    if (text_failed(&next->shapes)) {
        text_release(&next->shapes);
        FAIL_NO_MEMORY(error, "the list of operators");
    }

    for (operator_shape *known = list->shapes; known < next; known++) {
        if (known->graph != in || in->nodes[known->node].op != node->op ||
            strcmp(text_get(&known->shapes), text_get(&next->shapes)) != 0)
            continue;
        known->calls++;
        text_release(&next->shapes);
        return SD14_OK;
    }
    next->graph = in;
    next->node = value;
    next->calls = 1;
    next->runs = runs;
    next->cost = graph_node_cost(in, value);
    list->n_shapes++;
    return SD14_OK;
}

sd14_status operator_list_make(const model_config *config,
                               const operator_list_params *params,
                               operator_list *out_list,
                               sd14_error *error)
{
    const uint64_t runs[OPERATOR_PARTS] = {1, params->steps, params->steps, 1};
    *out_list = (operator_list){0};
    TRY(make_parts(config, params, out_list->parts, error));

    size_t n_nodes = 0;
    for (int part = 0; part < OPERATOR_PARTS; part++)
        n_nodes += (size_t)out_list->parts[part]->n_nodes;
    out_list->shapes = mem_array(n_nodes, sizeof(*out_list->shapes));
    if (out_list->shapes == NULL) FAIL_NO_MEMORY(error, "the list of operators");

    for (int part = 0; part < OPERATOR_PARTS; part++) {
        const graph *in = out_list->parts[part];
        for (graph_value value = 0; value < in->n_nodes; value++) {
            const graph_op op = in->nodes[value].op;
            if (op == OP_input || op == OP_view) continue; /* they compute nothing */
            TRY(add_node(out_list, in, value, runs[part], error));
        }
    }
    return SD14_OK;
}

void operator_list_release(operator_list *list)
{
    for (size_t i = 0; i < list->n_shapes; i++) text_release(&list->shapes[i].shapes);
    mem_free(list->shapes);
    for (int part = 0; part < OPERATOR_PARTS; part++) graph_destroy(list->parts[part]);
    *list = (operator_list){0};
}
