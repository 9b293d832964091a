/* SPDX-License-Identifier: Apache-2.0 */

/* The table from operator to the function that runs it here. */
#include "backends/cpu/emulated_step.h"
#include "backends/cpu/program.h"

void cpu_run_float32_step(backend_program *program, const cpu_step *step)
{
    switch (program->graph->nodes[step->node].op) {
    case OP_linear:
    case OP_conv2d:
        cpu_matmul(program, step);
        break;
    case OP_group_norm:
        cpu_group_norm(program, step);
        break;
    case OP_layer_norm:
        cpu_layer_norm(program, step);
        break;
    case OP_attention:
        cpu_attention(program, step);
        break;
    case OP_silu:
    case OP_gelu:
    case OP_quick_gelu:
    case OP_scale:
        cpu_elementwise(program, step);
        break;
    case OP_geglu:
        cpu_geglu(program, step);
        break;
    case OP_add:
        cpu_add(program, step);
        break;
    case OP_concat_channels:
        cpu_concat_channels(program, step);
        break;
    case OP_repeat_batch:
        cpu_repeat_batch(program, step);
        break;
    case OP_upsample_nearest_2x:
        cpu_upsample_nearest_2x(program, step);
        break;
    case OP_embedding:
        cpu_embedding(program, step);
        break;
    case OP_timestep_embedding:
        cpu_timestep_embedding(program, step);
        break;
    case OP_guided_ddim_step:
        cpu_guided_ddim_step(program, step);
        break;
    case OP_input:
    case OP_view:
    case OP_COUNT:
        break; /* never a step */
    }
}

cpu_scratch cpu_float32_step_scratch(const backend_program *program, const cpu_step *step)
{
    const graph_node *node = &program->graph->nodes[step->node];
    switch (node->op) {
    case OP_linear:
    case OP_conv2d:
        return cpu_matmul_scratch(program, step);
    case OP_attention:
        return cpu_attention_scratch(program, step);
    case OP_group_norm:
        return (cpu_scratch){.shared = cpu_group_norm_scratch(node),
                             .per_thread = cpu_rows_scratch(program, step)};
    case OP_layer_norm:
    case OP_geglu:
        return (cpu_scratch){.per_thread = cpu_rows_scratch(program, step)};
    default:
        return (cpu_scratch){0};
    }
}

void cpu_run_step(backend_program *program, const cpu_step *step)
{
    if (program->cpu->emulates) {
        emulated_run_step(program, step);
    } else {
        cpu_run_float32_step(program, step);
    }
}

cpu_scratch cpu_step_scratch(const backend_program *program, const cpu_step *step)
{
    return program->cpu->emulates ? emulated_step_scratch(program, step)
                                  : cpu_float32_step_scratch(program, step);
}
