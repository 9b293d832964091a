/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/run_once.h"

sd14_status run_once(backend *on,
                     const graph *graph,
                     const tensor *tensors,
                     const backend_run *run,
                     sd14_error *error)
{
    const backend_compile_options options = {.keep_nodes = run->tap != NULL};
    const backend_vtable *vtable = on->vtable;
    backend_weights *weights = NULL;
    backend_program *program = NULL;
    sd14_status status = SD14_OK;
    TRY_DONE(
        vtable->load_weights(on, graph, tensors, NULL, WEIGHTS_ALL, run->cancel, &weights, error));
    TRY_DONE(vtable->compile(on, graph, weights, &options, &program, error));
    status = vtable->run(program, run, error);
done:
    if (program != NULL) vtable->program_destroy(program);
    if (weights != NULL) vtable->weights_destroy(weights);
    return status;
}
