/* SPDX-License-Identifier: Apache-2.0 */

/* Operators whose elements do not look at each other: how they are shared out over the threads. */
#include <string.h>

#include "backends/cpu/program.h"
#include "base/sizes.h"

/* Floats a thread takes at a time: 64 KiB, small beside the whole and large beside the cost of sharing. */
enum { CHUNK = 16384 };

typedef struct elementwise_job {
    const cpu_kernels *kernels;
    const graph_node *node;
    const float *a;
    const float *b;
    float *y;
    size_t n;        /**< elements, or rows */
    size_t chunk;    /**< elements, or rows, at a time */
    size_t columns;  /**< of a row */
    size_t b_period; /**< add: elements after which b begins again */
} elementwise_job;

static size_t chunk_of(const elementwise_job *job, size_t item)
{
    const size_t left = job->n - item * job->chunk;
    return left < job->chunk ? left : job->chunk;
}

static void run_chunks(backend_program *program, elementwise_job *job, thread_pool_task *task)
{
    if (job->chunk == 0) job->chunk = 1;
    thread_pool_run(program->cpu->pool, (job->n + job->chunk - 1) / job->chunk, task, job);
}

static void unary_chunk(void *context, size_t item, int thread)
{
    (void)thread;
    const elementwise_job *job = context;
    const size_t start = item * job->chunk;
    const size_t n = chunk_of(job, item);
    float *y = job->y + start;
    const float *x = job->a + start;
    switch (job->node->op) {
    case OP_silu:
        job->kernels->silu_f32(y, x, n);
        break;
    case OP_gelu:
        job->kernels->gelu_f32(y, x, n);
        break;
    case OP_quick_gelu:
        job->kernels->quick_gelu_f32(y, x, n);
        break;
    case OP_scale:
        job->kernels->scale_f32(y, x, job->node->params.scale.factor, n);
        break;
    default:
        break;
    }
}

static void geglu_rows(const cpu_rows *result, size_t first, size_t rows, float *y)
{
    const backend_program *program = result->program;
    const size_t columns = shape_last(program->graph->nodes[result->step->node].shape);
    const float *x = cpu_source(program, result->step, 0) + 2 * first * columns;
    program->cpu->kernels.geglu_f32(y, x, rows, columns);
}

static size_t geglu_rows_at_once(size_t columns)
{
    return larger(CHUNK / columns, 1);
}

static void geglu_chunk(void *context, size_t item, int thread)
{
    const cpu_rows *result = context;
    const shape shape = result->program->graph->nodes[result->step->node].shape;
    const size_t at_once = geglu_rows_at_once(shape_last(shape));
    const size_t first = item * at_once;
    cpu_make_rows(result, first, smaller(shape_rows(shape) - first, at_once), thread);
}

void cpu_geglu(backend_program *program, const cpu_step *step)
{
    const shape shape = program->graph->nodes[step->node].shape;
    cpu_rows result = {.program = program, .step = step, .make = geglu_rows};
    thread_pool_run(program->cpu->pool,
                    ceil_div(shape_rows(shape), geglu_rows_at_once(shape_last(shape))), geglu_chunk,
                    &result);
}

void cpu_elementwise(backend_program *program, const cpu_step *step)
{
    const graph_node *node = &program->graph->nodes[step->node];
    elementwise_job job = {.kernels = &program->cpu->kernels,
                           .node = node,
                           .a = cpu_source(program, step, 0),
                           .y = program->values[step->result],
                           .n = shape_count(node->shape),
                           .chunk = CHUNK};
    run_chunks(program, &job, unary_chunk);
}

/* b is as long as a, or begins again every b_period elements. */
static void add_chunk(void *context, size_t item, int thread)
{
    (void)thread;
    const elementwise_job *job = context;
    size_t start = item * job->chunk;
    const size_t end = start + chunk_of(job, item);
    while (start < end) {
        const size_t in_b = start % job->b_period;
        const size_t left = job->b_period - in_b;
        const size_t n = end - start < left ? end - start : left;
        job->kernels->add_f32(job->y + start, job->a + start, job->b + in_b, n);
        start += n;
    }
}

/* b [batch, columns] is added to each row of its item. A chunk is rows of one item: n counts them all. */
static void add_row_chunk(void *context, size_t item, int thread)
{
    (void)thread;
    const elementwise_job *job = context;
    const size_t rows_per_item = job->b_period;
    size_t row = item * job->chunk;
    const size_t end = row + chunk_of(job, item);
    while (row < end) {
        const size_t left = rows_per_item - row % rows_per_item;
        const size_t rows = end - row < left ? end - row : left;
        job->kernels->add_row_f32(job->y + row * job->columns, job->a + row * job->columns,
                                  job->b + row / rows_per_item * job->columns, rows, job->columns);
        row += rows;
    }
}

void cpu_add(backend_program *program, const cpu_step *step)
{
    const shape to = cpu_source_shape(program, step, 0);
    const shape from = cpu_source_shape(program, step, 1);
    elementwise_job job = {.kernels = &program->cpu->kernels,
                           .a = cpu_source(program, step, 0),
                           .b = cpu_source(program, step, 1),
                           .y = program->values[step->result],
                           .n = shape_count(to),
                           .chunk = CHUNK,
                           .b_period = shape_count(from)};
    const bool per_item = from.rank == 2 && to.rank > 2;
    if (per_item) {
        job.columns = shape_last(to);
        job.n = shape_rows(to);
        job.chunk = CHUNK / job.columns;
        job.b_period = job.n / to.dim[0];
    }
    run_chunks(program, &job, per_item ? add_row_chunk : add_chunk);
}

void cpu_guided_ddim_step(backend_program *program, const cpu_step *step)
{
    const graph_node *node = &program->graph->nodes[step->node];
    const float *noise_pred = cpu_source(program, step, 1);
    const size_t n = shape_count(node->shape);
    const guided_ddim_step_f32_args args = {
        .y = program->values[step->result],
        .latent = cpu_source(program, step, 0),
        .uncond = noise_pred,
        .text = node->params.guided_ddim_step.guided ? noise_pred + n : NULL,
        .noise = node->src[3] == GRAPH_NONE ? NULL : cpu_source(program, step, 3),
        .coefficients = cpu_source(program, step, 2),
        .n = n,
    };
    program->cpu->kernels.guided_ddim_step_f32(&args); /* 16384 floats: not worth sharing */
}
