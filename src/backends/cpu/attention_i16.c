/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/cpu/attention_i16.h"

#include <math.h>
#include <string.h>

#include "backends/cpu/attention_items.h"
#include "backends/cpu/kernels/polynomials.h"
#include "base/memory.h"
#include "base/sizes.h"

enum { QUANTIZED_ROWS = 64 }; /* of Q or K in a work item */

/* Rows of Q or K, a head's together. */
typedef struct row_integers {
    int16_t *values; /* [batch·heads][tokens][i16_padded(head_dim)] */
    float *scales;   /* [batch·heads][tokens] */
} row_integers;

/* V's blocks of keys, turned over. */
typedef struct value_integers {
    int16_t *values; /* [batch·heads][blocks][head_dim][i16_padded(the block's keys) of I16_KEYS] */
    float *scales;   /* [batch·heads][blocks][head_dim] */
} value_integers;

typedef struct attention_work {
    const attention_args *args;
    const cpu_kernels *kernels;
    size_t blocks; /* of keys */
    row_integers q, k;
    value_integers v;
} attention_work;

/* A thread's scratch. */
typedef struct room {
    float *values;    /* a block of Vᵀ [head_dim][its keys] */
    int16_t *queries; /* Q, per panel [i16_padded(head_dim) / 2][GEMM_PANEL][2] */
    float *scales;    /* of Q and the scores, per panel [GEMM_PANEL] */
    float *scores;    /* Sᵀ [I16_KEYS][GEMM_PANEL] */
    int16_t *weights; /* [I16_KEYS / 2][GEMM_PANEL][2] */
    float *output;    /* Oᵀ, per panel [head_dim][GEMM_PANEL] */
    float *max;       /* per panel [GEMM_PANEL] */
    float *sum;       /* per panel [GEMM_PANEL] */
    float *decays;    /* [GEMM_PANEL] */
    float *gains;     /* [GEMM_PANEL] */
    const int16_t **key_rows;
    const int16_t **value_rows;
} room;

/* One work item. */
typedef struct part {
    const attention_work *work;
    attention_item item;
    size_t head; /* of all in the batch */
    room room;
} part;

bool attention_i16_suits(const attention_args *args)
{
    return !args->causal && args->scale > 0;
}

static size_t lay_out_shared(const attention_args *args, char *base, attention_work *work)
{
    const size_t heads = args->batch * args->heads, dim = args->head_dim;
    const size_t row = i16_padded(dim);
    size_t used = 0;
    work->blocks = ceil_div(args->keys, I16_KEYS);
    work->q.values = attention_take(base, &used, heads * args->queries * row, sizeof(int16_t));
    work->q.scales = attention_take(base, &used, heads * args->queries, sizeof(float));
    work->k.values = attention_take(base, &used, heads * args->keys * row, sizeof(int16_t));
    work->k.scales = attention_take(base, &used, heads * args->keys, sizeof(float));
    work->v.values =
        attention_take(base, &used, heads * work->blocks * dim * I16_KEYS, sizeof(int16_t));
    work->v.scales = attention_take(base, &used, heads * work->blocks * dim, sizeof(float));
    return used;
}

static size_t lay_out(size_t head_dim, char *base, room *out_room)
{
    const size_t lanes = attention_item_panels(head_dim) * GEMM_PANEL;
    size_t used = 0;
    out_room->values = attention_take(base, &used, head_dim * I16_KEYS, sizeof(float));
    out_room->queries = attention_take(base, &used, lanes * i16_padded(head_dim), sizeof(int16_t));
    out_room->scales = attention_take(base, &used, lanes, sizeof(float));
    out_room->scores = attention_take(base, &used, (size_t)I16_KEYS * GEMM_PANEL, sizeof(float));
    out_room->weights = attention_take(base, &used, (size_t)I16_KEYS * GEMM_PANEL, sizeof(int16_t));
    out_room->output = attention_take(base, &used, lanes * head_dim, sizeof(float));
    out_room->max = attention_take(base, &used, lanes, sizeof(float));
    out_room->sum = attention_take(base, &used, lanes, sizeof(float));
    out_room->decays = attention_take(base, &used, GEMM_PANEL, sizeof(float));
    out_room->gains = attention_take(base, &used, GEMM_PANEL, sizeof(float));
    out_room->key_rows = attention_take(base, &used, I16_KEYS, sizeof(int16_t *));
    out_room->value_rows = attention_take(base, &used, head_dim, sizeof(int16_t *));
    return used;
}

size_t attention_i16_shared_bytes(const attention_args *args)
{
    attention_work ignored;
    return lay_out_shared(args, NULL, &ignored);
}

size_t attention_i16_scratch_bytes(size_t head_dim)
{
    room ignored;
    return lay_out(head_dim, NULL, &ignored);
}

static room room_of(const attention_work *work, int thread)
{
    room made;
    (void)lay_out(work->args->head_dim,
                  (char *)work->args->scratch + (size_t)thread * work->args->scratch_stride, &made);
    return made;
}

/* ---- to integers -------------------------------------------------------------------------------- */

/* Some rows of Q or K; `part` counts those of all heads. */
static void quantize_rows(const attention_work *work,
                          const row_integers *to,
                          const float *from,
                          size_t stride,
                          size_t tokens,
                          size_t part)
{
    const attention_args *args = work->args;
    const size_t dim = args->head_dim, parts = ceil_div(tokens, QUANTIZED_ROWS);
    const size_t head = part / parts, first = part % parts * QUANTIZED_ROWS;
    from += head / args->heads * tokens * stride + head % args->heads * dim;
    for (size_t t = first; t < smaller(tokens, first + QUANTIZED_ROWS); t++) {
        const size_t row = head * tokens + t;
        work->kernels->quantize_rows_i16(to->values + row * i16_padded(dim), to->scales + row,
                                         from + t * stride, 1, 1, dim, I16_NORM);
    }
}

static void quantize_values(const attention_work *work, size_t part, float *turned)
{
    const attention_args *args = work->args;
    const size_t dim = args->head_dim;
    const size_t head = part / work->blocks, first = part % work->blocks * I16_KEYS;
    const size_t keys = smaller(args->keys - first, I16_KEYS);
    const float *v = args->v + (head / args->heads * args->keys + first) * args->v_stride +
                     head % args->heads * dim;
    work->kernels->transpose_b32(turned, keys, v, args->v_stride, keys, dim);
    work->kernels->quantize_rows_i16(work->v.values + part * dim * I16_KEYS,
                                     work->v.scales + part * dim, turned, dim, 1, keys,
                                     I16_VALUE_NORM);
}

static size_t row_parts(const attention_args *args, size_t tokens)
{
    return args->batch * args->heads * ceil_div(tokens, QUANTIZED_ROWS);
}

static void quantize_item(void *context, size_t item, int thread)
{
    const attention_work *work = context;
    const attention_args *args = work->args;
    const size_t of_q = row_parts(args, args->queries);
    const size_t of_k = row_parts(args, args->keys);
    if (item < of_q) {
        quantize_rows(work, &work->q, args->q, args->q_stride, args->queries, item);
    } else if (item < of_q + of_k) {
        quantize_rows(work, &work->k, args->k, args->k_stride, args->keys, item - of_q);
    } else {
        quantize_values(work, item - of_q - of_k, room_of(work, thread).values);
    }
}

/* ---- attention ---------------------------------------------------------------------------------- */

/* Q's panels and the empty state. Lanes past the last query hold zeros: their result is dropped. */
static void start(const part *p)
{
    const attention_args *args = p->work->args;
    const size_t row = i16_padded(args->head_dim), lanes = p->item.panels * GEMM_PANEL;
    const size_t first = p->head * args->queries + p->item.first_query;
    if (p->item.queries < lanes) memset(p->room.queries, 0, lanes * row * sizeof(int16_t));
    for (size_t at = 0; at < p->item.queries; at += GEMM_PANEL) {
        p->work->kernels->transpose_b32(p->room.queries + at * row, GEMM_PANEL,
                                        p->work->q.values + (first + at) * row, row / 2,
                                        smaller(p->item.queries - at, GEMM_PANEL), row / 2);
    }
    memset(p->room.output, 0, lanes * args->head_dim * sizeof(float));
    for (size_t lane = 0; lane < lanes; lane++) {
        const bool there = lane < p->item.queries;
        p->room.scales[lane] =
            there ? p->work->q.scales[first + lane] * (args->scale * LOG2_E) : 0.0F;
        p->room.max[lane] = -INFINITY;
        p->room.sum[lane] = 0;
    }
}

/* One panel of queries sees one block of keys. */
static void attend(const part *p, size_t panel, size_t block, size_t keys)
{
    const attention_work *work = p->work;
    const room *room = &p->room;
    const size_t dim = work->args->head_dim;
    const gemm_i16_args scores = {.c = room->scores,
                                  .c_stride = GEMM_PANEL,
                                  .a = room->key_rows,
                                  .row_scales = work->k.scales + p->head * work->args->keys +
                                                block * I16_KEYS,
                                  .rows = keys,
                                  .taps = 1,
                                  .k = dim,
                                  .b = room->queries + panel * GEMM_PANEL * i16_padded(dim),
                                  .columns = GEMM_PANEL};
    work->kernels->gemm_i16(&scores);

    const softmax_block_i16_args softmax = {.p = room->weights,
                                            .s = room->scores,
                                            .keys = keys,
                                            .scales = room->scales + panel * GEMM_PANEL,
                                            .max = room->max + panel * GEMM_PANEL,
                                            .sum = room->sum + panel * GEMM_PANEL,
                                            .decays = room->decays,
                                            .gains = room->gains};
    work->kernels->softmax_block_i16(&softmax);

    const gemm_i16_args values = {.c = room->output + panel * GEMM_PANEL * dim,
                                  .c_stride = GEMM_PANEL,
                                  .a = room->value_rows,
                                  .row_scales =
                                      work->v.scales + (p->head * work->blocks + block) * dim,
                                  .rows = dim,
                                  .taps = 1,
                                  .k = keys,
                                  .b = room->weights,
                                  .columns = GEMM_PANEL,
                                  .resume = true,
                                  .decays = room->decays,
                                  .gains = room->gains};
    work->kernels->gemm_i16(&values);
}

static void point_block(const part *p, size_t block, size_t keys)
{
    const attention_work *work = p->work;
    const size_t dim = work->args->head_dim, row = i16_padded(dim);
    const size_t first = p->head * work->args->keys + block * I16_KEYS;
    const size_t values = (p->head * work->blocks + block) * dim * I16_KEYS;
    for (size_t j = 0; j < keys; j++) p->room.key_rows[j] = work->k.values + (first + j) * row;
    for (size_t i = 0; i < dim; i++)
        p->room.value_rows[i] = work->v.values + values + i * i16_padded(keys);
}

/* Softmax takes a key whose scale is NaN for one that is far away. */
static void spread_nan(const part *p)
{
    const size_t keys = p->work->args->keys;
    const float *scales = p->work->k.scales + p->head * keys;
    bool found = false;
    for (size_t j = 0; j < keys; j++) found |= isnan(scales[j]);
    for (size_t lane = 0; found && lane < p->item.queries; lane++) p->room.sum[lane] = NAN;
}

static void attend_item(void *context, size_t number, int thread)
{
    const attention_work *work = context;
    const attention_args *args = work->args;
    part p = {.work = work, .item = attention_item_of(args, number), .room = room_of(work, thread)};
    p.head = p.item.batch * args->heads + p.item.head;

    start(&p);
    for (size_t block = 0; block < work->blocks; block++) {
        const size_t keys = smaller(args->keys - block * I16_KEYS, I16_KEYS);
        point_block(&p, block, keys);
        for (size_t panel = 0; panel < p.item.panels; panel++) attend(&p, panel, block, keys);
    }
    spread_nan(&p);
    attention_store(args, work->kernels, &p.item, p.room.output, p.room.sum);
}

void attention_i16_run(thread_pool *pool, const cpu_kernels *kernels, const attention_args *args)
{
    attention_work work = {.args = args, .kernels = kernels};
    (void)lay_out_shared(args, args->shared, &work);
    const size_t of_v = args->batch * args->heads * work.blocks;
    thread_pool_run(pool, row_parts(args, args->queries) + row_parts(args, args->keys) + of_v,
                    quantize_item, &work);
    thread_pool_run(pool, attention_items(args), attend_item, &work);
}
