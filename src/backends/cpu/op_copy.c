/* SPDX-License-Identifier: Apache-2.0 */

/* Operators that only move data. memcpy chooses its own instruction set. */
#include <string.h>

#include "backends/cpu/program.h"

typedef struct copy_job {
    const float *a;
    const float *b;
    float *y;
    size_t rows;
    size_t a_columns, b_columns; /**< floats of a row */
    size_t width;
} copy_job;

enum { COPY_ROWS = 64 };

static void concat_rows(void *context, size_t item, int thread)
{
    (void)thread;
    const copy_job *job = context;
    const size_t columns = job->a_columns + job->b_columns;
    const size_t end = (item + 1) * COPY_ROWS < job->rows ? (item + 1) * COPY_ROWS : job->rows;
    for (size_t row = item * COPY_ROWS; row < end; row++) {
        float *y = job->y + row * columns;
        memcpy(y, job->a + row * job->a_columns, job->a_columns * sizeof(float));
        memcpy(y + job->a_columns, job->b + row * job->b_columns, job->b_columns * sizeof(float));
    }
}

void cpu_concat_channels(backend_program *program, const cpu_step *step)
{
    const shape a = cpu_source_shape(program, step, 0);
    copy_job job = {.a = cpu_source(program, step, 0),
                    .b = cpu_source(program, step, 1),
                    .y = program->values[step->result],
                    .rows = shape_rows(a),
                    .a_columns = shape_last(a),
                    .b_columns = shape_last(cpu_source_shape(program, step, 1))};
    thread_pool_run(program->cpu->pool, (job.rows + COPY_ROWS - 1) / COPY_ROWS, concat_rows, &job);
}

/* A latent or two: not worth the pool. */
void cpu_repeat_batch(backend_program *program, const cpu_step *step)
{
    const size_t count = shape_count(cpu_source_shape(program, step, 0));
    float *y = program->values[step->result];
    memcpy(y, cpu_source(program, step, 0), count * sizeof(float));
    memcpy(y + count, y, count * sizeof(float));
}

/* One row of the source image becomes two rows of the result. */
static void upsample_row(void *context, size_t item, int thread)
{
    (void)thread;
    const copy_job *job = context;
    const size_t channels = job->a_columns;
    const float *x = job->a + item * job->width * channels;
    float *y = job->y + item * 4 * job->width * channels;
    for (size_t column = 0; column < 2 * job->width; column++) {
        memcpy(y + column * channels, x + column / 2 * channels, channels * sizeof(float));
    }
    memcpy(y + 2 * job->width * channels, y, 2 * job->width * channels * sizeof(float));
}

void cpu_upsample_nearest_2x(backend_program *program, const cpu_step *step)
{
    const shape from = cpu_source_shape(program, step, 0);
    copy_job job = {.a = cpu_source(program, step, 0),
                    .y = program->values[step->result],
                    .a_columns = shape_last(from),
                    .width = from.dim[2]};
    thread_pool_run(program->cpu->pool, from.dim[0] * from.dim[1], upsample_row, &job);
}

void cpu_embedding(backend_program *program, const cpu_step *step)
{
    const graph_node *node = &program->graph->nodes[step->node];
    const int32_t *ids = (const int32_t *)(const void *)cpu_source(program, step, 0);
    const tensor *table = cpu_weight_table(program->weights, node->weight[0]);
    const size_t columns = shape_last(node->shape);
    const size_t rows = shape_rows(node->shape);
    for (size_t row = 0; row < rows; row++) {
        /* cpu_run() refused ids outside the table. */
        tensor_to_f32(table, (size_t)ids[row] * columns, columns,
                      program->values[step->result] + row * columns);
    }
}
