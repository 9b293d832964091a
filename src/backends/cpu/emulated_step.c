/* SPDX-License-Identifier: Apache-2.0 */

/* What happens to every value, whatever operator made it. */
#include "backends/cpu/emulated_step.h"

#include <string.h>

/* Rows a thread rounds at a time; a packed weight's lines of GEMM_PANEL values. */
enum { STORE_ROWS = 64, PREPARE_LINES = 256 };

typedef struct store_job {
    storage_format format;
    const float *from;
    float *to;
    size_t rows, columns;
} store_job;

static void store_rows(void *context, size_t item, int thread)
{
    (void)thread;
    const store_job *job = context;
    const size_t end = (item + 1) * STORE_ROWS < job->rows ? (item + 1) * STORE_ROWS : job->rows;
    for (size_t row = item * STORE_ROWS; row < end; row++) {
        float *to = job->to + row * job->columns;
        if (job->from != job->to)
            memcpy(to, job->from + row * job->columns, job->columns * sizeof(float));
        round_row(job->format, to, job->columns);
    }
}

static void
store(backend_program *program, graph_value value, storage_format format, const float *from)
{
    const shape of = program->graph->nodes[value].shape;
    store_job job = {.format = format,
                     .from = from,
                     .to = program->values[value],
                     .rows = shape_rows(of),
                     .columns = shape_last(of)};
    thread_pool_run(program->cpu->pool, (job.rows + STORE_ROWS - 1) / STORE_ROWS, store_rows, &job);
}

void emulated_store_input(backend_program *program, graph_value input, const float *from)
{
    store(program, input, cpu_numerics(program, input)->activations, from);
}

void emulated_run_step(backend_program *program, const cpu_step *step)
{
    const graph_op op = program->graph->nodes[step->node].op;
    const numerics *numerics = cpu_numerics(program, step->node);
    float *value = program->values[step->result];
    if (op == OP_linear || op == OP_conv2d) {
        emulated_matmul(program, step);
    } else if (op == OP_attention) {
        emulated_attention(program, step);
    } else {
        cpu_run_float32_step(program, step);
    }
    /* The rows of a table as they lay in it. */
    if (op == OP_embedding && numerics->weights != STORAGE_FLOAT32)
        store(program, step->result, STORAGE_BFLOAT16, value);
    store(program, step->result, numerics->activations, value);
}

cpu_scratch emulated_step_scratch(const backend_program *program, const cpu_step *step)
{
    const graph_op op = program->graph->nodes[step->node].op;
    if (op == OP_linear || op == OP_conv2d)
        return (cpu_scratch){.shared = emulated_matmul_scratch(program, step)};
    if (op == OP_attention)
        return (cpu_scratch){.per_thread = emulated_attention_scratch(program, step)};
    return cpu_float32_step_scratch(program, step);
}

/* ---- operands ------------------------------------------------------------------------------------ */

void emulated_split_left(storage_format format,
                         const product_passes *passes,
                         const float *values,
                         size_t count,
                         float *left,
                         size_t stride)
{
    for (int part = passes->n_left - 1; part >= 0; part--) {
        float *to = left + (size_t)part * stride;
        memcpy(to, values, count * sizeof(float));
        round_row(format, to, count);
        for (size_t i = 0; i < count; i++) to[i] = left_operand(passes->left[part], to[i]);
    }
}

typedef struct prepare_job {
    const numerics *numerics;
    float *values;
    size_t packed;
} prepare_job;

static void prepare_lines(void *context, size_t item, int thread)
{
    (void)thread;
    const prepare_job *job = context;
    const product_passes *passes = product_passes_of(job->numerics);
    const size_t lines = job->packed / GEMM_PANEL;
    const size_t end = (item + 1) * PREPARE_LINES < lines ? (item + 1) * PREPARE_LINES : lines;
    for (size_t line = item * PREPARE_LINES; line < end; line++) {
        float *values = job->values + line * GEMM_PANEL;
        round_row(job->numerics->weights, values, GEMM_PANEL);
        /* The first part takes the place of the values: it is made last. */
        for (int part = passes->n_right - 1; part >= 0; part--) {
            float *to = values + (size_t)part * job->packed;
            for (size_t i = 0; i < GEMM_PANEL; i++)
                to[i] = right_operand(passes->right[part], values[i]);
        }
    }
}

void emulated_prepare_packed(thread_pool *pool, const numerics *of, size_t packed, float *values)
{
    prepare_job job = {.numerics = of, .values = values, .packed = packed};
    const size_t lines = packed / GEMM_PANEL;
    thread_pool_run(pool, (lines + PREPARE_LINES - 1) / PREPARE_LINES, prepare_lines, &job);
}
