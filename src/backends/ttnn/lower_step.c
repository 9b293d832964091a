/* SPDX-License-Identifier: Apache-2.0 */

/* What belongs to the sampler: the step itself, in float32, and the timestep that the host turns into features. */
#include "backends/ttnn/lower.h"

/* Position of a value among the graph's inputs, behind repeat_batch nodes or not. */
static int input_index(lowering *l, graph_value value)
{
    const graph_value input = lower_input_of(l, value);
    for (int i = 0; i < l->graph->n_inputs; i++) {
        if (l->graph->inputs[i] == input) return i;
    }
    lower_fail(l, SD14_ERROR_INVALID_ARGUMENT,
               "%s needs an input of the graph here, which %s is not",
               op_name(l->graph->nodes[l->node].op), l->graph->nodes[value].name);
    return 0;
}

int lower_timestep_embedding(lowering *l, const graph_node *node)
{
    const tt_input input = {
        .input = input_index(l, node->src[0]),
        .prepare = TT_PREPARE_TIMESTEPS,
        .tensor = {.type = TT_BFLOAT16,
                   .layout = TT_TILE,
                   .memory = TT_DRAM,
                   .shape = lower_form(node->shape)},
        .shard = l->nodes[l->node].split ? 0 : -1,
        .node = l->node,
    };
    return lower_input(l, &input);
}

/* One of the coefficients as [1, 1, 1, 1]. */
static int coefficient(lowering *l, const graph_node *node, size_t which, tt_prepare prepare)
{
    const tt_input input = {
        .input = input_index(l, node->src[2]),
        .prepare = prepare,
        .tensor = {.type = TT_FLOAT32,
                   .layout = TT_TILE,
                   .memory = TT_DRAM,
                   .shape = shape_4(1, 1, 1, 1)},
        .shard = -1,
        .node = l->node,
        .which = which,
    };
    return lower_input(l, &input);
}

static int times(lowering *l, int x, const graph_node *node, size_t which)
{
    return lower_binary(l, "multiply", x, coefficient(l, node, which, TT_PREPARE_COEFFICIENT));
}

/* Both halves of the batch on every chip. */
static int gather(lowering *l, int x, int axis)
{
    tt_tensor result = lower_tensor(l, x);
    result.shape.dim[axis] *= (size_t)l->program->settings.chips;
    json_t *kwargs = json_pack("{s:i, s:o}", "dim", axis, "topology", arg_name("Topology.Linear"));
    return lower_make(l, "all_gather", json_pack("[o]", arg_slot(x)), kwargs, result);
}

/* uncond + guidance · (cond - uncond) */
static int guided_noise(lowering *l, const graph_node *node)
{
    const graph_value predicted = node->src[1];
    const int axis = l->graph->nodes[predicted].shape.rank == 4 ? 2 : 0;
    int x = lower_value_f32(l, predicted);
    if (l->nodes[predicted].split) x = gather(l, x, axis);
    const size_t half = lower_tensor(l, x).shape.dim[axis] / 2;
    const int uncond = lower_slice(l, x, axis, 0, half);
    const int cond = lower_slice(l, x, axis, half, half);
    const int apart = lower_binary(l, "subtract", cond, uncond);
    return lower_binary(l, "add", uncond, times(l, apart, node, DDIM_GUIDANCE));
}

int lower_guided_ddim_step(lowering *l, const graph_node *node)
{
    const int e = node->params.guided_ddim_step.guided ? guided_noise(l, node)
                                                       : lower_value_f32(l, node->src[1]);
    const int latent = lower_value_f32(l, node->src[0]);
    int x0 = lower_binary(l, "subtract", latent, times(l, e, node, DDIM_SQRT_BETA));
    x0 = lower_binary(l, "multiply", x0,
                      coefficient(l, node, DDIM_SQRT_ALPHA, TT_PREPARE_RECIPROCAL));
    const int towards = times(l, x0, node, DDIM_SQRT_ALPHA_PREV);
    const int y = lower_binary(l, "add", towards, times(l, e, node, DDIM_DIRECTION));
    if (node->src[3] == GRAPH_NONE) return y;
    const int noise = lower_value_f32(l, node->src[3]);
    return lower_binary(l, "add", y, times(l, noise, node, DDIM_SIGMA));
}
