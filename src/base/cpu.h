/* SPDX-License-Identifier: Apache-2.0 */

/** What this processor can do, and how many of its cores this process may use. */
#ifndef SD14_BASE_CPU_H
#define SD14_BASE_CPU_H

#include <stdbool.h>

/** Bundles of instructions a kernel may be written for, oldest first. */
typedef enum isa_level {
    ISA_REF,         /**< plain C: any processor */
    ISA_AVX2,        /**< AVX2, FMA, F16C */
    ISA_AVX_VNNI,    /**< and AVX-VNNI: integer dot products of 256 bits */
    ISA_AVX512,      /**< AVX-512 F, BW, DQ, VL; AVX-VNNI or not */
    ISA_AVX512_VNNI, /**< and integer dot products of 512 bits */
    ISA_COUNT
} isa_level;

/** ISA_LEVEL(avx2) is ISA_AVX2: kernel lists name their level in lower case. */
#define ISA_LEVEL(isa) ISA_LEVEL_##isa
#define ISA_LEVEL_ref ISA_REF
#define ISA_LEVEL_avx2 ISA_AVX2
#define ISA_LEVEL_avx_vnni ISA_AVX_VNNI
#define ISA_LEVEL_avx512 ISA_AVX512
#define ISA_LEVEL_avx512_vnni ISA_AVX512_VNNI

/** For sentences and help. */
#define ISA_NAMES "ref, avx2, avx_vnni, avx512 or avx512_vnni"

/** "ref", "avx2", "avx_vnni", "avx512", "avx512_vnni". */
const char *isa_name(isa_level level);

/** The level of that name, or ISA_COUNT. */
isa_level isa_parse(const char *name);

/** Whether processor and operating system support the level. */
bool cpu_has(isa_level level);

/** The newest level this processor has. */
isa_level cpu_newest(void);

/** Cores this process may use: affinity mask and cgroup quota (v1 and v2), whichever is smaller;
 * ≥ 1. */
int cpu_usable_cores(void);

/** Name of the processor, e.g. "AMD EPYC 7763"; empty if unknown. */
void cpu_model_name(char *text, int bytes);

#endif /* SD14_BASE_CPU_H */
