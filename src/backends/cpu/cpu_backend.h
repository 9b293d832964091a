/* SPDX-License-Identifier: Apache-2.0 */

/** The CPU backend: float32, the same bytes for every number of threads and every instruction set. */
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
    bool exact;  /**< convolutions as sums of products, none with Winograd */
    const emulation *emulation; /**< copied; NULL: float32 throughout */
    const block_cache *cache;   /**< copied: where prepared weights are kept; NULL: nowhere */
} cpu_backend_options;

/** @return SD14_OK; INVALID_ARGUMENT (threads; an instruction set this processor lacks); OUT_OF_MEMORY. */
SD14_NODISCARD sd14_status cpu_backend_create(const cpu_backend_options *options,
                                              backend **out_backend,
                                              sd14_error *error);

/** Threads and instruction set in use. */
int cpu_backend_threads(const backend *cpu);
isa_level cpu_backend_isa(const backend *cpu);

/** "f32", or what is emulated: emulation_text(). */
const char *cpu_backend_precision(const backend *cpu);

/** peak_flops_per_ns() of those, measured now: some hundredths of a second. */
double cpu_backend_peak(const backend *cpu);

#endif /* SD14_CPU_BACKEND_H */
