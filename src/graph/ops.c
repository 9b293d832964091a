/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/ops.h"

typedef struct op_row {
    const char *name;
    const char *torch_name;
} op_row;

static const op_row rows[OP_COUNT] = {
#define OP(name, sources, weights, torch) {#name, torch},
    GRAPH_OPS(OP)
#undef OP
};

const char *op_name(graph_op op)
{
    return rows[op].name;
}

const char *op_torch_name(graph_op op)
{
    return rows[op].torch_name;
}
