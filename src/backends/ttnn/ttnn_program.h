/* SPDX-License-Identifier: Apache-2.0 */

/**
 * A graph lowered to calls of ttnn functions: plain data that a device process executes.
 *
 * Values stand in slots, numbered here from 0; whoever runs the program says which slot of the device each
 * of them is, so that programs share weights, and an output may be the next run's input.
 *
 *     graph ── tt_program_create() ──▶ setup calls, once ─▶ body calls, every run
 *                                      inputs: what is uploaded before, and how it is prepared
 *                                      weights: what is uploaded once, by recipe
 *                                      outputs: what is downloaded after, and how it is cut to the graph's shape
 *
 * On the device an image [b, h, w, c] is [1, 1, b·h·w, c]; tokens [b, t, c] are [b, 1, t', c] with t' a multiple
 * of 32, rows t and after being padding of any finite value; a vector [b, c] is [b, 1, 1, c]; [n] is [1, 1, 1, n].
 */
#ifndef SD14_TTNN_PROGRAM_H
#define SD14_TTNN_PROGRAM_H

#include <jansson.h>

#include "backends/ttnn/ttnn_settings.h"
#include "backends/ttnn/weight_recipe.h"
#include "graph/graph.h"

enum { TT_TILE_SIDE = 32 };

static inline size_t tt_round_up(size_t n)
{
    return (n + TT_TILE_SIDE - 1) / TT_TILE_SIDE * TT_TILE_SIDE;
}

typedef enum tt_layout { TT_TILE, TT_ROW_MAJOR } tt_layout;

typedef enum tt_memory {
    TT_DRAM,
    TT_L1,
    TT_HOST /**< conv2d's weights, which the first call replaces by what it prepared on the device */
} tt_memory;

/** Cores from the first on; no rows: none. */
typedef struct tt_grid {
    size_t rows, columns;
} tt_grid;

/** A tensor of ttnn. Its shape has four axes, but ids have two: [b, t]. */
typedef struct tt_tensor {
    tt_dtype type;
    tt_layout layout;
    tt_memory memory;
    tt_grid
        grid; /**< TT_L1 in block shards: each core has as many rows and channels; none: interleaved */
    shape shape;
} tt_tensor;

static inline bool tt_is_sharded(const tt_tensor *of)
{
    return of->grid.rows != 0;
}

/** The rows and columns of each core's shard. */
static inline void tt_shard_sides(const tt_tensor *of, size_t out_sides[2])
{
    out_sides[0] = shape_rows(of->shape) / of->grid.rows;
    out_sides[1] = shape_last(of->shape) / of->grid.columns;
}

typedef enum tt_slot_kind {
    TT_SLOT_VALUE, /**< made by a call; dropped by the last one that reads it, unless it is an output */
    TT_SLOT_INPUT,  /**< uploaded before a run; stays */
    TT_SLOT_WEIGHT, /**< uploaded once; stays */
    TT_SLOT_OBJECT  /**< not a tensor: a configuration that a setup call makes; stays */
} tt_slot_kind;

typedef struct tt_slot {
    tt_slot_kind kind;
    tt_tensor tensor; /**< on each chip */
    int storage;      /**< the slot whose memory this one shares: itself, or what it is a view of */
} tt_slot;

typedef struct tt_call {
    const char *function; /**< below "ttnn" */
    json_t *args;
    json_t *kwargs;
    json_t *out; /**< a slot, or a list of them as the function returns it; null: not wanted */
    int *drop;   /**< slots read for the last time */
    int n_drop;
    graph_value node; /**< GRAPH_NONE in setup calls */
} tt_call;

typedef enum tt_prepare {
    TT_PREPARE_ROWS,        /**< float32, tokens padded with zeros */
    TT_PREPARE_IDS,         /**< int32, tokens padded with zeros */
    TT_PREPARE_TIMESTEPS,   /**< t [b] -> timestep_embedding's features */
    TT_PREPARE_COEFFICIENT, /**< one of DDIM_COEFFICIENTS */
    TT_PREPARE_RECIPROCAL   /**< 1 / one of them */
} tt_prepare;

/** Something uploaded before a run. One input of a graph may give several. */
typedef struct tt_input {
    int input; /**< which of the graph's inputs */
    int slot;
    tt_prepare prepare;
    tt_tensor tensor; /**< as uploaded; with shard, of all chips together */
    int shard;        /**< the axis that is shared out to the chips; -1: every chip gets it all */
    graph_value
        node;     /**< TT_PREPARE_TIMESTEPS: the timestep_embedding; TT_PREPARE_IDS: an embedding */
    size_t which; /**< TT_PREPARE_COEFFICIENT, _RECIPROCAL */
    size_t rows;  /**< TT_PREPARE_ROWS, _IDS: of each item, before padding */
} tt_input;

typedef struct tt_weight {
    char *key; /**< two weights of programs of one graph with equal keys may share a slot */
    int slot;
    weight_recipe recipe; /**< its shape is the tensor's */
} tt_weight;

/** A value that can be downloaded. */
typedef struct tt_output {
    graph_value node;
    int slot;
    int call; /**< of the body: the value is there after it, until its last reader has run */
    int chips; /**< 1: every chip has it all, download from chip 0; 2: each has half, chip 0 the first */
    size_t rows; /**< of each item of the tensor's first axis, before padding */
} tt_output;

typedef struct tt_program {
    const graph *graph; /**< borrowed */
    tt_settings settings;
    tt_slot *slots;
    int n_slots;
    tt_call *setup;
    int n_setup;
    tt_call *body;
    int n_body;
    tt_input *inputs;
    int n_inputs;
    tt_weight *weights;
    int n_weights;
    tt_output *outputs; /**< [graph->n_outputs], in their order */
    int n_outputs;
    tt_output *taps; /**< with keep_nodes, every node that computes, in order of `call` */
    int n_taps;
} tt_program;

/**
 * @param keep_nodes  Nothing is fused away, and every node can be tapped.
 * @return SD14_OK; SD14_ERROR_INVALID_ARGUMENT for a graph that cannot be lowered;
 *         SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status tt_program_create(const graph *graph,
                                             const tt_settings *settings,
                                             bool keep_nodes,
                                             tt_program **out_program,
                                             sd14_error *error);

/** NULL is fine. */
void tt_program_destroy(tt_program *program);

/**
 * Calls as the device process reads them: a list of {"f", "a", "k", "o", "d", "n"}.
 * @param calls  of->setup or of->body
 * @param slots  the device's slot for each of the program's; NULL: the same numbers
 * @return NULL without memory. The caller's to json_decref().
 */
json_t *tt_program_calls_json(const tt_call *calls, int n_calls, const int *slots);

/** Bytes that tt_input_fill() writes: 4 for each element of the tensor. */
size_t tt_input_bytes(const tt_input *input);

/**
 * What is uploaded, from the graph's input: float32, or int32 for TT_PREPARE_IDS; row-major, padding included.
 * @return SD14_OK; SD14_ERROR_MODEL: an id is outside its table.
 */
SD14_NODISCARD sd14_status tt_input_fill(const tt_program *program,
                                         const tt_input *input,
                                         const void *data,
                                         void *out,
                                         sd14_error *error);

/** Elements that a download from one chip brings. */
size_t tt_output_count(const tt_program *program, const tt_output *output);

/**
 * Cuts a download to the graph's shape.
 * @param downloaded  tt_output_count() float32 numbers, from `chip`
 * @param out         of the node's whole shape; this chip's part is written
 */
void tt_output_take(const tt_program *program,
                    const tt_output *output,
                    int chip,
                    const float *downloaded,
                    float *out);

/** A tensor's bytes on the device, tiles filled up. */
size_t tt_tensor_bytes(const tt_tensor *of);

#endif /* SD14_TTNN_PROGRAM_H */
