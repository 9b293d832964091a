/* SPDX-License-Identifier: Apache-2.0 */

/* group_norm and layer_norm: how their rows are shared out. */
#include <math.h>
#include <string.h>

#include "backends/cpu/program.h"

/* Rows summed in one chain. Part of the definition of the result, as the sums of the blocks are added in
 * their order: it must not depend on the number of threads. */
enum { NORM_BLOCK = 256 };

/* Rows a thread normalises at a time; any number gives the same bytes. */
enum { NORM_CHUNK = 64 };

/* Scratch of group_norm: [batch][blocks][channels][2] sums, then [batch][channels] scales, then shifts. */
typedef struct group_norm_job {
    cpu_rows result;
    const float *x;
    size_t batch, rows, channels, groups, blocks;
    double *sums;
    float *scale;
    float *shift;
} group_norm_job;

static size_t blocks_of(size_t rows)
{
    return (rows + NORM_BLOCK - 1) / NORM_BLOCK;
}

static size_t rows_of(size_t rows, size_t chunk, size_t size)
{
    const size_t left = rows - chunk * size;
    return left < size ? left : size;
}

static size_t sums_count(size_t batch, size_t rows, size_t channels)
{
    return batch * blocks_of(rows) * channels * 2;
}

size_t cpu_group_norm_scratch(const graph_node *node)
{
    const size_t batch = node->shape.dim[0];
    const size_t channels = shape_last(node->shape);
    const size_t rows = shape_rows(node->shape) / batch;
    return sums_count(batch, rows, channels) * sizeof(double) +
           2 * batch * channels * sizeof(float);
}

static void sum_block(void *context, size_t item, int thread)
{
    (void)thread;
    const group_norm_job *job = context;
    const size_t item_of_batch = item / job->blocks;
    const size_t block = item % job->blocks;
    const float *x = job->x + (item_of_batch * job->rows + block * NORM_BLOCK) * job->channels;
    double *sums = job->sums + item * job->channels * 2;

    memset(sums, 0, job->channels * 2 * sizeof(double));
    job->result.program->cpu->kernels.group_norm_sums_f32(x, rows_of(job->rows, block, NORM_BLOCK),
                                                          job->channels, sums);
}

/* From the blocks' sums to y = x·scale + shift per channel, in double until the last rounding. */
static void find_scales(const group_norm_job *job, const float *gain, const float *bias, float eps)
{
    const size_t per_group = job->channels / job->groups;
    const double count = (double)per_group * (double)job->rows;

    for (size_t item = 0; item < job->batch * job->groups; item++) {
        const size_t b = item / job->groups;
        const size_t first = item % job->groups * per_group;
        double sum = 0.0;
        double squares = 0.0;
        for (size_t c = first; c < first + per_group; c++) {
            for (size_t block = 0; block < job->blocks; block++) {
                const double *of = job->sums + ((b * job->blocks + block) * job->channels + c) * 2;
                sum += of[0];
                squares += of[1];
            }
        }
        const double mean = sum / count;
        const double variance = squares / count - mean * mean;
        const double rstd = 1.0 / sqrt((variance > 0.0 ? variance : 0.0) + (double)eps);
        for (size_t c = first; c < first + per_group; c++) {
            const double scale = rstd * (double)gain[c];
            job->scale[b * job->channels + c] = (float)scale;
            job->shift[b * job->channels + c] = (float)((double)bias[c] - mean * scale);
        }
    }
}

/* Rows of one item of the batch. */
static void apply_scales(const cpu_rows *result, size_t first, size_t rows, float *y)
{
    const group_norm_job *job = (const group_norm_job *)result;
    const size_t b = first / job->rows;
    result->program->cpu->kernels.group_norm_apply_f32(
        y, job->x + first * job->channels, job->scale + b * job->channels,
        job->shift + b * job->channels, rows, job->channels, result->step->silu);
}

static void apply_chunk(void *context, size_t item, int thread)
{
    const group_norm_job *job = context;
    const size_t chunks = (job->rows + NORM_CHUNK - 1) / NORM_CHUNK;
    const size_t chunk = item % chunks;
    cpu_make_rows(&job->result, item / chunks * job->rows + chunk * NORM_CHUNK,
                  rows_of(job->rows, chunk, NORM_CHUNK), thread);
}

void cpu_group_norm(backend_program *program, const cpu_step *step)
{
    const graph_node *node = &program->graph->nodes[step->node];
    group_norm_job job = {
        .result = {.program = program, .step = step, .make = apply_scales},
        .x = cpu_source(program, step, 0),
        .batch = node->shape.dim[0],
        .rows = shape_rows(node->shape) / node->shape.dim[0],
        .channels = shape_last(node->shape),
        .groups = node->params.group_norm.groups,
        .sums = (double *)(void *)program->shared_scratch,
    };
    job.blocks = blocks_of(job.rows);
    job.scale = (float *)(void *)(job.sums + sums_count(job.batch, job.rows, job.channels));
    job.shift = job.scale + job.batch * job.channels;

    thread_pool_run(program->cpu->pool, job.batch * job.blocks, sum_block, &job);
    find_scales(&job, cpu_weight(program, node->weight[0]), cpu_weight(program, node->weight[1]),
                node->params.group_norm.eps);
    thread_pool_run(program->cpu->pool, job.batch * ((job.rows + NORM_CHUNK - 1) / NORM_CHUNK),
                    apply_chunk, &job);
}

static void normalise_rows(const cpu_rows *result, size_t first, size_t rows, float *y)
{
    const backend_program *program = result->program;
    const graph_node *node = &program->graph->nodes[result->step->node];
    const size_t channels = shape_last(node->shape);
    program->cpu->kernels.layer_norm_f32(y, cpu_source(program, result->step, 0) + first * channels,
                                         cpu_weight(program, node->weight[0]),
                                         cpu_weight(program, node->weight[1]), rows, channels,
                                         node->params.layer_norm.eps);
}

static void layer_norm_chunk(void *context, size_t item, int thread)
{
    const cpu_rows *result = context;
    const size_t rows = shape_rows(result->program->graph->nodes[result->step->node].shape);
    cpu_make_rows(result, item * NORM_CHUNK, rows_of(rows, item, NORM_CHUNK), thread);
}

void cpu_layer_norm(backend_program *program, const cpu_step *step)
{
    cpu_rows result = {.program = program, .step = step, .make = normalise_rows};
    const size_t rows = shape_rows(program->graph->nodes[step->node].shape);
    thread_pool_run(program->cpu->pool, (rows + NORM_CHUNK - 1) / NORM_CHUNK, layer_norm_chunk,
                    &result);
}
