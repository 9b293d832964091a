/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/attention.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/sizes.h"

/*
 * A work item is some panels of queries of one head: enough to pay for transposing V, few enough
 * that Q and Oᵀ stay in the L2 cache (at most 256 KiB each), and never more than 8.
 */
enum { PANELS_MAX = 8, RANGE_FLOATS = 65536 };

/* From one row of Vᵀ to the next: not a power of two, or all rows would fall into one set of the L1 cache. */
enum { VALUES_STRIDE = ATTENTION_KEYS + MEM_ALIGNMENT / sizeof(float) };

/* A thread's scratch. */
typedef struct room {
    float *scores;  /* Sᵀ [ATTENTION_KEYS][GEMM_PANEL] */
    float *values;  /* Vᵀ [head_dim][VALUES_STRIDE] */
    float *queries; /* Q, per panel [head_dim][GEMM_PANEL] */
    float *output;  /* Oᵀ, per panel [head_dim][GEMM_PANEL] */
    float *max;     /* per panel [GEMM_PANEL] */
    float *sum;     /* per panel [GEMM_PANEL] */
    const float **key_rows;
    const float **value_rows;
} room;

/* One work item. */
typedef struct part {
    const attention_args *args;
    const cpu_kernels *kernels;
    room room;
    size_t batch, head;
    size_t first_query, panels;
} part;

typedef struct attention_work {
    const attention_args *args;
    const cpu_kernels *kernels;
    size_t panels_per_item, items_per_head;
} attention_work;

static size_t range_panels(size_t head_dim)
{
    const size_t panels = RANGE_FLOATS / (head_dim * GEMM_PANEL);
    return panels < 1 ? 1 : smaller(panels, PANELS_MAX);
}

/* Takes bytes from the front of the scratch; base may be NULL to only count them. */
static void *take(char *base, size_t *used, size_t count, size_t bytes)
{
    void *piece = base == NULL ? NULL : base + *used;
    *used += (count * bytes + MEM_ALIGNMENT - 1) / MEM_ALIGNMENT * MEM_ALIGNMENT;
    return piece;
}

static size_t lay_out(size_t head_dim, void *base, room *out_room)
{
    const size_t panels = range_panels(head_dim);
    size_t used = 0;
    out_room->scores = take(base, &used, (size_t)ATTENTION_KEYS * GEMM_PANEL, sizeof(float));
    out_room->values = take(base, &used, head_dim * VALUES_STRIDE, sizeof(float));
    out_room->queries = take(base, &used, panels * head_dim * GEMM_PANEL, sizeof(float));
    out_room->output = take(base, &used, panels * head_dim * GEMM_PANEL, sizeof(float));
    out_room->max = take(base, &used, panels * GEMM_PANEL, sizeof(float));
    out_room->sum = take(base, &used, panels * GEMM_PANEL, sizeof(float));
    out_room->key_rows = take(base, &used, ATTENTION_KEYS, sizeof(float *));
    out_room->value_rows = take(base, &used, head_dim, sizeof(float *));
    return used;
}

size_t attention_scratch_bytes(size_t head_dim)
{
    room ignored;
    return lay_out(head_dim, NULL, &ignored);
}

/* Q's panels and the empty state. Lanes past the last query hold zeros: they see every key and
 * their result is dropped. */
static void start(const part *p)
{
    const attention_args *args = p->args;
    const size_t dim = args->head_dim;
    const size_t lanes = p->panels * GEMM_PANEL;
    const size_t queries = smaller(args->queries - p->first_query, lanes);
    const float *q =
        args->q + (p->batch * args->queries + p->first_query) * args->q_stride + p->head * dim;

    if (queries < lanes) memset(p->room.queries, 0, lanes * dim * sizeof(float));
    memset(p->room.output, 0, lanes * dim * sizeof(float));
    for (size_t lane = 0; lane < lanes; lane++) {
        p->room.max[lane] = -INFINITY;
        p->room.sum[lane] = 0;
    }
    for (size_t row = 0; row < queries; row += GEMM_PANEL) {
        p->kernels->transpose_b32(p->room.queries + row * dim, GEMM_PANEL, q + row * args->q_stride,
                                  args->q_stride, smaller(queries - row, GEMM_PANEL), dim);
    }
}

/* The rows of K where they lie, and Vᵀ. */
static void take_block(const part *p, size_t first_key, size_t keys)
{
    const attention_args *args = p->args;
    const size_t dim = args->head_dim;
    const size_t row = p->batch * args->keys + first_key;
    const float *k = args->k + row * args->k_stride + p->head * dim;
    const float *v = args->v + row * args->v_stride + p->head * dim;

    for (size_t j = 0; j < keys; j++) p->room.key_rows[j] = k + j * args->k_stride;
    p->kernels->transpose_b32(p->room.values, VALUES_STRIDE, v, args->v_stride, keys, dim);
}

/* One panel of queries sees one block of keys. */
static void attend(const part *p, size_t panel, size_t first_key, size_t keys)
{
    const attention_args *args = p->args;
    const size_t panel_floats = args->head_dim * GEMM_PANEL;
    float *output = p->room.output + panel * panel_floats;

    const gemm_f32_args scores = {.c = p->room.scores,
                                  .c_stride = GEMM_PANEL,
                                  .a = p->room.key_rows,
                                  .rows = keys,
                                  .taps = 1,
                                  .k = args->head_dim,
                                  .b = p->room.queries + panel * panel_floats,
                                  .columns = GEMM_PANEL};
    p->kernels->gemm_f32(&scores);

    const softmax_block_f32_args softmax = {.s = p->room.scores,
                                            .keys = keys,
                                            .scale = args->scale,
                                            .causal = args->causal,
                                            .first_key = first_key,
                                            .first_query = p->first_query + panel * GEMM_PANEL,
                                            .max = p->room.max + panel * GEMM_PANEL,
                                            .sum = p->room.sum + panel * GEMM_PANEL,
                                            .output = output,
                                            .n_output = args->head_dim};
    p->kernels->softmax_block_f32(&softmax);

    const gemm_f32_args values = {.c = output,
                                  .c_stride = GEMM_PANEL,
                                  .a = p->room.value_rows,
                                  .rows = args->head_dim,
                                  .taps = 1,
                                  .k = keys,
                                  .b = p->room.scores,
                                  .columns = GEMM_PANEL,
                                  .resume = true};
    p->kernels->gemm_f32(&values);
}

static void finish(const part *p)
{
    const attention_args *args = p->args;
    const size_t dim = args->head_dim;
    const size_t queries = smaller(args->queries - p->first_query, p->panels * GEMM_PANEL);
    float *output = args->output + p->head * dim +
                    (p->batch * args->queries + p->first_query) * args->output_stride;

    for (size_t row = 0; row < queries; row += GEMM_PANEL) {
        float *panel = p->room.output + row * dim;
        float sum[GEMM_PANEL];
        memcpy(sum, p->room.sum + row, sizeof sum);
        for (size_t i = 0; i < dim; i++) {
            for (size_t lane = 0; lane < GEMM_PANEL; lane++)
                panel[i * GEMM_PANEL + lane] /= sum[lane];
        }
        p->kernels->transpose_b32(output + row * args->output_stride, args->output_stride, panel,
                                  GEMM_PANEL, dim, smaller(queries - row, GEMM_PANEL));
    }
}

static void run_item(void *context, size_t item, int thread)
{
    const attention_work *work = context;
    const attention_args *args = work->args;
    const size_t all_panels = (args->queries + GEMM_PANEL - 1) / GEMM_PANEL;
    const size_t first_panel = item % work->items_per_head * work->panels_per_item;
    const size_t head = item / work->items_per_head;

    part p = {.args = args,
              .kernels = work->kernels,
              .batch = head / args->heads,
              .head = head % args->heads,
              .first_query = first_panel * GEMM_PANEL,
              .panels = smaller(all_panels - first_panel, work->panels_per_item)};
    (void)lay_out(args->head_dim, (char *)args->scratch + (size_t)thread * args->scratch_stride,
                  &p.room);
    for (size_t i = 0; i < args->head_dim; i++) {
        p.room.value_rows[i] = p.room.values + i * VALUES_STRIDE;
    }

    start(&p);
    for (size_t first_key = 0; first_key < args->keys; first_key += ATTENTION_KEYS) {
        const size_t keys = smaller(args->keys - first_key, ATTENTION_KEYS);
        take_block(&p, first_key, keys);
        for (size_t panel = 0; panel < p.panels; panel++) {
            const size_t last_query = p.first_query + (panel + 1) * GEMM_PANEL - 1;
            /* A block that the mask hides from all lanes would change nothing. */
            if (args->causal && first_key > last_query) continue;
            attend(&p, panel, first_key, keys);
        }
    }
    finish(&p);
}

void attention_run(thread_pool *pool, const cpu_kernels *kernels, const attention_args *args)
{
    const size_t panels = (args->queries + GEMM_PANEL - 1) / GEMM_PANEL;
    const size_t per_item = range_panels(args->head_dim);
    attention_work work = {.args = args,
                           .kernels = kernels,
                           .panels_per_item = per_item,
                           .items_per_head = (panels + per_item - 1) / per_item};
    thread_pool_run(pool, args->batch * args->heads * work.items_per_head, run_item, &work);
}
