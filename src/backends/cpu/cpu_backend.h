/* SPDX-License-Identifier: Apache-2.0 */

/** The CPU backend: the same bytes for every number of threads and every instruction set. */
#ifndef SD14_CPU_BACKEND_H
#define SD14_CPU_BACKEND_H

#include "backends/cpu/emulation.h"
#include "base/block_cache.h"
#include "base/cpu.h"
#include "graph/backend.h"

typedef struct cpu_backend_options {
    int threads; /**< 1 to THREAD_POOL_MAX; 0: cpu_usable_cores() */
    isa_level
        isa_max; /**< newest instruction set to use; ISA_COUNT - 1: whatever the processor has */
    /** Products of 16-bit integers but for 3x3 convolutions of stride 1 and causal attention; not with an emulation. */
    bool fast;
    bool exact;                 /**< convolutions as sums of products, none with Winograd */
    const emulation *emulation; /**< copied; NULL: no other machine's */
    const block_cache *cache;   /**< copied: where prepared weights are kept; NULL: nowhere */
} cpu_backend_options;

/** @return SD14_OK; INVALID_ARGUMENT (threads; an instruction set this processor lacks); OUT_OF_MEMORY. */
SD14_NODISCARD sd14_status cpu_backend_create(const cpu_backend_options *options,
                                              backend **out_backend,
                                              sd14_error *error);

/** Threads and instruction set in use. */
int cpu_backend_threads(const backend *cpu);
isa_level cpu_backend_isa(const backend *cpu);

/** "f32", "fast", or what is emulated: emulation_text(). */
const char *cpu_backend_precision(const backend *cpu);

/** What the multiply-adds of a node are made of. */
typedef enum cpu_numbers { CPU_F32, CPU_I16, CPU_NUMBERS } cpu_numbers;

cpu_numbers cpu_backend_numbers(const backend *cpu, const graph *of, const graph_node *node);

/** The peak (peak.h) of those threads with that instruction set, measured now: some hundredths of a second. */
double cpu_backend_peak(const backend *cpu, cpu_numbers numbers);

#endif /* SD14_CPU_BACKEND_H */
