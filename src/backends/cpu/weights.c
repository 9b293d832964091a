/* SPDX-License-Identifier: Apache-2.0 */

/* Weights as the kernels want them. Each is converted, packed into panels or transformed straight from the mapped file,
 * whose pages are then let go: there is never a second copy of the whole in memory. */
#include <stdio.h>
#include <string.h>

#include "backends/cpu/conv_winograd.h"
#include "backends/cpu/emulated_step.h"
#include "backends/cpu/matmul_i16.h"
#include "backends/cpu/program.h"
#include "base/file_map.h"
#include "base/memory.h"
#include "base/sizes.h"

typedef struct cpu_weight_entry {
    weight_form form;
    tensor table; /**< WEIGHT_TABLE: as it lies in the file */
    void *values; /**< otherwise: owned by `block` */
} cpu_weight_entry;

struct backend_weights {
    cpu_weight_entry *entries;
    int n_entries;
    char *block; /**< all values, in the graph's order: `cached`, or memory of its own */
    size_t block_bytes;
    size_t scratch_bytes; /**< per thread, while they are packed */
    cached_block cached;
};

/* Nodes that share a weight take it alike: a builder gives each node weights of its own. */
weight_form cpu_weight_form(const cpu_backend *cpu, const graph *graph, const graph_node *node)
{
    if (node->op == OP_embedding) return WEIGHT_TABLE;
    if (node->op != OP_linear && node->op != OP_conv2d) return WEIGHT_PLAIN;
    const bool conv3 =
        node->op == OP_conv2d && node->params.conv2d.kernel == 3 && node->params.conv2d.stride == 1;
    if (cpu->fast && !conv3) return WEIGHT_PANELS_I16;
    const bool kept = cpu_takes_winograd(cpu, graph, node) &&
                      conv_winograd_keeps(graph->weights[node->weight[0]].shape);
    if (!kept) return WEIGHT_PANELS_F32;
    return cpu_takes_upsampling(cpu, graph, node) ? WEIGHT_UPSAMPLED : WEIGHT_WINOGRAD;
}

static void mark_forms(const cpu_backend *cpu, const graph *graph, cpu_weight_entry *entries)
{
    for (int i = 0; i < graph->n_nodes; i++) {
        const graph_node *node = &graph->nodes[i];
        if (node->weight[0] >= 0) entries[node->weight[0]].form = cpu_weight_form(cpu, graph, node);
    }
}

/* NULL: nothing is emulated. */
static const numerics *numerics_of(const cpu_backend *cpu, const graph *graph)
{
    return cpu->emulates ? &cpu->emulation.of[emulation_component(graph, GRAPH_NONE)] : NULL;
}

static size_t values_bytes(const numerics *numerics, const cpu_weight_entry *entry, shape of)
{
    size_t bytes = 0;
    switch (entry->form) {
    case WEIGHT_TABLE:
        break;
    case WEIGHT_PLAIN:
        bytes = shape_count(of) * sizeof(float);
        break;
    case WEIGHT_PANELS_F32:
        bytes = matmul_packed_count(of) * sizeof(float);
        if (numerics != NULL) bytes *= (size_t)product_passes_of(numerics)->n_right;
        break;
    case WEIGHT_PANELS_I16:
        bytes = matmul_i16_packed_bytes(of);
        break;
    case WEIGHT_WINOGRAD:
    case WEIGHT_UPSAMPLED:
        bytes = conv_winograd_count(of, entry->form == WEIGHT_UPSAMPLED) * sizeof(float);
        break;
    }
    return ceil_div(bytes, MEM_ALIGNMENT) * MEM_ALIGNMENT;
}

static void fill(cpu_backend *cpu,
                 const numerics *numerics,
                 cpu_weight_entry *entry,
                 const tensor *from,
                 void *scratch)
{
    switch (entry->form) {
    case WEIGHT_TABLE:
        entry->table = *from;
        return;
    case WEIGHT_PLAIN:
        tensor_to_f32(from, 0, shape_count(from->shape), entry->values);
        if (numerics != NULL && numerics->weights != STORAGE_FLOAT32)
            round_row(STORAGE_BFLOAT16, entry->values, shape_count(from->shape));
        break;
    case WEIGHT_WINOGRAD:
    case WEIGHT_UPSAMPLED:
        conv_winograd_prepare(cpu->pool, &cpu->kernels, from, entry->form == WEIGHT_UPSAMPLED,
                              entry->values);
        break;
    case WEIGHT_PANELS_F32:
        matmul_pack(cpu->pool, from, entry->values);
        if (numerics != NULL) {
            emulated_prepare_packed(cpu->pool, numerics, matmul_packed_count(from->shape),
                                    entry->values);
        }
        break;
    case WEIGHT_PANELS_I16:
        matmul_i16_pack(cpu->pool, &cpu->kernels, from, entry->values, scratch);
        break;
    }
    file_map_forget(from->data, shape_count(from->shape) * dtype_bytes(from->type));
}

/* How each lies in memory and how large they are together; no values yet. NULL: no memory. */
static backend_weights *describe(const cpu_backend *cpu, const graph *graph)
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
        const cpu_weight_entry *entry = &weights->entries[i];
        const shape of = graph->weights[i].shape;
        weights->block_bytes += values_bytes(numerics_of(cpu, graph), entry, of);
        if (entry->form != WEIGHT_PANELS_I16) continue;
        const size_t scratch = matmul_i16_pack_scratch_bytes(of);
        if (scratch > weights->scratch_bytes) weights->scratch_bytes = scratch;
    }
    return weights;
}

sd14_status cpu_weights_plan(const cpu_backend *cpu,
                             const graph *graph,
                             const tensor *tensors,
                             backend_plan *out_plan,
                             sd14_error *error)
{
    backend_weights *weights = describe(cpu, graph);
    if (weights == NULL) FAIL_NO_MEMORY(error, "the weights");
    *out_plan = (backend_plan){.weights = cpu_weights_bytes(weights)};
    for (int i = 0; i < graph->n_weights; i++) {
        if (weights->entries[i].form == WEIGHT_TABLE) continue; /* read row by row */
        const size_t bytes = shape_count(graph->weights[i].shape) * dtype_bytes(tensors[i].type);
        if (bytes > out_plan->loading) out_plan->loading = bytes;
    }
    out_plan->loading += (size_t)thread_pool_threads(cpu->pool) * weights->scratch_bytes;
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
        weights->entries[i].values = next;
        if (!weights->cached.ready || weights->entries[i].form == WEIGHT_TABLE)
            fill(cpu, numerics_of(cpu, graph), &weights->entries[i], &from, scratch);
        next += values_bytes(numerics_of(cpu, graph), &weights->entries[i], from.shape);
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
    const size_t threads = (size_t)thread_pool_threads(cpu->pool);
    void *scratch = mem_aligned_array(threads, weights->scratch_bytes);
    if (scratch == NULL) FAIL_NO_MEMORY(error, "packing weights");
    const sd14_status status = fill_each(cpu, graph, tensors, cancel, weights, scratch, error);
    mem_free(scratch);
    return status;
}

/* ---- their memory -------------------------------------------------------------------------------- */

/* Goes up whenever the bytes of a prepared weight change for any other reason than those in name_block(). */
enum { PREPARED_VERSION = 4 };

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
                       values_bytes(numerics_of(cpu, graph), &weights->entries[i], weight->shape),
                       weight->name);
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
                             const atomic_bool *cancel,
                             backend_weights **out_weights,
                             sd14_error *error)
{
    cpu_backend *cpu = (cpu_backend *)self;
    backend_weights *weights = describe(cpu, graph);
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

const void *cpu_weight(const backend_weights *weights, int index)
{
    return index < 0 ? NULL : weights->entries[index].values;
}

const tensor *cpu_weight_table(const backend_weights *weights, int index)
{
    return &weights->entries[index].table;
}
