/* SPDX-License-Identifier: Apache-2.0 */
#include "models/networks.h"

sd14_status ddim_step_graph(
    shape latent, bool guided, bool variance_noise, graph **out_graph, sd14_error *error)
{
    graph_builder *g = graph_builder_create("scheduler");
    if (g == NULL) FAIL_NO_MEMORY(error, "the scheduler's graph");

    shape predicted = latent;
    predicted.dim[0] *= guided ? 2 : 1;
    const graph_value x = graph_input(g, "latent", DTYPE_F32, latent);
    const graph_value noise_pred = graph_input(g, "noise_pred", DTYPE_F32, predicted);
    const graph_value coefficients =
        graph_input(g, "coefficients", DTYPE_F32, shape_1(DDIM_COEFFICIENTS));
    const graph_value noise =
        variance_noise ? graph_input(g, "variance_noise", DTYPE_F32, latent) : GRAPH_NONE;

    graph_output(
        g, graph_guided_ddim_step(g, "prev_sample", x, noise_pred, coefficients, noise, guided));
    return graph_builder_finish(g, out_graph, error);
}
