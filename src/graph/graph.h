/* SPDX-License-Identifier: Apache-2.0 */

/**
 * A network as data: nodes in the order they run, each making one value.
 *
 * Built once by models/, read by backends, by the memory plan, the cost count, and whoever wants to
 * know the names and shapes inside. A graph never computes and holds no weights, only their names
 * and shapes: weight i of the graph is bound to a tensor when a backend loads it.
 */
#ifndef SD14_GRAPH_GRAPH_H
#define SD14_GRAPH_GRAPH_H

#include "base/status.h"
#include "graph/ops.h"
#include "tensor/tensor.h"

/** A value is named by the index of the node that makes it. */
typedef int graph_value;

enum { GRAPH_NONE = -1 };

typedef struct graph_node {
    graph_op op;
    const char *name; /**< diffusers' path of the module, e.g. "down_blocks.0.resnets.0.conv1" */
    graph_value src[OP_SOURCES_MAX]; /**< GRAPH_NONE where an operator has fewer */
    int weight[OP_WEIGHTS_MAX];      /**< into weights[]: weight, bias; -1 where absent */
    op_params params;
    dtype type; /**< DTYPE_F32, or DTYPE_I32 for an input of ids */
    shape shape;
} graph_node;

typedef struct graph_weight {
    const char *name; /**< as in diffusers' files, e.g. "down_blocks.0.resnets.0.conv1.weight" */
    shape shape;      /**< as in the files */
} graph_weight;

/** Immutable once finished; any number of threads may read it. */
typedef struct graph {
    const char *name; /**< "text_encoder", "unet", "vae_decoder", "vae_encoder" */
    graph_node *nodes;
    int n_nodes;
    graph_weight *weights;
    int n_weights;
    graph_value *inputs; /**< in the order they were declared */
    int n_inputs;
    graph_value *outputs;
    int n_outputs;
} graph;

/** NULL is fine. */
void graph_destroy(graph *of);

/** Input of that name: its position in inputs[], or -1. */
int graph_find_input(const graph *in, const char *name);

/** The node that makes what a module of diffusers returns: the one of that name, else the last one inside it;
 * GRAPH_NONE: there is no such module. */
graph_value graph_find_module(const graph *in, const char *module);

/** How many nodes read the value, plus one if it is an output. */
int graph_uses(const graph *in, graph_value value);

/** The value whose memory `value` is: itself, or what its chain of views began with. */
graph_value graph_storage(const graph *in, graph_value value);

/** Takes out the nodes that no output depends on. Inputs and weights stay, so that the weights of the whole serve
 * the rest. @return OUT_OF_MEMORY: nothing has changed. */
SD14_NODISCARD sd14_status graph_prune(graph *of, sd14_error *error);

/* ---- building ---------------------------------------------------------------------------------
 */

typedef struct graph_builder graph_builder;

/**
 * NULL if there is no memory. Calls below never fail by themselves: the first thing that does not
 * fit is remembered with the node's name, later calls do nothing, and graph_builder_finish()
 * reports it.
 */
graph_builder *graph_builder_create(const char *graph_name);

/** Turns the builder into a graph, or reports what was wrong (SD14_ERROR_MODEL,
 * SD14_ERROR_OUT_OF_MEMORY). The builder is gone either way. */
SD14_NODISCARD sd14_status graph_builder_finish(graph_builder *g,
                                                graph **out_graph,
                                                sd14_error *error);

/** Everything named until the matching graph_leave() gets this in front, joined by a dot. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void graph_enter(graph_builder *g, const char *format, ...);
void graph_leave(graph_builder *g);

/** Shape of a value; rank 0 after a failure. */
shape graph_shape(const graph_builder *g, graph_value of);

/** Marks a value as an output; its node is found by its name. */
void graph_output(graph_builder *g, graph_value value);

graph_value graph_input(graph_builder *g, const char *name, dtype type, shape of);
graph_value graph_view(graph_builder *g, const char *name, graph_value x, shape to);
graph_value
graph_linear(graph_builder *g, const char *name, graph_value x, size_t features, bool bias);
graph_value graph_conv2d(graph_builder *g,
                         const char *name,
                         graph_value x,
                         size_t channels,
                         size_t kernel,
                         size_t stride,
                         size_t pad_before,
                         size_t pad_after);
graph_value
graph_group_norm(graph_builder *g, const char *name, graph_value x, size_t groups, float eps);
graph_value graph_layer_norm(graph_builder *g, const char *name, graph_value x, float eps);
graph_value graph_attention(graph_builder *g,
                            const char *name,
                            graph_value q,
                            graph_value k,
                            graph_value v,
                            size_t heads,
                            float scale,
                            bool causal);
/** silu, gelu, quick_gelu, geglu, upsample_nearest_2x: one source, no numbers. */
graph_value graph_unary(graph_builder *g, const char *name, graph_op op, graph_value x);
graph_value graph_add(graph_builder *g, const char *name, graph_value a, graph_value b);
graph_value graph_scale(graph_builder *g, const char *name, graph_value x, float factor);
graph_value graph_concat_channels(graph_builder *g, const char *name, graph_value a, graph_value b);
/** What guidance feeds its two halves. */
graph_value graph_repeat_batch(graph_builder *g, const char *name, graph_value x);
graph_value graph_embedding(
    graph_builder *g, const char *name, graph_value ids, size_t vocabulary, size_t channels);
graph_value graph_timestep_embedding(graph_builder *g,
                                     const char *name,
                                     graph_value t,
                                     size_t channels,
                                     bool flip_sin_to_cos,
                                     float shift);
/** `variance_noise` may be GRAPH_NONE. */
graph_value graph_guided_ddim_step(graph_builder *g,
                                   const char *name,
                                   graph_value latent,
                                   graph_value noise_pred,
                                   graph_value coefficients,
                                   graph_value variance_noise,
                                   bool guided);

#endif /* SD14_GRAPH_GRAPH_H */
