/* SPDX-License-Identifier: Apache-2.0 */

/* Graph to program: which nodes run as one step, and where each value lives. */
#include "backends/cpu/program.h"
#include "base/memory.h"

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

/* Nobody but convolutions that do it themselves reads the large picture. */
static bool is_done_by_its_readers(const backend_program *program, graph_value upsampling)
{
    const graph *graph = program->graph;
    int uses = 0;
    for (graph_value i = upsampling + 1; i < graph->n_nodes; i++) {
        const graph_node *node = &graph->nodes[i];
        uses += node->src[0] == upsampling && cpu_takes_upsampling(program->cpu, graph, node);
    }
    return uses == graph_uses(graph, upsampling);
}

static cpu_step make_step(const backend_program *program, graph_value i)
{
    const graph *graph = program->graph;
    const graph_value source = graph->nodes[i].src[0];
    const bool upsamples = cpu_takes_upsampling(program->cpu, graph, &graph->nodes[i]);
    return (cpu_step){.node = i,
                      .result = i,
                      .residual = GRAPH_NONE,
                      .input = upsamples ? graph->nodes[source].src[0] : source};
}

static void make_steps(backend_program *program, bool keep_nodes)
{
    const graph *graph = program->graph;
    keep_nodes = keep_nodes || program->cpu->emulates; /* each value is rounded as it is stored */
    for (graph_value i = 0; i < graph->n_nodes; i++) {
        const graph_op op = graph->nodes[i].op;
        if (op == OP_input || op == OP_view) continue;
        if (!keep_nodes && op == OP_silu && fuse_silu(program, i)) continue;
        if (!keep_nodes && op == OP_add && fuse_residual(program, i)) continue;
        if (!keep_nodes && op == OP_upsample_nearest_2x && is_done_by_its_readers(program, i))
            continue;
        program->steps[program->n_steps++] = make_step(program, i);
    }
}

/* ---- memory -------------------------------------------------------------------------------------- */

static void use_at(memory_span *spans, const graph *graph, graph_value value, int step)
{
    if (value != GRAPH_NONE) spans[graph_storage(graph, value)].last = step;
}

/* A caller's input is not ours to round: it needs a copy, before the first step. */
static void keep_inputs(backend_program *program)
{
    const graph *graph = program->graph;
    for (int i = 0; i < graph->n_inputs && program->cpu->emulates; i++) {
        const graph_node *node = &graph->nodes[graph->inputs[i]];
        if (node->type != DTYPE_F32 || emulation_is_number(graph, graph->inputs[i])) continue;
        program->spans[graph->inputs[i]].bytes = shape_count(node->shape) * sizeof(float);
    }
}

/* Every value lives from the step that makes it to the last that reads it, itself or through views. */
static void find_lives(backend_program *program)
{
    const graph *graph = program->graph;
    memory_span *spans = program->spans;
    for (int i = 0; i < program->n_steps; i++) {
        const cpu_step *step = &program->steps[i];
        spans[step->result].bytes = cpu_value_bytes(program, step->result);
        spans[step->result].first = i;
        spans[step->result].last = i;
        for (int s = 0; s < OP_SOURCES_MAX; s++)
            use_at(spans, graph, cpu_source_value(program, step, s), i);
        use_at(spans, graph, step->residual, i);
    }
    for (int i = 0; i < graph->n_outputs; i++)
        use_at(spans, graph, graph->outputs[i], program->n_steps);
}

static void find_scratch(backend_program *program)
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
}

static sd14_status allocate(backend_program *program, sd14_error *error)
{
    const graph *graph = program->graph;
    program->arena = mem_aligned_array(program->arena_bytes, 1);
    if (program->arena == NULL) {
        FAIL(error, OUT_OF_MEMORY,
             "%s: not enough memory for %zu MiB of activations; use a smaller size", graph->name,
             program->arena_bytes >> 20);
    }
    for (graph_value i = 0; i < graph->n_nodes; i++) {
        const memory_span *span = &program->spans[graph_storage(graph, i)];
        if (span->bytes == 0) continue; /* the caller's input, or fused away */
        program->values[i] = (float *)(void *)(program->arena + span->offset);
    }
    const size_t threads = (size_t)thread_pool_threads(program->cpu->pool);
    program->window = mem_aligned_array(program->window_bytes, 1);
    program->shared_scratch = mem_aligned_array(program->shared_scratch_bytes, 1);
    program->thread_scratch = mem_aligned_array(threads, program->thread_scratch_bytes);
    if (program->window == NULL || program->shared_scratch == NULL ||
        program->thread_scratch == NULL) {
        FAIL_NO_MEMORY(error, "scratch space");
    }
    return SD14_OK;
}

/* ---- the whole ------------------------------------------------------------------------------------ */

/* All of a program but the memory that it runs in, of which it knows how much. NULL: no memory. */
static backend_program *
describe(backend *self, const graph *graph, const backend_compile_options *options)
{
    const size_t n_nodes = (size_t)graph->n_nodes;
    backend_program *program = mem_array(1, sizeof(*program));
    if (program == NULL) return NULL;
    program->cpu = (cpu_backend *)self;
    program->graph = graph;
    program->steps = mem_array(n_nodes, sizeof(*program->steps));
    program->spans = mem_array(n_nodes, sizeof(*program->spans));
    program->values = mem_array(n_nodes, sizeof(*program->values));
    program->integers = mem_array(n_nodes, sizeof(*program->integers));
    if (program->steps != NULL && program->spans != NULL && program->values != NULL &&
        program->integers != NULL) {
        make_steps(program, options->keep_nodes);
        if (program->cpu->fast && !options->keep_nodes) cpu_find_integers(program);
        keep_inputs(program);
        find_lives(program);
        find_scratch(program);
        /* It fails for want of memory alone. */
        if (memory_plan(program->spans, graph->n_nodes, &program->arena_bytes, NULL) == SD14_OK)
            return program;
    }
    cpu_program_destroy(program);
    return NULL;
}

sd14_status cpu_plan(backend *self,
                     const graph *graph,
                     const tensor *tensors,
                     size_t weights_cap,
                     const backend_compile_options *options,
                     backend_plan *out_plan,
                     sd14_error *error)
{
    size_t window;
    TRY(cpu_weights_plan((const cpu_backend *)self, graph, tensors, weights_cap, out_plan, &window,
                         error));
    backend_program *program = describe(self, graph, options);
    if (program == NULL) FAIL_NO_MEMORY(error, "a memory plan");
    program->window_bytes = window;
    out_plan->program = cpu_program_memory(program);
    cpu_program_destroy(program);
    return SD14_OK;
}

sd14_status cpu_compile(backend *self,
                        const graph *graph,
                        const backend_weights *weights,
                        const backend_compile_options *options,
                        backend_program **out_program,
                        sd14_error *error)
{
    backend_program *program = describe(self, graph, options);
    if (program == NULL) FAIL_NO_MEMORY(error, "a program");
    program->weights = weights;
    program->window_bytes = cpu_weights_window(program->cpu, weights);
    const sd14_status status = allocate(program, error);
    if (status != SD14_OK) {
        cpu_program_destroy(program);
        return status;
    }
    *out_program = program;
    return SD14_OK;
}

backend_memory cpu_program_memory(const backend_program *program)
{
    const size_t threads = (size_t)thread_pool_threads(program->cpu->pool);
    return (backend_memory){
        .activations = program->arena_bytes,
        .scratch = program->window_bytes + program->shared_scratch_bytes +
                   threads * program->thread_scratch_bytes,
    };
}

void cpu_program_destroy(backend_program *program)
{
    if (program == NULL) return;
    mem_free(program->steps);
    mem_free(program->spans);
    mem_free(program->values);
    mem_free(program->integers);
    mem_free(program->arena);
    mem_free(program->window);
    mem_free(program->shared_scratch);
    mem_free(program->thread_scratch);
    mem_free(program);
}
