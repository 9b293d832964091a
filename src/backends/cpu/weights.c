/* SPDX-License-Identifier: Apache-2.0 */

/* Weights as the kernels want them. Each is converted, or packed into panels, straight from the mapped file,
 * whose pages are then let go: there is never a second copy of the whole in memory. */
#include "backends/cpu/emulated_step.h"
#include "backends/cpu/matmul.h"
#include "backends/cpu/program.h"
#include "base/file_map.h"
#include "base/memory.h"

typedef enum weight_use { WEIGHT_PLAIN, WEIGHT_PACKED, WEIGHT_TABLE } weight_use;

typedef struct cpu_weight_entry {
    weight_use use;
    tensor table;  /**< WEIGHT_TABLE: as it lies in the file */
    float *values; /**< otherwise: owned by `block` */
} cpu_weight_entry;

struct backend_weights {
    cpu_weight_entry *entries;
    int n_entries;
    float *block; /**< all values */
    size_t block_count;
};

static void mark_uses(const graph *graph, cpu_weight_entry *entries)
{
    for (int i = 0; i < graph->n_nodes; i++) {
        const graph_node *node = &graph->nodes[i];
        if (node->weight[0] < 0) continue;
        if (node->op == OP_linear || node->op == OP_conv2d)
            entries[node->weight[0]].use = WEIGHT_PACKED;
        if (node->op == OP_embedding) entries[node->weight[0]].use = WEIGHT_TABLE;
    }
}

/* NULL: nothing is emulated. */
static const numerics *numerics_of(const cpu_backend *cpu, const graph *graph)
{
    return cpu->emulates ? &cpu->emulation.of[emulation_component(graph, GRAPH_NONE)] : NULL;
}

static size_t values_count(const numerics *numerics, const cpu_weight_entry *entry, shape of)
{
    static const size_t line = MEM_ALIGNMENT / sizeof(float);
    if (entry->use == WEIGHT_TABLE) return 0;
    size_t count = shape_count(of);
    if (entry->use == WEIGHT_PACKED) count = matmul_packed_count(of);
    if (entry->use == WEIGHT_PACKED && numerics != NULL)
        count *= (size_t)product_passes_of(numerics)->n_right;
    return (count + line - 1) / line * line;
}

static void
fill(cpu_backend *cpu, const numerics *numerics, cpu_weight_entry *entry, const tensor *from)
{
    if (entry->use == WEIGHT_TABLE) {
        entry->table = *from;
        return;
    }
    if (entry->use == WEIGHT_PACKED) {
        matmul_pack(cpu->pool, from, entry->values);
        if (numerics != NULL) {
            emulated_prepare_packed(cpu->pool, numerics, matmul_packed_count(from->shape),
                                    entry->values);
        }
    } else {
        tensor_to_f32(from, 0, shape_count(from->shape), entry->values);
        if (numerics != NULL && numerics->weights != STORAGE_FLOAT32)
            round_row(STORAGE_BFLOAT16, entry->values, shape_count(from->shape));
    }
    file_map_forget(from->data, shape_count(from->shape) * dtype_bytes(from->type));
}

/* How each is used and how large they are together; no values yet. NULL: no memory. */
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
    mark_uses(graph, weights->entries);
    for (int i = 0; i < graph->n_weights; i++) {
        weights->block_count +=
            values_count(numerics_of(cpu, graph), &weights->entries[i], graph->weights[i].shape);
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
        if (weights->entries[i].use == WEIGHT_TABLE) continue; /* read row by row */
        const size_t bytes = shape_count(graph->weights[i].shape) * dtype_bytes(tensors[i].type);
        if (bytes > out_plan->loading) out_plan->loading = bytes;
    }
    cpu_weights_destroy(weights);
    return SD14_OK;
}

sd14_status cpu_load_weights(backend *self,
                             const graph *graph,
                             const tensor *tensors,
                             const atomic_bool *cancel,
                             backend_weights **out_weights,
                             sd14_error *error)
{
    cpu_backend *cpu = (cpu_backend *)self;
    backend_weights *weights = describe(cpu, graph);
    if (weights == NULL) FAIL_NO_MEMORY(error, "the weights");
    weights->block = mem_aligned_array(weights->block_count, sizeof(float));
    if (weights->block == NULL) {
        const size_t megabytes = cpu_weights_bytes(weights) >> 20;
        cpu_weights_destroy(weights);
        FAIL(error, OUT_OF_MEMORY,
             "%s: not enough memory for %zu MiB of weights; close other programs", graph->name,
             megabytes);
    }

    float *next = weights->block;
    for (int i = 0; i < graph->n_weights; i++) {
        if (cancel != NULL && atomic_load_explicit(cancel, memory_order_relaxed)) {
            cpu_weights_destroy(weights);
            FAIL(error, CANCELLED, "cancelled");
        }
        tensor from = tensors[i];
        from.shape = graph->weights[i].shape; /* trailing axes of 1 may differ */
        weights->entries[i].values = next;
        fill(cpu, numerics_of(cpu, graph), &weights->entries[i], &from);
        next += values_count(numerics_of(cpu, graph), &weights->entries[i], from.shape);
    }
    *out_weights = weights;
    return SD14_OK;
}

void cpu_weights_destroy(backend_weights *weights)
{
    if (weights == NULL) return;
    mem_free(weights->entries);
    mem_free(weights->block);
    mem_free(weights);
}

size_t cpu_weights_bytes(const backend_weights *weights)
{
    return weights->block_count * sizeof(float);
}

const float *cpu_weight(const backend_weights *weights, int index)
{
    return index < 0 ? NULL : weights->entries[index].values;
}

const tensor *cpu_weight_table(const backend_weights *weights, int index)
{
    return &weights->entries[index].table;
}
