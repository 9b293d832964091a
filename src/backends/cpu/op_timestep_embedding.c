/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/program.h"
#include "tensor/timestep_embedding.h"

void cpu_timestep_embedding(backend_program *program, const cpu_step *step)
{
    const graph_node *node = &program->graph->nodes[step->node];
    const float *t = cpu_source(program, step, 0);
    const size_t channels = shape_last(node->shape);
    for (size_t b = 0; b < node->shape.dim[0]; b++) {
        timestep_embedding(t[b], channels, node->params.timestep_embedding.flip_sin_to_cos,
                           node->params.timestep_embedding.shift,
                           program->values[step->result] + b * channels);
    }
}
