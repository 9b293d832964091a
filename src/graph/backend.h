/* SPDX-License-Identifier: Apache-2.0 */

/**
 * What runs a graph. One table of functions per backend; nothing above knows which it talks to.
 *
 *     backend ── load_weights(graph, tensors) ──▶ weights ─┐
 *        └────── compile(graph, weights) ─────────────────▶ program ── run(inputs) ──▶ outputs
 *
 * Weights are loaded once and serve every program whose graph lists the same weights (other sizes,
 * other batches). A program is used by one thread at a time.
 *
 * Weights that may not all stay in memory are streamed: what is beyond their cap is prepared again, from the model's
 * files, each time a program needs it. Slower; the same bytes.
 */
#ifndef SD14_GRAPH_BACKEND_H
#define SD14_GRAPH_BACKEND_H

#include <stdatomic.h>
#include <stdint.h>

#include "graph/graph.h"

typedef struct backend backend;
typedef struct backend_weights backend_weights;
typedef struct backend_program backend_program;
typedef struct backend_loop backend_loop;
typedef struct backend_loop_vtable backend_loop_vtable;     /**< graph/loop.h */
typedef struct backend_device_vtable backend_device_vtable; /**< graph/device.h */

/** Called after each node with its value: float32 in the node's shape, valid during the call only.
 */
typedef void backend_tap(void *user, const graph *of, graph_value value, const float *data);

typedef struct backend_compile_options {
    bool keep_nodes; /**< Every node's value exists and can be tapped: nothing is fused away. */
} backend_compile_options;

typedef struct backend_run {
    const void *const
        *inputs;           /**< one per graph input: host memory in the input's dtype and shape */
    float *const *outputs; /**< one per graph output: host memory, written on success */
    const atomic_bool *cancel; /**< looked at between operators; may be NULL */
    backend_tap *tap; /**< may be NULL; needs keep_nodes for nodes that fusion would hide */
    void *tap_user;
} backend_run;

/** Bytes a program uses, beside its weights. */
typedef struct backend_memory {
    size_t activations;
    size_t scratch;
} backend_memory;

/** weights_cap: all weights may stay in memory, or none that can be streamed. */
#define WEIGHTS_ALL SIZE_MAX
#define WEIGHTS_NONE ((size_t)0)

/** What a graph takes, known before anything is loaded. */
typedef struct backend_plan {
    size_t weights; /**< what weights_bytes() will say */
    size_t
        loading; /**< of the weights' files, in memory at once while load_weights() runs, and while the
                         program runs if some are streamed */
    size_t streamed; /**< of weights that do not stay: prepared at each run, one after the other */
    backend_memory program; /**< what program_memory() will say */
} backend_plan;

typedef struct backend_vtable {
    const char *name; /**< "cpu", "ttnn" */
    bool
        own_memory; /**< the device's, not the host's: what is there may stay for the next picture */
    const backend_loop_vtable *loop; /**< its own loop; NULL: it computes in the host's memory */
    const backend_device_vtable *device; /**< NULL: it computes on the host */

    /** Arguments as for load_weights() and compile(); takes none of the memory it speaks of.
     * @return as theirs. */
    sd14_status (*plan)(backend *self,
                        const graph *graph,
                        const tensor *tensors,
                        size_t weights_cap,
                        const backend_compile_options *options,
                        backend_plan *out_plan,
                        sd14_error *error);

    /** tensors[i] belongs to graph->weights[i] and has its shape (trailing axes of 1 apart); the
     * bytes must stay mapped, from a file if some are streamed, as long as the weights live. `content` ([64] hexadecimal digits) names the
     * bytes of all of them, so that what is made of them can be kept; NULL: nothing is kept.
     * `weights_cap`: bytes that may stay in the host's memory beside those that cannot be streamed.
     * Gigabytes from a disk take a while: `cancel` (or NULL) ends it between two tensors.
     * @return OUT_OF_MEMORY, DEVICE, CANCELLED. */
    sd14_status (*load_weights)(backend *self,
                                const graph *graph,
                                const tensor *tensors,
                                const char *content,
                                size_t weights_cap,
                                const atomic_bool *cancel,
                                backend_weights **out_weights,
                                sd14_error *error);
    void (*weights_destroy)(backend_weights *weights);
    size_t (*weights_bytes)(const backend_weights *weights);

    /** `graph` and `weights` are borrowed until the program is destroyed.
     * @return OUT_OF_MEMORY, DEVICE; INVALID_ARGUMENT for a graph this backend refuses. */
    sd14_status (*compile)(backend *self,
                           const graph *graph,
                           const backend_weights *weights,
                           const backend_compile_options *options,
                           backend_program **out_program,
                           sd14_error *error);
    void (*program_destroy)(backend_program *program);
    backend_memory (*program_memory)(const backend_program *program);

    /** Allocates nothing. @return CANCELLED, DEVICE. */
    sd14_status (*run)(backend_program *program, const backend_run *run, sd14_error *error);

    void (*destroy)(backend *self);
} backend_vtable;

/** Every backend's object begins with this. */
struct backend {
    const backend_vtable *vtable;
    bool keeps_weights; /**< on the disk: load_weights() wants to know their content */
    size_t memory_cap; /**< bytes that the process may use; 0: no cap. Its maker sets it; a pipeline
                          streams what it must, or does not begin. */
};

#endif /* SD14_GRAPH_BACKEND_H */
