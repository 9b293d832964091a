/* SPDX-License-Identifier: Apache-2.0 */

/**
 * What every backend is asked about every operator: a table of small graphs of one operator each, in the
 * shapes that Stable Diffusion makes, with the sides, channels and keys that do not divide evenly.
 */
#ifndef SD14_TESTS_OP_CASES_H
#define SD14_TESTS_OP_CASES_H

#include "graph/graph.h"

enum { OP_CASE_INPUTS_MAX = 4, OP_CASE_IDS_BELOW = 11 };

/** One node `op` named "op" on inputs named "a", "b", "c", "d". */
typedef struct op_case {
    graph_op op;
    shape in[OP_CASE_INPUTS_MAX]; /**< rank 0: there is none */
    size_t channels; /**< features, channels out, columns of a table: where it is free */
    bool bias;       /**< linear */
    op_params params;
} op_case;

/* clang-format off */
#define CASE_1(a)          {.rank = 1, .dim = {a}}
#define CASE_2(a, b)       {.rank = 2, .dim = {a, b}}
#define CASE_3(a, b, c)    {.rank = 3, .dim = {a, b, c}}
#define CASE_4(a, b, c, d) {.rank = 4, .dim = {a, b, c, d}}
#define CASE_CONV(kernel_, stride_, before, after)                                                 \
    {.conv2d = {.kernel = kernel_, .stride = stride_, .pad_before = before, .pad_after = after}}
#define CASE_HEADS(heads_, scale_, causal_)                                                        \
    {.attention = {.heads = heads_, .scale = scale_, .causal = causal_}}

static const op_case op_cases[] = {
    /* a view is what its reader sees: linear of a view */
    {.op = OP_view, .in = {CASE_4(2, 3, 5, 8)}},

    {.op = OP_linear, .in = {CASE_2(1, 1)}, .channels = 1, .bias = true},
    {.op = OP_linear, .in = {CASE_2(2, 320)}, .channels = 33, .bias = true},
    {.op = OP_linear, .in = {CASE_3(2, 77, 24)}, .channels = 40, .bias = false},
    {.op = OP_linear, .in = {CASE_3(1, 9, 700)}, .channels = 31, .bias = true},
    {.op = OP_linear, .in = {CASE_4(1, 3, 5, 16)}, .channels = 64, .bias = true},

    {.op = OP_conv2d, .in = {CASE_4(1, 8, 8, 4)}, .channels = 32, .params = CASE_CONV(3, 1, 1, 1)},
    {.op = OP_conv2d, .in = {CASE_4(2, 5, 7, 17)}, .channels = 35, .params = CASE_CONV(3, 1, 1, 1)},
    {.op = OP_conv2d, .in = {CASE_4(1, 5, 3, 40)}, .channels = 3, .params = CASE_CONV(1, 1, 0, 0)},
    {.op = OP_conv2d, .in = {CASE_4(2, 8, 6, 12)}, .channels = 12, .params = CASE_CONV(3, 2, 1, 1)},
    {.op = OP_conv2d, .in = {CASE_4(1, 8, 10, 6)}, .channels = 9, .params = CASE_CONV(3, 2, 0, 1)},
    {.op = OP_conv2d, .in = {CASE_4(1, 7, 9, 5)}, .channels = 8, .params = CASE_CONV(3, 2, 0, 1)},
    {.op = OP_conv2d, .in = {CASE_4(1, 1, 1, 600)}, .channels = 8, .params = CASE_CONV(3, 1, 1, 1)},
    {.op = OP_conv2d, .in = {CASE_4(1, 6, 6, 2)}, .channels = 2, .params = CASE_CONV(5, 3, 2, 1)},
    {.op = OP_conv2d, .in = {CASE_4(1, 2, 2, 3)}, .channels = 2, .params = CASE_CONV(2, 2, 0, 0)},

    {.op = OP_group_norm, .in = {CASE_4(1, 8, 8, 64)}, .params = {.group_norm = {32, 1e-5F}}},
    {.op = OP_group_norm, .in = {CASE_4(2, 5, 7, 48)}, .params = {.group_norm = {16, 1e-6F}}},
    {.op = OP_group_norm, .in = {CASE_4(1, 17, 31, 6)}, .params = {.group_norm = {1, 1e-6F}}},
    {.op = OP_group_norm, .in = {CASE_3(2, 9, 10)}, .params = {.group_norm = {5, 1e-5F}}},
    {.op = OP_group_norm, .in = {CASE_2(3, 12)}, .params = {.group_norm = {4, 1e-5F}}},
    {.op = OP_group_norm, .in = {CASE_4(1, 1, 1, 8)}, .params = {.group_norm = {8, 1e-5F}}},

    {.op = OP_layer_norm, .in = {CASE_3(2, 77, 48)}, .params = {.layer_norm = {1e-5F}}},
    {.op = OP_layer_norm, .in = {CASE_3(1, 65, 33)}, .params = {.layer_norm = {1e-5F}}},
    {.op = OP_layer_norm, .in = {CASE_2(1, 1)}, .params = {.layer_norm = {1e-5F}}},

    {.op = OP_attention, .in = {CASE_3(1, 64, 40), CASE_3(1, 64, 40), CASE_3(1, 64, 40)}, .params = CASE_HEADS(1, 0.158F, false)},
    {.op = OP_attention, .in = {CASE_3(2, 30, 48), CASE_3(2, 77, 48), CASE_3(2, 77, 48)}, .params = CASE_HEADS(6, 0.3535F, false)},
    {.op = OP_attention, .in = {CASE_3(2, 77, 24), CASE_3(2, 77, 24), CASE_3(2, 77, 24)}, .params = CASE_HEADS(2, 0.2887F, true)},
    {.op = OP_attention, .in = {CASE_3(1, 300, 10), CASE_3(1, 300, 10), CASE_3(1, 300, 10)}, .params = CASE_HEADS(2, 0.4472F, true)},
    {.op = OP_attention, .in = {CASE_3(1, 33, 16), CASE_3(1, 257, 16), CASE_3(1, 257, 16)}, .params = CASE_HEADS(1, 1.0F, false)},
    {.op = OP_attention, .in = {CASE_3(1, 1, 3), CASE_3(1, 1, 3), CASE_3(1, 1, 3)}, .params = CASE_HEADS(3, 1.0F, false)},

    {.op = OP_silu, .in = {CASE_4(2, 5, 7, 9)}},
    {.op = OP_silu, .in = {CASE_2(1, 1)}},
    {.op = OP_gelu, .in = {CASE_3(1, 77, 33)}},
    {.op = OP_quick_gelu, .in = {CASE_3(2, 77, 32)}},
    {.op = OP_geglu, .in = {CASE_3(2, 30, 80)}},
    {.op = OP_geglu, .in = {CASE_3(1, 7, 2)}},

    {.op = OP_add, .in = {CASE_4(2, 5, 7, 9), CASE_4(2, 5, 7, 9)}},
    {.op = OP_add, .in = {CASE_4(2, 5, 7, 9), CASE_2(2, 9)}},
    {.op = OP_add, .in = {CASE_4(1, 130, 130, 3), CASE_2(1, 3)}},
    {.op = OP_add, .in = {CASE_3(2, 77, 13), CASE_3(1, 77, 13)}},
    {.op = OP_add, .in = {CASE_3(3, 140, 50), CASE_3(1, 140, 50)}},
    {.op = OP_add, .in = {CASE_2(3, 9), CASE_2(1, 9)}},
    {.op = OP_add, .in = {CASE_1(5), CASE_1(5)}},

    {.op = OP_scale, .in = {CASE_4(1, 8, 8, 4)}, .params = {.scale = {5.4899807F}}},
    {.op = OP_scale, .in = {CASE_1(1)}, .params = {.scale = {-0.0F}}},

    {.op = OP_concat_channels, .in = {CASE_4(2, 5, 7, 9), CASE_4(2, 5, 7, 14)}},
    {.op = OP_concat_channels, .in = {CASE_3(1, 65, 1), CASE_3(1, 65, 32)}},
    {.op = OP_repeat_batch, .in = {CASE_4(1, 8, 8, 4)}},
    {.op = OP_repeat_batch, .in = {CASE_3(2, 3, 5)}},
    {.op = OP_upsample_nearest_2x, .in = {CASE_4(2, 5, 7, 9)}},
    {.op = OP_upsample_nearest_2x, .in = {CASE_4(1, 1, 1, 1)}},
    {.op = OP_embedding, .in = {CASE_2(2, 7)}, .channels = 13},

    {.op = OP_timestep_embedding, .in = {CASE_1(2)}, .channels = 320, .params = {.timestep_embedding = {true, 0.0F}}},
    {.op = OP_timestep_embedding, .in = {CASE_1(3)}, .channels = 6, .params = {.timestep_embedding = {false, 1.0F}}},
    {.op = OP_timestep_embedding, .in = {CASE_1(1)}, .channels = 2, .params = {.timestep_embedding = {true, 0.0F}}},

    {.op = OP_guided_ddim_step, .in = {CASE_4(1, 5, 7, 4), CASE_4(2, 5, 7, 4), CASE_1(DDIM_COEFFICIENTS)}, .params = {.guided_ddim_step = {true}}},
    {.op = OP_guided_ddim_step, .in = {CASE_4(1, 8, 8, 4), CASE_4(2, 8, 8, 4), CASE_1(DDIM_COEFFICIENTS), CASE_4(1, 8, 8, 4)}, .params = {.guided_ddim_step = {true}}},
    {.op = OP_guided_ddim_step, .in = {CASE_4(2, 3, 3, 4), CASE_4(4, 3, 3, 4), CASE_1(DDIM_COEFFICIENTS), CASE_4(2, 3, 3, 4)}, .params = {.guided_ddim_step = {true}}},
    {.op = OP_guided_ddim_step, .in = {CASE_4(1, 1, 1, 3), CASE_4(1, 1, 1, 3), CASE_1(DDIM_COEFFICIENTS)}, .params = {.guided_ddim_step = {false}}},
    {.op = OP_guided_ddim_step, .in = {CASE_2(2, 33), CASE_2(2, 33), CASE_1(DDIM_COEFFICIENTS), CASE_2(2, 33)}, .params = {.guided_ddim_step = {false}}},
};
/* clang-format on */

enum { OP_CASE_COUNT = sizeof(op_cases) / sizeof(op_cases[0]) };

/* The node of an operator that has weights or numbers of its own. */
static inline graph_value op_case_node(graph_builder *g, const op_case *of, const graph_value *x)
{
    const op_params *p = &of->params;
    switch (of->op) {
    case OP_linear:
        return graph_linear(g, "op", x[0], of->channels, of->bias);
    case OP_conv2d:
        return graph_conv2d(g, "op", x[0], of->channels, p->conv2d.kernel, p->conv2d.stride,
                            p->conv2d.pad_before, p->conv2d.pad_after);
    case OP_group_norm:
        return graph_group_norm(g, "op", x[0], p->group_norm.groups, p->group_norm.eps);
    case OP_layer_norm:
        return graph_layer_norm(g, "op", x[0], p->layer_norm.eps);
    case OP_attention:
        return graph_attention(g, "op", x[0], x[1], x[2], p->attention.heads, p->attention.scale,
                               p->attention.causal);
    case OP_embedding:
        return graph_embedding(g, "op", x[0], OP_CASE_IDS_BELOW, of->channels);
    case OP_timestep_embedding:
        return graph_timestep_embedding(g, "op", x[0], of->channels,
                                        p->timestep_embedding.flip_sin_to_cos,
                                        p->timestep_embedding.shift);
    case OP_guided_ddim_step:
        return graph_guided_ddim_step(g, "op", x[0], x[1], x[2], x[3], p->guided_ddim_step.guided);
    case OP_scale:
        return graph_scale(g, "op", x[0], p->scale.factor);
    case OP_add:
        return graph_add(g, "op", x[0], x[1]);
    case OP_repeat_batch:
        return graph_repeat_batch(g, "op", x[0]);
    case OP_concat_channels:
        return graph_concat_channels(g, "op", x[0], x[1]);
    case OP_view:
        return graph_linear(
            g, "op",
            graph_view(g, "view", x[0], shape_2(shape_rows(of->in[0]), shape_last(of->in[0]))), 4,
            true);
    default:
        return graph_unary(g, "op", of->op, x[0]);
    }
}

/** The case as a graph; its output is the node "op". */
static inline sd14_status op_case_graph(const op_case *of, graph **out_graph, sd14_error *error)
{
    static const char *const names[OP_CASE_INPUTS_MAX] = {"a", "b", "c", "d"};
    graph_value x[OP_CASE_INPUTS_MAX] = {GRAPH_NONE, GRAPH_NONE, GRAPH_NONE, GRAPH_NONE};
    graph_builder *g = graph_builder_create(op_name(of->op));
    if (g == NULL) return SD14_ERROR_OUT_OF_MEMORY;
    const dtype type = of->op == OP_embedding ? DTYPE_I32 : DTYPE_F32;
    for (int i = 0; i < OP_CASE_INPUTS_MAX; i++) {
        if (of->in[i].rank > 0) x[i] = graph_input(g, names[i], type, of->in[i]);
    }
    graph_output(g, op_case_node(g, of, x));
    return graph_builder_finish(g, out_graph, error);
}

#endif /* SD14_TESTS_OP_CASES_H */
