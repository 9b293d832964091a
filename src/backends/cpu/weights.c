/* SPDX-License-Identifier: Apache-2.0 */

/* Weights as the kernels want them. Each is brought into its form straight from the mapped file, whose pages are then
 * let go: there is never a second copy of the whole in memory. What does not fit under a cap is streamed: made in a
 * program's window each time that its step runs. */
#include <stdio.h>
#include <string.h>

#include "backends/cpu/program.h"
#include "base/memory.h"
#include "base/sizes.h"

typedef struct cpu_weight_entry {
    weight_form form;
    bool streamed;
    size_t bytes; /**< in its form */
    tensor from;  /**< a table, or streamed: as it lies in the file */
    void *values; /**< otherwise: owned by `block` */
} cpu_weight_entry;

struct backend_weights {
    cpu_weight_entry *entries;
    int n_entries;
    char *block; /**< all values, in the graph's order: `cached`, or memory of its own */
    size_t block_bytes;
    size_t streamed_bytes, largest_streamed;
    size_t scratch_bytes; /**< per thread, while they are packed */
    cached_block cached;
};

static void mark_forms(const cpu_backend *cpu, const graph *graph, cpu_weight_entry *entries)
{
    for (int i = 0; i < graph->n_nodes; i++) {
        const graph_node *node = &graph->nodes[i];
        if (node->weight[0] >= 0) entries[node->weight[0]].form = cpu_weight_form(cpu, graph, node);
    }
}

/* Panels are streamed from the first on that has no room; what is small and read often never is. */
static void share_out(backend_weights *weights, size_t cap)
{
    size_t fixed = 0;
    for (int i = 0; i < weights->n_entries; i++) {
        const cpu_weight_entry *entry = &weights->entries[i];
        if (entry->form == WEIGHT_PLAIN) fixed += entry->bytes;
    }
    size_t left = cap > fixed ? cap - fixed : 0;
    weights->block_bytes = fixed;
    for (int i = 0; i < weights->n_entries; i++) {
        cpu_weight_entry *entry = &weights->entries[i];
        if (entry->form == WEIGHT_PLAIN || entry->form == WEIGHT_TABLE) continue;
        entry->streamed = entry->bytes > left;
        if (entry->streamed) {
            left = 0;
            weights->streamed_bytes += entry->bytes;
            weights->largest_streamed = larger(weights->largest_streamed, entry->bytes);
        } else {
            left -= entry->bytes;
            weights->block_bytes += entry->bytes;
        }
    }
}

/* How each lies in memory and how large they are together; no values yet. NULL: no memory. */
static backend_weights *describe(const cpu_backend *cpu, const graph *graph, size_t cap)
{
    backend_weights *weights = mem_array(1, sizeof(*weights));
    if (weights == NULL) return NULL;
    weights->n_entries = graph->n_weights;
    weights->entries = mem_array((size_t)graph->n_weights, sizeof(*weights->entries));
    if (weights->entries == NULL) {
        cpu_weights_destroy(weights);
        return NULL;
    }
    mark_forms(cpu, graph, weights->entries);
    for (int i = 0; i < graph->n_weights; i++) {
        cpu_weight_entry *entry = &weights->entries[i];
        const shape of = graph->weights[i].shape;
        entry->bytes = weight_form_bytes(cpu, graph, entry->form, of);
        weights->scratch_bytes =
            larger(weights->scratch_bytes, weight_form_scratch(entry->form, of));
    }
    share_out(weights, cap);
    return weights;
}

static size_t all_scratch(const cpu_backend *cpu, const backend_weights *weights)
{
    return (size_t)thread_pool_threads(cpu->pool) * weights->scratch_bytes;
}

sd14_status cpu_weights_plan(const cpu_backend *cpu,
                             const graph *graph,
                             const tensor *tensors,
                             size_t weights_cap,
                             backend_plan *out_plan,
                             size_t *out_window,
                             sd14_error *error)
{
    backend_weights *weights = describe(cpu, graph, weights_cap);
    if (weights == NULL) FAIL_NO_MEMORY(error, "the weights");
    *out_plan =
        (backend_plan){.weights = cpu_weights_bytes(weights), .streamed = weights->streamed_bytes};
    *out_window = cpu_weights_window(cpu, weights);
    for (int i = 0; i < graph->n_weights; i++) {
        if (weights->entries[i].form == WEIGHT_TABLE) continue; /* read row by row */
        const size_t bytes = shape_count(graph->weights[i].shape) * dtype_bytes(tensors[i].type);
        out_plan->loading = larger(out_plan->loading, bytes);
    }
    out_plan->loading += all_scratch(cpu, weights);
    cpu_weights_destroy(weights);
    return SD14_OK;
}

static sd14_status fill_each(cpu_backend *cpu,
                             const graph *graph,
                             const tensor *tensors,
                             const atomic_bool *cancel,
                             backend_weights *weights,
                             void *scratch,
                             sd14_error *error)
{
    char *next = weights->block;
    for (int i = 0; i < graph->n_weights; i++) {
        if (cancel != NULL && atomic_load_explicit(cancel, memory_order_relaxed))
            FAIL(error, CANCELLED, "cancelled");
        tensor from = tensors[i];
        from.shape = graph->weights[i].shape; /* trailing axes of 1 may differ */
        cpu_weight_entry *entry = &weights->entries[i];
        entry->from = from;
        if (entry->streamed) continue;
        entry->values = next;
        if (!weights->cached.ready) weight_form_fill(cpu, graph, entry->form, &from, next, scratch);
        next += entry->bytes;
    }
    return SD14_OK;
}

static sd14_status fill_all(cpu_backend *cpu,
                            const graph *graph,
                            const tensor *tensors,
                            const atomic_bool *cancel,
                            backend_weights *weights,
                            sd14_error *error)
{
    void *scratch = mem_aligned_array(all_scratch(cpu, weights), 1);
    if (scratch == NULL) FAIL_NO_MEMORY(error, "packing weights");
    const sd14_status status = fill_each(cpu, graph, tensors, cancel, weights, scratch, error);
    mem_free(scratch);
    return status;
}

/* ---- their memory -------------------------------------------------------------------------------- */

/* Goes up whenever the bytes of a prepared weight change for any other reason than those in name_block(). */
enum { PREPARED_VERSION = 5 };

/* All that the block's bytes follow from. The panels are the same for every instruction set. */
static sd14_status name_block(const cpu_backend *cpu,
                              const graph *graph,
                              const char *content,
                              const backend_weights *weights,
                              char out_name[SHA256_TEXT_BYTES],
                              sd14_error *error)
{
    char form[2 * EMULATION_TEXT_BYTES];
    sha256 hash = {0};
    TRY(sha256_init(&hash, error));
    (void)snprintf(form, sizeof(form), "%d %s %s", (int)PREPARED_VERSION, graph->name,
                   cpu->precision);
    sd14_status status = sha256_add(&hash, content, SHA256_TEXT_BYTES, error);
    if (status == SD14_OK) status = sha256_add(&hash, form, strlen(form) + 1, error);
    for (int i = 0; status == SD14_OK && i < graph->n_weights; i++) {
        const graph_weight *weight = &graph->weights[i];
        (void)snprintf(form, sizeof(form), "%d %zu %s", (int)weights->entries[i].form,
                       weights->entries[i].bytes, weight->name);
        status = sha256_add(&hash, form, strlen(form) + 1, error);
    }
    if (status == SD14_OK) status = sha256_final(&hash, out_name, error);
    sha256_release(&hash);
    return status;
}

/* Prepared already, or to be filled: a file's pages if they are to be kept, else memory. */
static sd14_status take_block(cpu_backend *cpu,
                              const graph *graph,
                              const char *content,
                              backend_weights *weights,
                              sd14_error *error)
{
    char name[SHA256_TEXT_BYTES];
    const size_t bytes = cpu_weights_bytes(weights);
    if (content != NULL && cpu->cache.folder != NULL) {
        TRY(name_block(cpu, graph, content, weights, name, error));
        if (block_cache_open(&cpu->cache, cpu->pool, name, bytes, &weights->cached)) {
            weights->block = weights->cached.bytes;
            return SD14_OK;
        }
    }
    weights->block = mem_aligned_array(weights->block_bytes, 1);
    if (weights->block != NULL) return SD14_OK;
    FAIL(error, OUT_OF_MEMORY, "%s: not enough memory for %zu MiB of weights; close other programs",
         graph->name, bytes >> 20);
}

sd14_status cpu_load_weights(backend *self,
                             const graph *graph,
                             const tensor *tensors,
                             const char *content,
                             size_t weights_cap,
                             const atomic_bool *cancel,
                             backend_weights **out_weights,
                             sd14_error *error)
{
    cpu_backend *cpu = (cpu_backend *)self;
    backend_weights *weights = describe(cpu, graph, weights_cap);
    if (weights == NULL) FAIL_NO_MEMORY(error, "the weights");
    sd14_status status = take_block(cpu, graph, content, weights, error);
    if (status == SD14_OK) status = fill_all(cpu, graph, tensors, cancel, weights, error);
    if (status != SD14_OK) {
        cpu_weights_destroy(weights);
        return status;
    }
    if (weights->cached.bytes != NULL && !weights->cached.ready)
        block_cache_keep(&cpu->cache, cpu->pool, &weights->cached);
    *out_weights = weights;
    return SD14_OK;
}

void cpu_weights_destroy(backend_weights *weights)
{
    if (weights == NULL) return;
    mem_free(weights->entries);
    if (weights->cached.bytes == NULL) mem_free(weights->block);
    block_cache_close(&weights->cached);
    mem_free(weights);
}

size_t cpu_weights_bytes(const backend_weights *weights)
{
    return weights->block_bytes;
}

/* ---- for programs -------------------------------------------------------------------------------- */

size_t cpu_weights_window(const cpu_backend *cpu, const backend_weights *weights)
{
    return weights->streamed_bytes == 0 ? 0 : weights->largest_streamed + all_scratch(cpu, weights);
}

void cpu_stream_weight(backend_program *program, const cpu_step *step)
{
    const int index = program->graph->nodes[step->node].weight[0];
    if (index < 0 || !program->weights->entries[index].streamed) return;
    const cpu_weight_entry *entry = &program->weights->entries[index];
    weight_form_fill(program->cpu, program->graph, entry->form, &entry->from, program->window,
                     program->window + program->weights->largest_streamed);
}

const void *cpu_weight(const backend_program *program, int index)
{
    if (index < 0) return NULL;
    const cpu_weight_entry *entry = &program->weights->entries[index];
    return entry->streamed ? program->window : entry->values;
}

const tensor *cpu_weight_table(const backend_weights *weights, int index)
{
    return &weights->entries[index].from;
}
