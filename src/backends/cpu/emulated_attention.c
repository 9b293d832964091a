/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Attention with another machine's numerics: scores and weights are bfloat16 between the two products, as they are in
 * ttnn's attention whatever its inputs are; softmax itself is float32, over all keys at once.
 */
#include <math.h>

#include "backends/cpu/emulated_step.h"
#include "backends/cpu/kernels/math_ref.h"
#include "base/memory.h"

typedef struct attention_work {
    const numerics *numerics;
    const product_passes *passes;
    gemm_f32_fn *gemm;
    const float *q, *k, *v; /* [batch, queries or keys, heads · dim] */
    float *output;
    size_t heads, dim, queries, keys;
    float scale;
    bool causal;
    char *scratch;
    size_t scratch_stride;
} attention_work;

/* A thread's scratch. */
typedef struct attention_room {
    float *left;    /* parts of Q or of the weights: [parts][EMULATED_ROWS][longest] */
    float *right;   /* parts of a panel of K or V: [parts][longest][GEMM_PANEL] */
    float *scores;  /* [EMULATED_ROWS][keys] */
    size_t longest; /* of dim and keys */
} attention_room;

/* Some queries of one head. */
typedef struct attention_part {
    const attention_work *work;
    attention_room room;
    size_t batch, head, first, rows;
} attention_part;

static size_t floats_of(size_t longest, size_t keys, const product_passes *passes)
{
    const size_t left = (size_t)passes->n_left * EMULATED_ROWS * longest;
    const size_t right = (size_t)passes->n_right * longest * GEMM_PANEL;
    return left + right + EMULATED_ROWS * keys;
}

static attention_room lay_out(const attention_work *work, int thread)
{
    float *base = (float *)(void *)(work->scratch + (size_t)thread * work->scratch_stride);
    attention_room room = {.longest = work->dim > work->keys ? work->dim : work->keys};
    /* The panels come first: they are aligned. */
    room.right = base;
    room.left = base + (size_t)work->passes->n_right * room.longest * GEMM_PANEL;
    room.scores = room.left + (size_t)work->passes->n_left * EMULATED_ROWS * room.longest;
    return room;
}

static void
point(const void *context, int part, size_t tap, size_t k, size_t rows, const float **out_rows)
{
    (void)tap;
    const attention_part *of = context;
    const float *left = of->room.left + (size_t)part * EMULATED_ROWS * of->room.longest + k;
    for (size_t r = 0; r < rows; r++) out_rows[r] = left + r * of->room.longest;
}

/* Row `row` of the left operand, rounded before. */
static void take_left(const attention_part *p, size_t row, const float *values, size_t count)
{
    emulated_split_left(STORAGE_FLOAT32, p->work->passes, values, count,
                        p->room.left + row * p->room.longest, EMULATED_ROWS * p->room.longest);
}

/* values[i·down + n·across] as the parts of a panel [depth][GEMM_PANEL]. */
static void take_right(const attention_part *p,
                       const float *values,
                       size_t depth,
                       size_t down,
                       size_t columns,
                       size_t across)
{
    for (int part = 0; part < p->work->passes->n_right; part++) {
        float *panel = p->room.right + (size_t)part * p->room.longest * GEMM_PANEL;
        for (size_t i = 0; i < depth; i++) {
            for (size_t n = 0; n < GEMM_PANEL; n++) {
                const float value = n < columns ? values[i * down + n * across] : 0.0F;
                panel[i * GEMM_PANEL + n] = right_operand(p->work->passes->right[part], value);
            }
        }
    }
}

static void
multiply(const attention_part *p, size_t depth, size_t columns, float *result, size_t stride)
{
    emulated_product product = {.numerics = p->work->numerics,
                                .gemm = p->work->gemm,
                                .point = point,
                                .context = p,
                                .rows = p->rows,
                                .taps = 1,
                                .depth = depth,
                                .columns = columns,
                                .result = result,
                                .stride = stride};
    for (int part = 0; part < p->work->passes->n_right; part++) {
        product.right[part] = p->room.right + (size_t)part * p->room.longest * GEMM_PANEL;
    }
    emulated_product_run(&product);
}

static size_t panel_columns(size_t all, size_t first)
{
    return all - first < GEMM_PANEL ? all - first : GEMM_PANEL;
}

static void find_scores(const attention_part *p)
{
    const attention_work *work = p->work;
    const size_t channels = work->heads * work->dim;
    const float *q =
        work->q + (p->batch * work->queries + p->first) * channels + p->head * work->dim;
    const float *k = work->k + p->batch * work->keys * channels + p->head * work->dim;
    for (size_t row = 0; row < p->rows; row++) take_left(p, row, q + row * channels, work->dim);
    for (size_t key = 0; key < work->keys; key += GEMM_PANEL) {
        const size_t columns = panel_columns(work->keys, key);
        take_right(p, k + key * channels, work->dim, 1, columns, channels);
        multiply(p, work->dim, columns, p->room.scores + key, work->keys);
    }
}

/* Scores become weights, without their division by the sum, which is returned. */
static float soften(const attention_part *p, size_t row)
{
    const attention_work *work = p->work;
    const size_t visible = work->causal ? p->first + row + 1 : work->keys;
    float *s = p->room.scores + row * work->keys;
    float max = -INFINITY, sum = 0.0F;
    for (size_t j = 0; j < work->keys && j < visible; j++) {
        s[j] = round_to_bfloat16(s[j]) * work->scale;
        max = s[j] > max ? s[j] : max;
    }
    for (size_t j = 0; j < work->keys; j++) {
        s[j] = j < visible ? round_to_bfloat16(ref_exp(s[j] - max)) : 0.0F;
        sum += s[j];
    }
    return sum;
}

static void run_item(void *context, size_t item, int thread)
{
    const attention_work *work = context;
    const size_t blocks = (work->queries + EMULATED_ROWS - 1) / EMULATED_ROWS;
    const size_t channels = work->heads * work->dim;
    attention_part p = {.work = work,
                        .room = lay_out(work, thread),
                        .batch = item / blocks / work->heads,
                        .head = item / blocks % work->heads,
                        .first = item % blocks * EMULATED_ROWS};
    const size_t left = work->queries - p.first;
    p.rows = left < EMULATED_ROWS ? left : EMULATED_ROWS;

    float sums[EMULATED_ROWS] = {0};
    find_scores(&p);
    for (size_t row = 0; row < p.rows; row++) {
        sums[row] = soften(&p, row);
        take_left(&p, row, p.room.scores + row * work->keys, work->keys);
    }
    const float *v = work->v + p.batch * work->keys * channels + p.head * work->dim;
    float *output =
        work->output + (p.batch * work->queries + p.first) * channels + p.head * work->dim;
    for (size_t column = 0; column < work->dim; column += GEMM_PANEL) {
        const size_t columns = panel_columns(work->dim, column);
        take_right(&p, v + column, work->keys, channels, columns, 1);
        multiply(&p, work->keys, columns, output + column, channels);
    }
    for (size_t row = 0; row < p.rows; row++) {
        for (size_t i = 0; i < work->dim; i++) output[row * channels + i] /= sums[row];
    }
}

void emulated_attention(backend_program *program, const cpu_step *step)
{
    const graph_node *node = &program->graph->nodes[step->node];
    const shape queries = cpu_source_shape(program, step, 0);
    const numerics *numerics = cpu_numerics(program, step->node);
    attention_work work = {
        .numerics = numerics,
        .passes = product_passes_of(numerics),
        .gemm = program->cpu->kernels.gemm_f32,
        .q = cpu_source(program, step, 0),
        .k = cpu_source(program, step, 1),
        .v = cpu_source(program, step, 2),
        .output = program->values[step->result],
        .heads = node->params.attention.heads,
        .dim = shape_last(queries) / node->params.attention.heads,
        .queries = queries.dim[1],
        .keys = cpu_source_shape(program, step, 1).dim[1],
        .scale = node->params.attention.scale,
        .causal = node->params.attention.causal,
        .scratch = program->thread_scratch,
        .scratch_stride = program->thread_scratch_bytes,
    };
    const size_t blocks = (work.queries + EMULATED_ROWS - 1) / EMULATED_ROWS;
    thread_pool_run(program->cpu->pool, queries.dim[0] * work.heads * blocks, run_item, &work);
}

size_t emulated_attention_scratch(const backend_program *program, const cpu_step *step)
{
    const graph_node *node = &program->graph->nodes[step->node];
    const size_t keys = cpu_source_shape(program, step, 1).dim[1];
    const size_t dim = shape_last(node->shape) / node->params.attention.heads;
    const product_passes *passes = product_passes_of(cpu_numerics(program, step->node));
    return floats_of(dim > keys ? dim : keys, keys, passes) * sizeof(float);
}
