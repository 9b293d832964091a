/* SPDX-License-Identifier: Apache-2.0 */

/**
 * Inside of the lowering: what the operators' files share.
 *
 * Calls below never fail by themselves: the first thing that goes wrong is remembered, later calls do nothing
 * and return TT_NO_SLOT, and tt_program_create() reports it.
 */
#ifndef SD14_TTNN_LOWER_H
#define SD14_TTNN_LOWER_H

#include "backends/ttnn/ttnn_program.h"

enum { TT_NO_SLOT = -1 };

/** What became of a node. */
typedef struct lowered {
    int slot;
    size_t
        padded_head_dim; /**< attention whose heads stay padded, for the one linear that reads it; or 0 */
    bool hidden;         /**< its reader does its work: nothing is made */
    bool split;          /**< each chip has one half of its batch */
    bool exact;          /**< an input that the scheduler's arithmetic reads: float32 */
} lowered;

typedef struct lowering {
    tt_program *program;
    const graph *graph;
    const tt_component_settings *settings;
    bool keep_nodes;
    graph_value node;  /**< being lowered; GRAPH_NONE: none yet */
    lowered *nodes;    /**< per node of the graph */
    int kernel_config; /**< objects' slots; TT_NO_SLOT until they are asked for */
    int exact_config;
    int conv_config;
    int shard_conv_config;
    int capacity_slots, capacity_setup, capacity_body, capacity_inputs, capacity_weights;
    sd14_status status;
    sd14_error *error;
} lowering;

/** Remembers the first failure. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void lower_fail(lowering *l, sd14_status status, const char *format, ...);

/* ---- lower_calls.c: slots ------------------------------------------------------------------------- */

int lower_slot(lowering *l, tt_slot_kind kind, tt_tensor tensor);

/** A tensor's description; zeros for TT_NO_SLOT. */
tt_tensor lower_tensor(const lowering *l, int slot);

/** A new input; its slot is made here. */
int lower_input(lowering *l, const tt_input *input);

/** The slot of a weight of that recipe, made once. */
int lower_weight(lowering *l, const weight_recipe *recipe, tt_dtype type, tt_layout layout);

/** As lower_weight(), for conv2d, which prepares it for an image of that geometry. */
int lower_conv_weight(lowering *l, const weight_recipe *recipe, const char *geometry);

/** A weight that conv2d prepares for an image in shards: another than for one that is not. */
void lower_shard_weight(lowering *l, int slot, tt_grid grid);

/* ---- lower_shards.c --------------------------------------------------------------------------------- */

/** The cores that an image's rows and channels divide among, with whole tiles and whole groups of channels on
 * each, and no core with rows of two items; no rows: there are none such, or a shard is too large. */
tt_grid lower_grid(const lowering *l, const tt_tensor *image, size_t items);

/** As an argument: ttnn's CoreGrid, made once. */
json_t *lower_core_grid(lowering *l, tt_grid grid);

/** As an argument: the memory configuration of a tensor's block shards, made once. */
json_t *lower_shards(lowering *l, const tt_tensor *of);

/* ---- lower_calls.c: calls --------------------------------------------------------------------------- */

json_t *arg_slot(int slot);
json_t *arg_name(const char *name); /**< below "ttnn" */
json_t *arg_sizes(const size_t *values, int n);
json_t *arg_tuple(const size_t *values, int n);
json_t *arg_memory(tt_memory memory);

/** Takes over the call. */
void lower_append(lowering *l, tt_call call);

/** Takes over args, kwargs and out. */
void lower_call(lowering *l, const char *function, json_t *args, json_t *kwargs, json_t *out);

/** The same with memory_config, and a new slot for its one result. */
int lower_make(lowering *l, const char *function, json_t *args, json_t *kwargs, tt_tensor result);

/** A configuration, made by a setup call. */
int lower_object(lowering *l, const char *function, json_t *kwargs);

/* One ttnn function each. */
int lower_unary(lowering *l, const char *function, int x);
int lower_binary(lowering *l, const char *function, int a, int b); /**< of a's shape and type */
int lower_scalar(lowering *l, const char *function, int x, double value);
int lower_reshape(lowering *l, int x, shape to);
int lower_layout(lowering *l, int x, tt_layout layout);
int lower_typecast(lowering *l, int x, tt_dtype type);
int lower_slice(lowering *l, int x, int axis, size_t first, size_t count);
int lower_pad(lowering *l, int x, int axis, size_t to);
int lower_concat(lowering *l, int a, int b, int axis);
int lower_swap_heads(lowering *l, int x); /**< axes 1 and 2 */
/** linear; bias TT_NO_SLOT, activation NULL: none. */
int lower_product(lowering *l, int x, int weight, int bias, const char *activation);

/* ---- lower_values.c ---------------------------------------------------------------------------------- */

/** The node's shape on one chip. */
shape lower_shape(const lowering *l, graph_value value);

/** A shape of the graph as the device holds it: see ttnn_program.h. */
shape lower_form(shape of);

/** The node's value in its form as it was made; an input is uploaded when it is first asked for. */
int lower_raw(lowering *l, graph_value value);

/** The node's value in its form and a type that the network computes with. */
int lower_value(lowering *l, graph_value value);

/** The node's value in its form and float32. */
int lower_value_f32(lowering *l, graph_value value);

/** A value in the form of `of` as [items, 1, rows, channels] without padding. */
int lower_to_items(lowering *l, int x, shape of);

/** Such rows in the form of `to`, which has as many elements. */
int lower_from_items(lowering *l, int x, shape to);

/** The input behind repeat_batch nodes, or GRAPH_NONE. */
graph_value lower_input_of(const lowering *l, graph_value value);

/* ---- operators ---------------------------------------------------------------------------------------- */

/** Lowers a node. @return the slot of its value. */
typedef int lower_fn(lowering *l, const graph_node *node);

lower_fn lower_view;
lower_fn lower_linear;
lower_fn lower_conv2d;
lower_fn lower_group_norm;
lower_fn lower_layer_norm;
lower_fn lower_attention;
lower_fn lower_activation;
lower_fn lower_quick_gelu;
lower_fn lower_geglu;
lower_fn lower_add;
lower_fn lower_scale;
lower_fn lower_concat_channels;
lower_fn lower_repeat_batch;
lower_fn lower_upsample_nearest_2x;
lower_fn lower_embedding;
lower_fn lower_timestep_embedding;
lower_fn lower_guided_ddim_step;

/** The product of a linear or 1x1 convolution with its source; activation NULL: none. */
int lower_linear_of(lowering *l, const graph_node *node, const char *activation);

/** A product by recipe, with a bias of the same sources if any has one. */
int lower_products(
    lowering *l, int x, const weight_recipe *recipe, const int *bias, const char *activation);

/** gelu of a slot, as exact as the settings want it. */
int lower_gelu(lowering *l, int x);

/** As an argument: the Conv2dConfig of a convolution whose image is in shards. */
json_t *lower_shard_conv_config(lowering *l);

/** A WormholeComputeKernelConfig. */
int lower_kernel_config(lowering *l, tt_fidelity fidelity, bool fp32, bool approx, bool packer_l1);

/* ---- lower_shard.c, lower_placement.c, lower_patterns.c --------------------------------------------------------------------------------- */

/** Keeps values in block shards between calls, where the settings want that: after the last call. */
void lower_shard(lowering *l);

/** Moves values from DRAM to L1, where the settings want that: after the last call and all drops. */
void lower_place(lowering *l);

/** Whether the value is a linear's that nothing but one node reads. */
bool lower_is_private_linear(const lowering *l, graph_value value);

/** The only reader of a value, or GRAPH_NONE. */
graph_value lower_only_reader(const lowering *l, graph_value value);

/** Marks the nodes whose work their only reader takes over. */
void lower_find_patterns(lowering *l);

/** With two chips: marks what lies between repeat_batch and the guided step that it feeds. */
void lower_find_split(lowering *l);

#endif /* SD14_TTNN_LOWER_H */
