/* SPDX-License-Identifier: Apache-2.0 */

/* One element at a time, and side by side. */
#include "backends/ttnn/lower.h"

int lower_quick_gelu(lowering *l, const graph_node *node)
{
    const int x = lower_value(l, node->src[0]);
    const int gate = lower_unary(l, "sigmoid", lower_scalar(l, "multiply", x, 1.702));
    return lower_binary(l, "multiply", x, gate);
}

int lower_scale(lowering *l, const graph_node *node)
{
    const int x = lower_value(l, node->src[0]);
    return lower_scalar(l, "multiply", x, (double)node->params.scale.factor);
}

/* Equal shapes, or rows [batch, c] or one item of the batch for all: ttnn repeats an axis of 1, so an image
 * gets its axis of items back for the sum. */
int lower_add(lowering *l, const graph_node *node)
{
    const shape a = lower_shape(l, node->src[0]);
    const shape b = lower_shape(l, node->src[1]);
    int x = lower_value(l, node->src[0]);
    int y = lower_value(l, node->src[1]);
    if (a.rank < 4 || shape_equal(a, b)) return lower_binary(l, "add", x, y);
    x = lower_to_items(l, x, a);
    if (b.rank == 4) y = lower_to_items(l, y, b);
    return lower_from_items(l, lower_binary(l, "add", x, y), a);
}

int lower_concat_channels(lowering *l, const graph_node *node)
{
    return lower_concat(l, lower_value(l, node->src[0]), lower_value(l, node->src[1]), 3);
}

/* Behind it each chip has its half of a batch: what both have already. */
int lower_repeat_batch(lowering *l, const graph_node *node)
{
    const int x = lower_raw(l, node->src[0]);
    if (l->nodes[l->node].split) return x;
    static const int axis_of_rank[5] = {3, 3, 0, 0, 2};
    return lower_concat(l, x, x, axis_of_rank[node->shape.rank]);
}
