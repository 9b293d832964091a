/* SPDX-License-Identifier: Apache-2.0 */

/* From a tensor of a file to the form that its kernel reads. */
#include "backends/cpu/conv_winograd.h"
#include "backends/cpu/emulated_step.h"
#include "backends/cpu/matmul_i16.h"
#include "backends/cpu/program.h"
#include "base/file_map.h"
#include "base/memory.h"
#include "base/sizes.h"

/* Of a convolution that takes Winograd's way, or would with U kept. */
static weight_form winograd_form_for(const cpu_backend *cpu, shape weight, bool upsampled)
{
    if (!conv_winograd_keeps(weight, cpu->fast))
        return cpu->fast && !upsampled ? WEIGHT_PANELS_I16 : WEIGHT_PANELS_F32;
    if (cpu->fast) return upsampled ? WEIGHT_UPSAMPLED_I16 : WEIGHT_WINOGRAD_I16;
    return upsampled ? WEIGHT_UPSAMPLED : WEIGHT_WINOGRAD;
}

/* Nodes that share a weight take it alike: a builder gives each node weights of its own. */
weight_form cpu_weight_form(const cpu_backend *cpu, const graph *graph, const graph_node *node)
{
    if (node->op == OP_embedding) return WEIGHT_TABLE;
    if (node->op != OP_linear && node->op != OP_conv2d) return WEIGHT_PLAIN;
    const bool conv3 =
        node->op == OP_conv2d && node->params.conv2d.kernel == 3 && node->params.conv2d.stride == 1;
    if (cpu->fast && !conv3) return WEIGHT_PANELS_I16;
    if (!cpu_takes_winograd(cpu, graph, node)) return WEIGHT_PANELS_F32;
    return winograd_form_for(cpu, graph->weights[node->weight[0]].shape,
                             cpu_takes_upsampling(cpu, graph, node));
}

/* NULL: nothing is emulated. */
static const numerics *numerics_of(const cpu_backend *cpu, const graph *graph)
{
    return cpu->emulates ? &cpu->emulation.of[emulation_component(graph, GRAPH_NONE)] : NULL;
}

size_t weight_form_bytes(const cpu_backend *cpu, const graph *graph, weight_form form, shape of)
{
    const numerics *numerics = numerics_of(cpu, graph);
    size_t bytes = 0;
    switch (form) {
    case WEIGHT_TABLE:
        break;
    case WEIGHT_PLAIN:
        bytes = shape_count(of) * sizeof(float);
        break;
    case WEIGHT_PANELS_F32:
        bytes = matmul_packed_count(of) * sizeof(float);
        if (numerics != NULL) bytes *= (size_t)product_passes_of(numerics)->n_right;
        break;
    case WEIGHT_PANELS_I16:
        bytes = matmul_i16_packed_bytes(of);
        break;
    case WEIGHT_WINOGRAD:
    case WEIGHT_UPSAMPLED:
        bytes = conv_winograd_count(of, form == WEIGHT_UPSAMPLED) * sizeof(float);
        break;
    case WEIGHT_WINOGRAD_I16:
    case WEIGHT_UPSAMPLED_I16:
        bytes = conv_winograd_i16_bytes(of, form == WEIGHT_UPSAMPLED_I16);
        break;
    }
    return ceil_div(bytes, MEM_ALIGNMENT) * MEM_ALIGNMENT;
}

size_t weight_form_scratch(weight_form form, shape of)
{
    switch (form) {
    case WEIGHT_PANELS_I16:
        return matmul_i16_pack_scratch_bytes(of);
    case WEIGHT_WINOGRAD_I16:
    case WEIGHT_UPSAMPLED_I16:
        return conv_winograd_i16_pack_scratch_bytes(of, form == WEIGHT_UPSAMPLED_I16);
    default:
        return 0;
    }
}

void weight_form_fill(cpu_backend *cpu,
                      const graph *graph,
                      weight_form form,
                      const tensor *from,
                      void *values,
                      void *scratch)
{
    const numerics *numerics = numerics_of(cpu, graph);
    switch (form) {
    case WEIGHT_TABLE:
        return;
    case WEIGHT_PLAIN:
        tensor_to_f32(from, 0, shape_count(from->shape), values);
        if (numerics != NULL && numerics->weights != STORAGE_FLOAT32)
            round_row(STORAGE_BFLOAT16, values, shape_count(from->shape));
        break;
    case WEIGHT_WINOGRAD:
    case WEIGHT_UPSAMPLED:
        conv_winograd_prepare(cpu->pool, &cpu->kernels, from, form == WEIGHT_UPSAMPLED, values);
        break;
    case WEIGHT_PANELS_F32:
        matmul_pack(cpu->pool, from, values);
        if (numerics != NULL) {
            emulated_prepare_packed(cpu->pool, numerics, matmul_packed_count(from->shape), values);
        }
        break;
    case WEIGHT_WINOGRAD_I16:
    case WEIGHT_UPSAMPLED_I16:
        conv_winograd_i16_pack(cpu->pool, &cpu->kernels, from, form == WEIGHT_UPSAMPLED_I16, values,
                               scratch);
        break;
    case WEIGHT_PANELS_I16:
        matmul_i16_pack(cpu->pool, &cpu->kernels, from, values, scratch);
        break;
    }
    file_map_forget(from->data, shape_count(from->shape) * dtype_bytes(from->type));
}
