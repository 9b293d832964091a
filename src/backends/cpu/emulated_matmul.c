/* SPDX-License-Identifier: Apache-2.0 */

/* linear and conv2d with another machine's numerics. */
#include "backends/cpu/emulated_step.h"
#include "backends/cpu/matmul.h"

typedef struct matmul_work {
    const numerics *numerics;
    gemm_f32_fn *gemm;
    matmul_shape shape;
    const float *input;
    size_t count;       /* of input's values */
    float *left;        /* its parts, `count` values each */
    const float *right; /* the weight's parts, `packed` values each */
    size_t packed;
    const float *bias;
    float *output;
    size_t rows, panels;
} matmul_work;

/* Some rows of an item. */
typedef struct matmul_rows {
    const matmul_work *work;
    size_t first;
} matmul_rows;

enum { SPLIT_ROWS = 64 };

/* Typecasts what another component stored, as a device must before it multiplies; else nothing changes. */
static void split_rows(void *context, size_t item, int thread)
{
    (void)thread;
    const matmul_work *work = context;
    const product_passes *passes = product_passes_of(work->numerics);
    const size_t columns = work->shape.channels;
    const size_t all = work->count / columns;
    const size_t end = (item + 1) * SPLIT_ROWS < all ? (item + 1) * SPLIT_ROWS : all;
    for (size_t row = item * SPLIT_ROWS; row < end; row++) {
        const size_t at = row * columns;
        emulated_split_left(work->numerics->activations, passes, work->input + at, columns,
                            work->left + at, work->count);
    }
}

static void
point(const void *context, int part, size_t tap, size_t k, size_t rows, const float **out_rows)
{
    const matmul_rows *of = context;
    const matmul_work *work = of->work;
    const size_t kernel = work->shape.kernel;
    const float *input = work->left + (size_t)part * work->count;
    matmul_point_rows(&work->shape, input, tap / kernel, tap % kernel, k, of->first, rows,
                      out_rows);
}

static void run_item(void *context, size_t item, int thread)
{
    (void)thread;
    const matmul_work *work = context;
    const size_t panel = item % work->panels, column = panel * GEMM_PANEL;
    const matmul_rows rows = {.work = work, .first = item / work->panels * EMULATED_ROWS};
    const size_t rows_left = work->rows - rows.first;
    const size_t columns_left = work->shape.outputs - column;
    emulated_product product = {
        .numerics = work->numerics,
        .gemm = work->gemm,
        .point = point,
        .context = &rows,
        .rows = rows_left < EMULATED_ROWS ? rows_left : EMULATED_ROWS,
        .taps = work->shape.kernel * work->shape.kernel,
        .depth = work->shape.channels,
        .columns = columns_left < GEMM_PANEL ? columns_left : GEMM_PANEL,
        .result = work->output + rows.first * work->shape.outputs + column,
        .stride = work->shape.outputs,
    };
    for (int part = 0; part < product_passes_of(work->numerics)->n_right; part++) {
        product.right[part] = work->right + (size_t)part * work->packed +
                              panel * product.taps * product.depth * GEMM_PANEL;
    }
    emulated_product_run(&product);
    for (size_t r = 0; work->bias != NULL && r < product.rows; r++) {
        for (size_t n = 0; n < product.columns; n++)
            product.result[r * product.stride + n] += work->bias[column + n];
    }
}

void emulated_matmul(backend_program *program, const cpu_step *step)
{
    const graph_node *node = &program->graph->nodes[step->node];
    const shape from = cpu_source_shape(program, step, 0);
    matmul_work work = {
        .numerics = cpu_numerics(program, step->node),
        .gemm = program->cpu->kernels.gemm_f32,
        .shape = cpu_matmul_shape(node, from),
        .input = cpu_source(program, step, 0),
        .count = shape_count(from),
        .left = (float *)(void *)program->shared_scratch,
        .right = cpu_weight(program, node->weight[0]),
        .packed = matmul_packed_count(program->graph->weights[node->weight[0]].shape),
        .bias = cpu_weight(program, node->weight[1]),
        .output = program->values[step->result],
    };
    work.rows = matmul_output_rows(&work.shape);
    work.panels = (work.shape.outputs + GEMM_PANEL - 1) / GEMM_PANEL;
    const size_t input_rows = work.count / work.shape.channels;
    const size_t strips = (work.rows + EMULATED_ROWS - 1) / EMULATED_ROWS;
    thread_pool_run(program->cpu->pool, (input_rows + SPLIT_ROWS - 1) / SPLIT_ROWS, split_rows,
                    &work);
    thread_pool_run(program->cpu->pool, strips * work.panels, run_item, &work);
}

size_t emulated_matmul_scratch(const backend_program *program, const cpu_step *step)
{
    const int parts = product_passes_of(cpu_numerics(program, step->node))->n_left;
    return (size_t)parts * shape_count(cpu_source_shape(program, step, 0)) * sizeof(float);
}
