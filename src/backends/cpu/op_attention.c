/* SPDX-License-Identifier: Apache-2.0 */

/* attention: from a step to the arguments of its drivers. */
#include "backends/cpu/attention_i16.h"
#include "backends/cpu/program.h"

/* Without pointers. */
static attention_args shapes_of(const graph *graph, const graph_node *node)
{
    const shape queries = graph->nodes[node->src[0]].shape;
    const size_t channels = shape_last(queries);
    return (attention_args){
        .batch = queries.dim[0],
        .heads = node->params.attention.heads,
        .head_dim = channels / node->params.attention.heads,
        .queries = queries.dim[1],
        .keys = graph->nodes[node->src[1]].shape.dim[1],
        .scale = node->params.attention.scale,
        .causal = node->params.attention.causal,
        .q_stride = channels,
        .k_stride = channels,
        .v_stride = channels,
        .output_stride = channels,
    };
}

bool cpu_takes_attention_i16(const cpu_backend *cpu, const graph *graph, const graph_node *node)
{
    if (node->op != OP_attention || !cpu->fast) return false;
    const attention_args args = shapes_of(graph, node);
    return attention_i16_suits(&args);
}

void cpu_attention(backend_program *program, const cpu_step *step)
{
    const graph_node *node = &program->graph->nodes[step->node];
    attention_args args = shapes_of(program->graph, node);
    args.q = cpu_source(program, step, 0);
    args.k = cpu_source(program, step, 1);
    args.v = cpu_source(program, step, 2);
    args.output = program->values[step->result];
    args.scratch = program->thread_scratch;
    args.scratch_stride = program->thread_scratch_bytes;
    args.shared = program->shared_scratch;
    if (cpu_takes_attention_i16(program->cpu, program->graph, node)) {
        attention_i16_run(program->cpu->pool, &program->cpu->kernels, &args);
    } else {
        attention_run(program->cpu->pool, &program->cpu->kernels, &args);
    }
}

cpu_scratch cpu_attention_scratch(const backend_program *program, const cpu_step *step)
{
    const graph_node *node = &program->graph->nodes[step->node];
    const attention_args args = shapes_of(program->graph, node);
    if (!cpu_takes_attention_i16(program->cpu, program->graph, node))
        return (cpu_scratch){.per_thread = attention_scratch_bytes(args.head_dim)};
    return (cpu_scratch){.shared = attention_i16_shared_bytes(&args),
                         .per_thread = attention_i16_scratch_bytes(args.head_dim)};
}
