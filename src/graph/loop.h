/* SPDX-License-Identifier: Apache-2.0 */

/**
 * A program run again and again, its output becoming one of its inputs: the denoising loop.
 *
 * What goes round stays where the backend computes. Whoever wants to see it reads it.
 */
#ifndef SD14_GRAPH_LOOP_H
#define SD14_GRAPH_LOOP_H

#include "graph/backend.h"

/** Where an input's value comes from. */
typedef enum loop_source {
    LOOP_CARRIED, /**< first `data`, then the output of the step before: of exactly one input */
    LOOP_FIXED,   /**< `data`, at every step */
    LOOP_TABLE,   /**< row i of `data` at step i */
    LOOP_GIVEN    /**< given with each step */
} loop_source;

enum { LOOP_INPUTS_MAX = 8 };

typedef struct loop_input {
    loop_source source;
    const void *data; /**< host memory in the input's dtype; a table: the steps' values one after
                           another; LOOP_GIVEN: NULL */
} loop_input;

/** What it points to is borrowed until the loop ends; the list of inputs only by loop_begin(). */
typedef struct loop_description {
    backend *backend;
    backend_program *program; /**< compiled from `graph`, on that backend */
    const graph *graph;       /**< one output, of the shape of the carried input */
    const loop_input *inputs; /**< [graph->n_inputs], LOOP_INPUTS_MAX at most */
    int steps;
} loop_description;

/** What a backend that does not compute in the host's memory brings; loop_begin() and the others say what
 * its functions do. */
typedef struct backend_loop_vtable {
    sd14_status (*begin)(const loop_description *of, backend_loop **out_loop, sd14_error *error);
    sd14_status (*step)(backend_loop *loop,
                        int step,
                        const void *const *given,
                        const atomic_bool *cancel,
                        sd14_error *error);
    sd14_status (*read)(backend_loop *loop, float *value, sd14_error *error);
    void (*end)(backend_loop *loop);
} backend_loop_vtable;

/** Every backend's loop begins with this; loop_begin() fills it in. */
struct backend_loop {
    const backend_loop_vtable *vtable;
    loop_description description; /**< its inputs are these: */
    loop_input inputs[LOOP_INPUTS_MAX];
};

/** @return INVALID_ARGUMENT (too many inputs); OUT_OF_MEMORY; DEVICE. */
SD14_NODISCARD sd14_status loop_begin(const loop_description *of,
                                      backend_loop **out_loop,
                                      sd14_error *error);

/**
 * Runs a step.
 * @param step   0 to steps - 1.
 * @param given  [graph->n_inputs], set for LOOP_GIVEN inputs; NULL when there are none.
 * @return CANCELLED, DEVICE.
 */
SD14_NODISCARD sd14_status loop_step(backend_loop *loop,
                                     int step,
                                     const void *const *given,
                                     const atomic_bool *cancel,
                                     sd14_error *error);

/** The carried value as it is now. @return DEVICE. */
SD14_NODISCARD sd14_status loop_read(backend_loop *loop, float *value, sd14_error *error);

/** NULL is fine. */
void loop_end(backend_loop *loop);

/** Input whose source is LOOP_CARRIED. */
int loop_carried(const loop_description *of);

/** Where the value of an input other than LOOP_CARRIED is at a step. */
const void *
loop_input_at(const loop_description *of, int input, int step, const void *const *given);

#endif /* SD14_GRAPH_LOOP_H */
