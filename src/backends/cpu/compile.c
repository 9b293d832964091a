/* SPDX-License-Identifier: Apache-2.0 */

/* Graph to program: which nodes run as one step, and where each value lives. */
#include "backends/cpu/program.h"
#include "base/memory.h"
#include "graph/memory_plan.h"

/* ---- steps -------------------------------------------------------------------------------------- */

static bool is_matmul(const graph_node *node)
{
    return node->op == OP_linear || node->op == OP_conv2d;
}

/* The step that makes the value, if fusing into it is possible: nobody else reads the value. */
static cpu_step *sole_maker(backend_program *program, graph_value value)
{
    const graph *graph = program->graph;
    while (graph->nodes[value].op == OP_view && graph_uses(graph, value) == 1) {
        value = graph->nodes[value].src[0];
    }
    if (graph_uses(graph, value) != 1) return NULL;
    for (int i = program->n_steps - 1; i >= 0; i--) {
        if (program->steps[i].result == value) return &program->steps[i];
    }
    return NULL;
}

/* group_norm, silu: one pass over the pixels less. */
static bool fuse_silu(backend_program *program, graph_value node)
{
    cpu_step *maker = sole_maker(program, program->graph->nodes[node].src[0]);
    if (maker == NULL || program->graph->nodes[maker->node].op != OP_group_norm || maker->silu)
        return false;
    maker->silu = true;
    maker->result = node;
    return true;
}

/* x + product: the product's epilogue adds x, if x is there by then. */
static bool fuse_residual(backend_program *program, graph_value node)
{
    const graph *graph = program->graph;
    const graph_value *src = graph->nodes[node].src;
    if (!shape_equal(graph->nodes[src[0]].shape, graph->nodes[src[1]].shape)) return false;

    const int later = graph_storage(graph, src[1]) > graph_storage(graph, src[0]);
    cpu_step *maker = sole_maker(program, src[later]);
    if (maker == NULL || !is_matmul(&graph->nodes[maker->node]) || maker->residual != GRAPH_NONE)
        return false;
    maker->residual = src[1 - later];
    maker->result = node;
    return true;
}

static void make_steps(backend_program *program, bool keep_nodes)
{
    const graph *graph = program->graph;
    for (graph_value i = 0; i < graph->n_nodes; i++) {
        const graph_op op = graph->nodes[i].op;
        if (op == OP_input || op == OP_view) continue;
        if (!keep_nodes && op == OP_silu && fuse_silu(program, i)) continue;
        if (!keep_nodes && op == OP_add && fuse_residual(program, i)) continue;
        program->steps[program->n_steps++] =
            (cpu_step){.node = i, .result = i, .residual = GRAPH_NONE};
    }
}

/* ---- memory -------------------------------------------------------------------------------------- */

static void use_at(memory_span *spans, const graph *graph, graph_value value, int step)
{
    if (value != GRAPH_NONE) spans[graph_storage(graph, value)].last = step;
}

/* Every value lives from the step that makes it to the last that reads it, itself or through views. */
static void find_lives(const backend_program *program, memory_span *spans)
{
    const graph *graph = program->graph;
    for (int i = 0; i < program->n_steps; i++) {
        const cpu_step *step = &program->steps[i];
        spans[step->result].bytes = shape_count(graph->nodes[step->result].shape) * sizeof(float);
        spans[step->result].first = i;
        spans[step->result].last = i;
        for (int s = 0; s < OP_SOURCES_MAX; s++)
            use_at(spans, graph, graph->nodes[step->node].src[s], i);
        use_at(spans, graph, step->residual, i);
    }
    for (int i = 0; i < graph->n_outputs; i++)
        use_at(spans, graph, graph->outputs[i], program->n_steps);
}

static sd14_status place_values(backend_program *program, sd14_error *error)
{
    const graph *graph = program->graph;
    memory_span *spans = mem_array((size_t)graph->n_nodes, sizeof(*spans));
    if (spans == NULL) FAIL_NO_MEMORY(error, "the memory plan");
    find_lives(program, spans);
    sd14_status status = memory_plan(spans, graph->n_nodes, &program->arena_bytes, error);
    if (status == SD14_OK) {
        program->arena = mem_aligned_array(program->arena_bytes, 1);
        if (program->arena == NULL) {
            status =
                error_set(error, SD14_ERROR_OUT_OF_MEMORY,
                          "%s: not enough memory for %zu MiB of activations; use a smaller size",
                          graph->name, program->arena_bytes >> 20);
        }
    }
    for (graph_value i = 0; status == SD14_OK && i < graph->n_nodes; i++) {
        const graph_value storage = graph_storage(graph, i);
        if (spans[storage].bytes == 0) continue; /* an input, or fused away */
        program->values[i] = (float *)(void *)(program->arena + spans[storage].offset);
    }
    mem_free(spans);
    return status;
}

static sd14_status make_scratch(backend_program *program, sd14_error *error)
{
    for (int i = 0; i < program->n_steps; i++) {
        const cpu_scratch needed = cpu_step_scratch(program, &program->steps[i]);
        if (needed.shared > program->shared_scratch_bytes)
            program->shared_scratch_bytes = needed.shared;
        if (needed.per_thread > program->thread_scratch_bytes)
            program->thread_scratch_bytes = needed.per_thread;
    }
    const size_t line = MEM_ALIGNMENT;
    program->thread_scratch_bytes = (program->thread_scratch_bytes + line - 1) / line * line;
    const size_t threads = (size_t)thread_pool_threads(program->cpu->pool);
    program->shared_scratch = mem_aligned_array(program->shared_scratch_bytes, 1);
    program->thread_scratch = mem_aligned_array(threads, program->thread_scratch_bytes);
    if (program->shared_scratch == NULL || program->thread_scratch == NULL) {
        FAIL_NO_MEMORY(error, "scratch space");
    }
    return SD14_OK;
}

/* ---- the whole ------------------------------------------------------------------------------------ */

sd14_status cpu_compile(backend *self,
                        const graph *graph,
                        const backend_weights *weights,
                        const backend_compile_options *options,
                        backend_program **out_program,
                        sd14_error *error)
{
    sd14_status status = SD14_OK;
    backend_program *program = mem_array(1, sizeof(*program));
    if (program == NULL) FAIL_NO_MEMORY(error, "a program");
    program->cpu = (cpu_backend *)self;
    program->graph = graph;
    program->weights = weights;
    program->steps = mem_array((size_t)graph->n_nodes, sizeof(*program->steps));
    program->values = mem_array((size_t)graph->n_nodes, sizeof(*program->values));
    if (program->steps == NULL || program->values == NULL) {
        status = error_set(error, SD14_ERROR_OUT_OF_MEMORY, "not enough memory for a program");
        goto done;
    }
    make_steps(program, options->keep_nodes);
    TRY_DONE(place_values(program, error));
    TRY_DONE(make_scratch(program, error));
    *out_program = program;
    program = NULL;
done:
    cpu_program_destroy(program);
    return status;
}

void cpu_program_destroy(backend_program *program)
{
    if (program == NULL) return;
    mem_free(program->steps);
    mem_free(program->values);
    mem_free(program->arena);
    mem_free(program->shared_scratch);
    mem_free(program->thread_scratch);
    mem_free(program);
}
