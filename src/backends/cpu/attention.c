/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/attention.h"

#include <math.h>
#include <string.h>

#include "backends/cpu/attention_items.h"
#include "base/memory.h"
#include "base/sizes.h"

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
    attention_item item;
} part;

typedef struct attention_work {
    const attention_args *args;
    const cpu_kernels *kernels;
} attention_work;

static size_t lay_out(size_t head_dim, char *base, room *out_room)
{
    const size_t panels = attention_item_panels(head_dim);
    size_t used = 0;
    out_room->scores =
        attention_take(base, &used, (size_t)ATTENTION_KEYS * GEMM_PANEL, sizeof(float));
    out_room->values = attention_take(base, &used, head_dim * VALUES_STRIDE, sizeof(float));
    out_room->queries = attention_take(base, &used, panels * head_dim * GEMM_PANEL, sizeof(float));
    out_room->output = attention_take(base, &used, panels * head_dim * GEMM_PANEL, sizeof(float));
    out_room->max = attention_take(base, &used, panels * GEMM_PANEL, sizeof(float));
    out_room->sum = attention_take(base, &used, panels * GEMM_PANEL, sizeof(float));
    out_room->key_rows = attention_take(base, &used, ATTENTION_KEYS, sizeof(float *));
    out_room->value_rows = attention_take(base, &used, head_dim, sizeof(float *));
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
    const size_t lanes = p->item.panels * GEMM_PANEL, queries = p->item.queries;
    const float *q = args->q + p->item.head * dim +
                     (p->item.batch * args->queries + p->item.first_query) * args->q_stride;

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
    const size_t row = p->item.batch * args->keys + first_key;
    const float *k = args->k + row * args->k_stride + p->item.head * dim;
    const float *v = args->v + row * args->v_stride + p->item.head * dim;

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
                                            .first_query = p->item.first_query + panel * GEMM_PANEL,
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

static void run_item(void *context, size_t item, int thread)
{
    const attention_work *work = context;
    const attention_args *args = work->args;
    part p = {.args = args, .kernels = work->kernels, .item = attention_item_of(args, item)};
    (void)lay_out(args->head_dim, (char *)args->scratch + (size_t)thread * args->scratch_stride,
                  &p.room);
    for (size_t i = 0; i < args->head_dim; i++) {
        p.room.value_rows[i] = p.room.values + i * VALUES_STRIDE;
    }

    start(&p);
    for (size_t first_key = 0; first_key < args->keys; first_key += ATTENTION_KEYS) {
        const size_t keys = smaller(args->keys - first_key, ATTENTION_KEYS);
        take_block(&p, first_key, keys);
        for (size_t panel = 0; panel < p.item.panels; panel++) {
            const size_t last_query = p.item.first_query + (panel + 1) * GEMM_PANEL - 1;
            /* A block that the mask hides from all lanes would change nothing. */
            if (args->causal && first_key > last_query) continue;
            attend(&p, panel, first_key, keys);
        }
    }
    attention_store(args, work->kernels, &p.item, p.room.output, p.room.sum);
}

void attention_run(thread_pool *pool, const cpu_kernels *kernels, const attention_args *args)
{
    attention_work work = {.args = args, .kernels = kernels};
    thread_pool_run(pool, attention_items(args), run_item, &work);
}
