/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/run_once.h"

#include "base/clock.h"

static sd14_status run_times(backend_program *program,
                             const backend *on,
                             const backend_run *run,
                             int n,
                             double *out_seconds,
                             sd14_error *error)
{
    TRY(on->vtable->run(program, run, error));
    for (int i = 0; i < n; i++) {
        const int64_t start = clock_ns();
        TRY(on->vtable->run(program, run, error));
        out_seconds[i] = (double)(clock_ns() - start) * 1e-9;
    }
    return SD14_OK;
}

sd14_status run_timed(backend *on,
                      const graph *graph,
                      const tensor *tensors,
                      const backend_run *run,
                      int n,
                      double *out_seconds,
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
    status = run_times(program, on, run, n, out_seconds, error);
done:
    if (program != NULL) vtable->program_destroy(program);
    if (weights != NULL) vtable->weights_destroy(weights);
    return status;
}

sd14_status run_once(backend *on,
                     const graph *graph,
                     const tensor *tensors,
                     const backend_run *run,
                     sd14_error *error)
{
    return run_timed(on, graph, tensors, run, 0, NULL, error);
}
