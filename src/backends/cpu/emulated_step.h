/* SPDX-License-Identifier: Apache-2.0 */

/** Steps of a program whose backend emulates another machine's numerics. */
#ifndef SD14_CPU_EMULATED_STEP_H
#define SD14_CPU_EMULATED_STEP_H

#include "backends/cpu/emulated_product.h"
#include "backends/cpu/program.h"

/** Runs the step: its products as that machine makes them, all else in float32; its value is rounded as it is
 * stored. */
void emulated_run_step(backend_program *program, const cpu_step *step);
cpu_scratch emulated_step_scratch(const backend_program *program, const cpu_step *step);

/** Brings an input into the format it is stored in; `to` is its place in the arena. */
void emulated_store_input(backend_program *program, graph_value input, const float *from);

/** In place: a weight packed by matmul_pack(), `parts` times `packed` values of room; then it is the parts that
 * product_passes_of() says. A block of bfloat8_b is 16 outputs of one tap and channel. */
void emulated_prepare_packed(thread_pool *pool, const numerics *of, size_t packed, float *values);

/** `count` values as they lie in `format`, cut up: part i is written to `left` + i · `stride`. */
void emulated_split_left(storage_format format,
                         const product_passes *passes,
                         const float *values,
                         size_t count,
                         float *left,
                         size_t stride);

void emulated_matmul(backend_program *program, const cpu_step *step);
size_t emulated_matmul_scratch(const backend_program *program, const cpu_step *step);
void emulated_attention(backend_program *program, const cpu_step *step);
size_t emulated_attention_scratch(const backend_program *program, const cpu_step *step);

#endif /* SD14_CPU_EMULATED_STEP_H */
