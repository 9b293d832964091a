/* SPDX-License-Identifier: Apache-2.0 */

/* linear and conv2d: from a step to the arguments of their drivers. */
#include "backends/cpu/conv_winograd.h"
#include "backends/cpu/matmul_i16.h"
#include "backends/cpu/program.h"

matmul_shape cpu_matmul_shape(const graph_node *node, shape from)
{
    if (node->op == OP_linear)
        return matmul_linear(shape_rows(from), shape_last(from), shape_last(node->shape));
    return (matmul_shape){
        .batch = from.dim[0],
        .height = from.dim[1],
        .width = from.dim[2],
        .channels = from.dim[3],
        .kernel = node->params.conv2d.kernel,
        .stride = node->params.conv2d.stride,
        .pad_before = node->params.conv2d.pad_before,
        .pad_after = node->params.conv2d.pad_after,
        .outputs = shape_last(node->shape),
    };
}

bool cpu_takes_winograd(const cpu_backend *cpu, const graph *graph, const graph_node *node)
{
    if (node->op != OP_conv2d || cpu->exact || cpu->emulates) return false;
    const matmul_shape shape = cpu_matmul_shape(node, graph->nodes[node->src[0]].shape);
    return conv_winograd_suits(&shape);
}

bool cpu_takes_upsampling(const cpu_backend *cpu, const graph *graph, const graph_node *node)
{
    return cpu_takes_winograd(cpu, graph, node) &&
           graph->nodes[node->src[0]].op == OP_upsample_nearest_2x;
}

static matmul_shape shape_of(const backend_program *program, const cpu_step *step)
{
    const graph_node *node = &program->graph->nodes[step->node];
    matmul_shape shape = cpu_matmul_shape(node, cpu_source_shape(program, step, 0));
    shape.upsampled = step->input != node->src[0];
    return shape;
}

static bool form_is_integers(weight_form form)
{
    return form == WEIGHT_WINOGRAD_I16 || form == WEIGHT_UPSAMPLED_I16;
}

void cpu_matmul(backend_program *program, const cpu_step *step)
{
    const graph_node *node = &program->graph->nodes[step->node];
    const matmul_shape shape = shape_of(program, step);
    const float *source = cpu_source(program, step, 0);
    const bool integers = cpu_is_integers(program, node->src[0]);
    const matmul_args args = {
        .shape = shape,
        .input = integers ? NULL : source,
        .integers = integers ? source : NULL,
        .packed = cpu_weight(program, node->weight[0]),
        .bias = cpu_weight(program, node->weight[1]),
        .residual = step->residual == GRAPH_NONE ? NULL : program->values[step->residual],
        .output = program->values[step->result],
        .output_stride = shape.outputs,
        .scratch = program->thread_scratch,
        .scratch_stride = program->thread_scratch_bytes,
        .shared = program->shared_scratch,
    };
    const weight_form form = cpu_weight_form(program->cpu, program->graph, node);
    if (form == WEIGHT_PANELS_I16) {
        matmul_i16_run(program->cpu->pool, &program->cpu->kernels, &args);
    } else if (cpu_takes_winograd(program->cpu, program->graph, node)) {
        conv_winograd_run(program->cpu->pool, &program->cpu->kernels, &args,
                          form_is_integers(form));
    } else {
        matmul_run(program->cpu->pool, &program->cpu->kernels, &args);
    }
}

cpu_scratch cpu_matmul_scratch(const backend_program *program, const cpu_step *step)
{
    const graph_node *node = &program->graph->nodes[step->node];
    const matmul_shape shape = shape_of(program, step);
    const weight_form form = cpu_weight_form(program->cpu, program->graph, node);
    if (form == WEIGHT_PANELS_I16) {
        const bool rounded = cpu_is_integers(program, node->src[0]);
        return (cpu_scratch){.shared = rounded ? 0 : matmul_i16_shared_bytes(&shape),
                             .per_thread = matmul_i16_scratch_bytes(&shape)};
    }
    if (!cpu_takes_winograd(program->cpu, program->graph, node))
        return (cpu_scratch){.per_thread = matmul_scratch_bytes(&shape)};
    const bool integers = form_is_integers(form);
    return (cpu_scratch){.shared = conv_winograd_shared_bytes(&shape, integers),
                         .per_thread = conv_winograd_scratch_bytes(&shape, integers)};
}
