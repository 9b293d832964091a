/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/scheduler_step.h"

#include "models/networks.h"

void scheduler_step_init(scheduler_step *step, backend *backend)
{
    *step = (scheduler_step){.backend = backend};
}

void scheduler_step_release(scheduler_step *step)
{
    if (step->program != NULL) step->backend->vtable->program_destroy(step->program);
    if (step->weights != NULL) step->backend->vtable->weights_destroy(step->weights);
    graph_destroy(step->graph);
    scheduler_step_init(step, step->backend);
}

sd14_status scheduler_step_prepare(
    scheduler_step *step, shape latent, bool guided, bool variance_noise, sd14_error *error)
{
    const backend_vtable *vtable = step->backend->vtable;
    const backend_compile_options options = {.keep_nodes = false};
    scheduler_step_release(step);
    TRY(ddim_step_graph(latent, guided, variance_noise, &step->graph, error));
    TRY(vtable->load_weights(step->backend, step->graph, NULL, NULL, &step->weights, error));
    return vtable->compile(step->backend, step->graph, step->weights, &options, &step->program,
                           error);
}

sd14_status scheduler_step_run(scheduler_step *step,
                               float *latent,
                               const float *noise_pred,
                               const float *coefficients,
                               const float *variance_noise,
                               sd14_error *error)
{
    const void *inputs[] = {latent, noise_pred, coefficients, variance_noise};
    const backend_run run = {.inputs = inputs, .outputs = &latent};
    return step->backend->vtable->run(step->program, &run, error);
}
