/* SPDX-License-Identifier: Apache-2.0 */

/* What goes up before a run, and what comes down after it. */
#include <string.h>

#include "backends/ttnn/ttnn_program.h"
#include "tensor/timestep_embedding.h"

size_t tt_input_bytes(const tt_input *input)
{
    return shape_count(input->tensor.shape) * 4;
}

/* Items of `rows` rows, each with zeros behind it up to the tensor's. Elements are of 4 bytes. */
static void fill_rows(const tt_input *input, const void *data, size_t width, void *out)
{
    const size_t padded = shape_count(input->tensor.shape) / width;
    const size_t items = input->tensor.shape.dim[0];
    const size_t used = input->rows * width * 4;
    memset(out, 0, tt_input_bytes(input));
    for (size_t i = 0; i < items; i++) {
        memcpy((char *)out + i * (padded / items) * width * 4, (const char *)data + i * used, used);
    }
}

/* An id outside of a table would read what is not there. */
static sd14_status
check_ids(const graph *graph, graph_value ids, const int32_t *data, sd14_error *error)
{
    const size_t count = shape_count(graph->nodes[ids].shape);
    for (graph_value i = 0; i < graph->n_nodes; i++) {
        const graph_node *node = &graph->nodes[i];
        if (node->op != OP_embedding || node->src[0] != ids) continue;
        const size_t rows = graph->weights[node->weight[0]].shape.dim[0];
        for (size_t k = 0; k < count; k++) {
            if (data[k] < 0 || (size_t)data[k] >= rows)
                FAIL(error, MODEL, "embedding: %s: id %d is not one of the %zu in its table",
                     node->name, (int)data[k], rows);
        }
    }
    return SD14_OK;
}

static void
fill_timesteps(const tt_program *program, const tt_input *input, const float *t, float *out)
{
    const graph_node *node = &program->graph->nodes[input->node];
    const shape given = program->graph->nodes[program->graph->inputs[input->input]].shape;
    const size_t channels = shape_last(node->shape);
    for (size_t b = 0; b < node->shape.dim[0]; b++) {
        timestep_embedding(t[b % shape_count(given)], channels,
                           node->params.timestep_embedding.flip_sin_to_cos,
                           node->params.timestep_embedding.shift, out + b * channels);
    }
}

sd14_status tt_input_fill(const tt_program *program,
                          const tt_input *input,
                          const void *data,
                          void *out,
                          sd14_error *error)
{
    const float *numbers = data;
    switch (input->prepare) {
    case TT_PREPARE_IDS:
        TRY(check_ids(program->graph, input->node, data, error));
        fill_rows(input, data, 1, out);
        break;
    case TT_PREPARE_TIMESTEPS:
        fill_timesteps(program, input, numbers, out);
        break;
    case TT_PREPARE_COEFFICIENT:
        *(float *)out = numbers[input->which];
        break;
    case TT_PREPARE_RECIPROCAL:
        *(float *)out = 1.0F / numbers[input->which];
        break;
    default:
        fill_rows(input, data, shape_last(input->tensor.shape), out);
        break;
    }
    return SD14_OK;
}

size_t tt_output_count(const tt_program *program, const tt_output *output)
{
    return shape_count(program->slots[output->slot].tensor.shape);
}

void tt_output_take(const tt_program *program,
                    const tt_output *output,
                    int chip,
                    const float *downloaded,
                    float *out)
{
    const shape from = program->slots[output->slot].tensor.shape;
    const size_t width = shape_last(from);
    const size_t padded = from.dim[1] * from.dim[2] * width;
    const size_t used = output->rows * width;
    out += (size_t)chip * from.dim[0] * used;
    for (size_t i = 0; i < from.dim[0]; i++) {
        memcpy(out + i * used, downloaded + i * padded, used * sizeof(float));
    }
}
