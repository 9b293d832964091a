/* SPDX-License-Identifier: Apache-2.0 */

/** Inside of the CPU backend: what compile.c makes, run.c runs, and the operator files compute with. */
#ifndef SD14_CPU_PROGRAM_H
#define SD14_CPU_PROGRAM_H

#include "backends/cpu/emulation.h"
#include "backends/cpu/kernels/kernels.h"
#include "backends/cpu/matmul.h"
#include "base/block_cache.h"
#include "base/thread_pool.h"
#include "graph/backend.h"
#include "graph/memory_plan.h"

typedef struct cpu_backend {
    backend base;
    thread_pool *pool;
    cpu_kernels kernels;
    isa_level isa;
    bool fast; /**< products of 16-bit integers: cpu_weight_form() says which */
    bool exact;
    bool emulates;
    emulation emulation;                  /**< if it does */
    char precision[EMULATION_TEXT_BYTES]; /**< sd14_model_info's */
    block_cache cache;                    /**< folder NULL: no weights are kept */
    char *cache_folder;
} cpu_backend;

/** One step of a program: a node, and what was fused into it. */
typedef struct cpu_step {
    graph_value node;     /**< the operator */
    graph_value result;   /**< whose value is made: the node's, or that of the last node fused in */
    bool silu;            /**< group_norm: silu follows */
    graph_value residual; /**< linear, conv2d: added at the end; GRAPH_NONE without */
    graph_value
        input; /**< the first source; of a convolution that does the upsampling before it too, that one's */
} cpu_step;

struct backend_program {
    cpu_backend *cpu;
    const graph *graph;
    const backend_weights *weights;
    cpu_step *steps;
    int n_steps;
    memory_span *spans; /**< per node: where its value lies in the arena */
    float **values; /**< per node: its memory in the arena, or during a run the caller's input */
    bool *integers; /**< per node, views apart: its value is i16_rows, not floats */
    char *arena;
    size_t arena_bytes;
    char *window; /**< the streamed weight of the step that runs, and scratch to pack it */
    size_t window_bytes;
    char *shared_scratch; /**< for the step that runs, all threads together */
    char *thread_scratch; /**< threads · thread_scratch_bytes */
    size_t shared_scratch_bytes;
    size_t thread_scratch_bytes;
};

/** What a step's operator asks of the scratch memory. */
typedef struct cpu_scratch {
    size_t shared;
    size_t per_thread;
} cpu_scratch;

/* ---- compile.c, run.c: functions of the vtable ------------------------------------------------- */

sd14_status cpu_plan(backend *self,
                     const graph *graph,
                     const tensor *tensors,
                     size_t weights_cap,
                     const backend_compile_options *options,
                     backend_plan *out_plan,
                     sd14_error *error);
sd14_status cpu_compile(backend *self,
                        const graph *graph,
                        const backend_weights *weights,
                        const backend_compile_options *options,
                        backend_program **out_program,
                        sd14_error *error);
void cpu_program_destroy(backend_program *program);
backend_memory cpu_program_memory(const backend_program *program);
sd14_status cpu_run(backend_program *program, const backend_run *run, sd14_error *error);

/* ---- weight_form.c ----------------------------------------------------------------------------- */

/** How the first weight of a node lies in memory. */
typedef enum weight_form {
    WEIGHT_PLAIN,        /**< float32 */
    WEIGHT_TABLE,        /**< as in the file */
    WEIGHT_PANELS_F32,   /**< matmul_pack() */
    WEIGHT_PANELS_I16,   /**< matmul_i16_pack() */
    WEIGHT_WINOGRAD,     /**< conv_winograd_prepare() */
    WEIGHT_UPSAMPLED,    /**< the same behind an upsampling */
    WEIGHT_WINOGRAD_I16, /**< conv_winograd_i16_pack(), and behind an upsampling */
    WEIGHT_UPSAMPLED_I16
} weight_form;

/** The one place that decides. */
weight_form cpu_weight_form(const cpu_backend *cpu, const graph *graph, const graph_node *node);

/** Bytes of a weight in its form, whole cache lines. */
size_t weight_form_bytes(const cpu_backend *cpu, const graph *graph, weight_form form, shape of);

/** Bytes that filling it takes for each thread. */
size_t weight_form_scratch(weight_form form, shape of);

/** Fills it from a file's tensor, whose pages it lets go. Nothing is done for a table.
 * @param scratch  threads · weight_form_scratch() */
void weight_form_fill(cpu_backend *cpu,
                      const graph *graph,
                      weight_form form,
                      const tensor *from,
                      void *values,
                      void *scratch);

/* ---- weights.c --------------------------------------------------------------------------------- */

sd14_status cpu_load_weights(backend *self,
                             const graph *graph,
                             const tensor *tensors,
                             const char *content,
                             size_t weights_cap,
                             const atomic_bool *cancel,
                             backend_weights **out_weights,
                             sd14_error *error);
/** Sets what a plan says of the weights, and the window_bytes of its programs. */
sd14_status cpu_weights_plan(const cpu_backend *cpu,
                             const graph *graph,
                             const tensor *tensors,
                             size_t weights_cap,
                             backend_plan *out_plan,
                             size_t *out_window,
                             sd14_error *error);
void cpu_weights_destroy(backend_weights *weights);
size_t cpu_weights_bytes(const backend_weights *weights);

/** What a program with these weights needs as its window. */
size_t cpu_weights_window(const cpu_backend *cpu, const backend_weights *weights);

/** Packs the step's weight into the window, if it is streamed. */
void cpu_stream_weight(backend_program *program, const cpu_step *step);

/** Weight `index` of the graph in its form (of a table: cpu_weight_table()); NULL for index -1. One that is streamed
 * is there while its step runs. */
const void *cpu_weight(const backend_program *program, int index);

/** The table of an embedding, still in the file's own type. */
const tensor *cpu_weight_table(const backend_weights *weights, int index);

/* ---- integer_values.c --------------------------------------------------------------------------- */

/** Sets `integers`, once the steps are made. */
void cpu_find_integers(backend_program *program);

/** Whether a value, or what it is a view of, is i16_rows. */
bool cpu_is_integers(const backend_program *program, graph_value value);
size_t cpu_value_bytes(const backend_program *program, graph_value value);

/** A step that makes its result row by row: the first member of the operator's job. */
typedef struct cpu_rows {
    backend_program *program;
    const cpu_step *step;
    void (*make)(const struct cpu_rows *of, size_t first, size_t rows, float *y);
} cpu_rows;

/** Makes some rows of the result, as floats or integers, on a thread of the pool. */
void cpu_make_rows(const cpu_rows *of, size_t first, size_t rows, int thread);

/** Bytes that it needs per thread. */
size_t cpu_rows_scratch(const backend_program *program, const cpu_step *step);

/* ---- operators: the step's node on the program's values ----------------------------------------- */

cpu_scratch cpu_step_scratch(const backend_program *program, const cpu_step *step);
void cpu_run_step(backend_program *program, const cpu_step *step);
cpu_scratch cpu_float32_step_scratch(const backend_program *program, const cpu_step *step);
void cpu_run_float32_step(backend_program *program, const cpu_step *step);

void cpu_group_norm(backend_program *program, const cpu_step *step);
size_t cpu_group_norm_scratch(const graph_node *node);
void cpu_layer_norm(backend_program *program, const cpu_step *step);
void cpu_elementwise(backend_program *program, const cpu_step *step);
void cpu_geglu(backend_program *program, const cpu_step *step);
void cpu_add(backend_program *program, const cpu_step *step);
void cpu_guided_ddim_step(backend_program *program, const cpu_step *step);
void cpu_concat_channels(backend_program *program, const cpu_step *step);
void cpu_repeat_batch(backend_program *program, const cpu_step *step);
void cpu_upsample_nearest_2x(backend_program *program, const cpu_step *step);
void cpu_embedding(backend_program *program, const cpu_step *step);
void cpu_timestep_embedding(backend_program *program, const cpu_step *step);
void cpu_matmul(backend_program *program, const cpu_step *step);
void cpu_attention(backend_program *program, const cpu_step *step);
matmul_shape cpu_matmul_shape(const graph_node *node, shape from);
/** Whether a conv2d goes through conv_winograd.h: the same for every size of picture. */
bool cpu_takes_winograd(const cpu_backend *cpu, const graph *graph, const graph_node *node);
/** Whether it reads the small picture behind which an upsample_nearest_2x is: whoever else reads the large one. */
bool cpu_takes_upsampling(const cpu_backend *cpu, const graph *graph, const graph_node *node);
/** Whether an attention is of 16-bit integers. */
bool cpu_takes_attention_i16(const cpu_backend *cpu, const graph *graph, const graph_node *node);
cpu_scratch cpu_matmul_scratch(const backend_program *program, const cpu_step *step);
cpu_scratch cpu_attention_scratch(const backend_program *program, const cpu_step *step);

/** Those of a node, of a backend that emulates. */
static inline const numerics *cpu_numerics(const backend_program *program, graph_value node)
{
    return &program->cpu->emulation.of[emulation_component(program->graph, node)];
}

/** Source i of the step's node (or what stands for it), its value and its shape. */
static inline graph_value
cpu_source_value(const backend_program *program, const cpu_step *step, int i)
{
    return i == 0 ? step->input : program->graph->nodes[step->node].src[i];
}

static inline const float *cpu_source(const backend_program *program, const cpu_step *step, int i)
{
    return program->values[cpu_source_value(program, step, i)];
}

static inline shape cpu_source_shape(const backend_program *program, const cpu_step *step, int i)
{
    return program->graph->nodes[cpu_source_value(program, step, i)].shape;
}

#endif /* SD14_CPU_PROGRAM_H */
