/* SPDX-License-Identifier: Apache-2.0 */

/* A graph's values as the device holds them. */
#include "backends/ttnn/lower.h"

shape lower_shape(const lowering *l, graph_value value)
{
    shape of = l->graph->nodes[value].shape;
    if (l->nodes[value].split) of.dim[0] /= (size_t)l->program->settings.chips;
    return of;
}

shape lower_form(shape of)
{
    switch (of.rank) {
    case 4:
        return shape_4(1, 1, of.dim[0] * of.dim[1] * of.dim[2], of.dim[3]);
    case 3:
        return shape_4(of.dim[0], 1, tt_round_up(of.dim[1]), of.dim[2]);
    case 2:
        return shape_4(of.dim[0], 1, 1, of.dim[1]);
    default:
        return shape_4(1, 1, 1, shape_count(of));
    }
}

/* An input is uploaded when something first asks for it: some only feed what the host prepares. */
static int upload(lowering *l, graph_value value)
{
    const graph_node *node = &l->graph->nodes[value];
    const bool ids = node->type == DTYPE_I32;
    const bool tokens = node->shape.rank == 3 || ids;
    tt_input input = {
        .prepare = ids ? TT_PREPARE_IDS : TT_PREPARE_ROWS,
        .tensor = {.type = ids ? TT_UINT32 : TT_BFLOAT16,
                   .layout = ids ? TT_ROW_MAJOR : TT_TILE,
                   .memory = TT_DRAM,
                   .shape = lower_form(node->shape)},
        .shard = -1,
        .node = value,
    };
    if (ids) input.tensor.shape = shape_2(node->shape.dim[0], tt_round_up(node->shape.dim[1]));
    if (l->nodes[value].exact) input.tensor.type = TT_FLOAT32;
    if (l->nodes[value].split) input.shard = node->shape.rank == 4 ? 2 : 0;
    input.rows = tokens ? node->shape.dim[1] : input.tensor.shape.dim[2];
    while (l->graph->inputs[input.input] != value) input.input++;
    return lower_input(l, &input);
}

int lower_raw(lowering *l, graph_value value)
{
    lowered *made = &l->nodes[value];
    if (made->slot == TT_NO_SLOT && l->graph->nodes[value].op == OP_input)
        made->slot = upload(l, value);
    return made->slot;
}

int lower_value(lowering *l, graph_value value)
{
    const int slot = lower_raw(l, value);
    return lower_tensor(l, slot).type == TT_FLOAT32
               ? lower_typecast(l, slot, l->settings->activations)
               : slot;
}

int lower_value_f32(lowering *l, graph_value value)
{
    return lower_typecast(l, lower_raw(l, value), TT_FLOAT32);
}

int lower_to_items(lowering *l, int x, shape of)
{
    if (of.rank == 4)
        return lower_reshape(l, x, shape_4(of.dim[0], 1, of.dim[1] * of.dim[2], of.dim[3]));
    return of.rank == 3 ? lower_slice(l, x, 2, 0, of.dim[1]) : x;
}

int lower_from_items(lowering *l, int x, shape to)
{
    if (to.rank == 3) {
        x = lower_reshape(l, x, shape_4(to.dim[0], 1, to.dim[1], to.dim[2]));
        return lower_pad(l, x, 2, tt_round_up(to.dim[1]));
    }
    return lower_reshape(l, x, lower_form(to));
}

graph_value lower_input_of(const lowering *l, graph_value value)
{
    const graph_node *nodes = l->graph->nodes;
    while (nodes[value].op == OP_repeat_batch) value = nodes[value].src[0];
    return nodes[value].op == OP_input ? value : GRAPH_NONE;
}

int lower_view(lowering *l, const graph_node *node)
{
    const shape from = lower_shape(l, node->src[0]);
    const shape to = lower_shape(l, l->node);
    int x = lower_raw(l, node->src[0]);
    x = lower_to_items(l, x, from);
    return lower_from_items(l, x, to);
}
