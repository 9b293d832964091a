/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/loop.h"

#include <string.h>

#include "base/memory.h"

int loop_carried(const loop_description *of)
{
    for (int i = 0; i < of->graph->n_inputs; i++) {
        if (of->inputs[i].source == LOOP_CARRIED) return i;
    }
    return -1;
}

const void *loop_input_at(const loop_description *of, int input, int step, const void *const *given)
{
    const loop_input *from = &of->inputs[input];
    if (from->source == LOOP_GIVEN) return given[input];
    if (from->source == LOOP_FIXED) return from->data;
    const graph_node *node = &of->graph->nodes[of->graph->inputs[input]];
    const size_t bytes = shape_count(node->shape) * dtype_bytes(node->type);
    return (const char *)from->data + (size_t)step * bytes;
}

/* ---- a loop in the host's memory, for backends without their own ------------------------------- */

typedef struct host_loop {
    backend_loop base;
    float *carried;
    const void **inputs; /**< of the step that runs */
} host_loop;

static size_t carried_bytes(const loop_description *of)
{
    return shape_count(of->graph->nodes[of->graph->outputs[0]].shape) * sizeof(float);
}

static void host_end(backend_loop *loop)
{
    host_loop *host = (host_loop *)loop;
    mem_free(host->carried);
    mem_free(host->inputs);
    mem_free(host);
}

static sd14_status
host_begin(const loop_description *of, backend_loop **out_loop, sd14_error *error)
{
    host_loop *made = mem_array(1, sizeof(*made));
    if (made == NULL) FAIL_NO_MEMORY(error, "a loop");
    made->carried = mem_aligned_array(carried_bytes(of), 1);
    made->inputs = mem_array((size_t)of->graph->n_inputs, sizeof(*made->inputs));
    if (made->carried == NULL || made->inputs == NULL) {
        host_end(&made->base);
        FAIL_NO_MEMORY(error, "a loop");
    }
    memcpy(made->carried, of->inputs[loop_carried(of)].data, carried_bytes(of));
    *out_loop = &made->base;
    return SD14_OK;
}

static sd14_status host_step(backend_loop *loop,
                             int step,
                             const void *const *given,
                             const atomic_bool *cancel,
                             sd14_error *error)
{
    host_loop *host = (host_loop *)loop;
    const loop_description *of = &loop->description;
    const int carried = loop_carried(of);
    for (int i = 0; i < of->graph->n_inputs; i++)
        host->inputs[i] = i == carried ? host->carried : loop_input_at(of, i, step, given);
    const backend_run run = {.inputs = host->inputs, .outputs = &host->carried, .cancel = cancel};
    return of->backend->vtable->run(of->program, &run, error);
}

static sd14_status host_read(backend_loop *loop, float *value, sd14_error *error)
{
    (void)error;
    memcpy(value, ((const host_loop *)loop)->carried, carried_bytes(&loop->description));
    return SD14_OK;
}

static const backend_loop_vtable host_vtable = {
    .begin = host_begin, .step = host_step, .read = host_read, .end = host_end};

/* ---- any loop ----------------------------------------------------------------------------------- */

sd14_status loop_begin(const loop_description *of, backend_loop **out_loop, sd14_error *error)
{
    const backend_loop_vtable *own = of->backend->vtable->loop;
    const backend_loop_vtable *vtable = own != NULL ? own : &host_vtable;
    const size_t n_inputs = (size_t)of->graph->n_inputs;
    backend_loop *made = NULL;
    if (n_inputs > LOOP_INPUTS_MAX) {
        FAIL(error, INVALID_ARGUMENT, "%s: a loop has at most %d inputs", of->graph->name,
             LOOP_INPUTS_MAX);
    }
    TRY(vtable->begin(of, &made, error));
    made->vtable = vtable;
    made->description = *of;
    memcpy(made->inputs, of->inputs, n_inputs * sizeof(made->inputs[0]));
    made->description.inputs = made->inputs;
    *out_loop = made;
    return SD14_OK;
}

sd14_status loop_step(backend_loop *loop,
                      int step,
                      const void *const *given,
                      const atomic_bool *cancel,
                      sd14_error *error)
{
    return loop->vtable->step(loop, step, given, cancel, error);
}

sd14_status loop_read(backend_loop *loop, float *value, sd14_error *error)
{
    return loop->vtable->read(loop, value, error);
}

void loop_end(backend_loop *loop)
{
    if (loop != NULL) loop->vtable->end(loop);
}
