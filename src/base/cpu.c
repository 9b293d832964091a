/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cpu.h"

#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/cgroup.h"

#if defined(SD14_X86_64)
#    include <cpuid.h>
#endif

static const char *const names[ISA_COUNT] = {"ref", "avx2", "avx_vnni", "avx512", "avx512_vnni"};

/* Written once by detect(), read-only from then on. */
static struct {
    bool has[ISA_COUNT];
    char model[64];
} processor;

#if defined(SD14_X86_64)

/* Registers that the operating system saves on a task switch: without that, using them corrupts. */
static uint64_t saved_registers(void)
{
    uint32_t low = 0;
    uint32_t high = 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

static bool all_bits(uint64_t value, uint64_t bits)
{
    return (value & bits) == bits;
}

static void detect_levels(void)
{
    const uint64_t ymm = 1U << 1 | 1U << 2;                 /* XCR0: SSE, AVX */
    const uint64_t zmm = ymm | 1U << 5 | 1U << 6 | 1U << 7; /* opmask, ZMM0-15, ZMM16-31 */
    const uint32_t avx512 = bit_AVX512F | bit_AVX512DQ | bit_AVX512BW | bit_AVX512VL;
    const uint32_t avx512_vnni = 1U << 11; /* leaf 7, ECX */
    const uint32_t avx_vnni = 1U << 4;     /* leaf 7.1, EAX */
    uint32_t a = 0;
    uint32_t b = 0;
    uint32_t c = 0;
    uint32_t d = 0;

    if (__get_cpuid_count(1, 0, &a, &b, &c, &d) == 0) return;
    if (!all_bits(c, bit_OSXSAVE | bit_AVX | bit_FMA | bit_F16C)) return;
    const uint64_t saved = saved_registers();
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return;

    processor.has[ISA_AVX2] = all_bits(b, bit_AVX2) && all_bits(saved, ymm);
    processor.has[ISA_AVX512] =
        processor.has[ISA_AVX2] && all_bits(b, avx512) && all_bits(saved, zmm);
    processor.has[ISA_AVX512_VNNI] = processor.has[ISA_AVX512] && all_bits(c, avx512_vnni);
    if (__get_cpuid_count(7, 1, &a, &b, &c, &d) == 0) return;
    processor.has[ISA_AVX_VNNI] = processor.has[ISA_AVX2] && all_bits(a, avx_vnni);
}

static void detect_model(void)
{
    uint32_t registers[12] = {0};
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t *r = registers + (size_t)4 * i;
        if (__get_cpuid_count(0x80000002U + i, 0, r, r + 1, r + 2, r + 3) == 0) return;
    }
    char text[sizeof(registers) + 1] = {0};
    memcpy(text, registers, sizeof(registers));

    /* Vendors pad with spaces on either side. */
    const char *start = text + strspn(text, " ");
    size_t length = strlen(start);
    while (length > 0 && start[length - 1] == ' ') length--;
    memcpy(processor.model, start, length);
}

#else

static void detect_levels(void) {}

static void detect_model(void) {}

#endif

static void detect(void)
{
    processor.has[ISA_REF] = true;
    detect_levels();
    detect_model();
}

static void detect_once(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, detect);
}

const char *isa_name(isa_level level)
{
    return (unsigned)level < ISA_COUNT ? names[level] : "unknown";
}

isa_level isa_parse(const char *name)
{
    int level = 0;
    while (level < ISA_COUNT && strcmp(name, names[level]) != 0) level++;
    return (isa_level)level;
}

bool cpu_has(isa_level level)
{
    detect_once();
    return (unsigned)level < ISA_COUNT && processor.has[level];
}

isa_level cpu_newest(void)
{
    int level = ISA_COUNT - 1;
    while (!cpu_has((isa_level)level)) level--; /* ends at ISA_REF */
    return (isa_level)level;
}

/* Cores of the affinity mask. The kernel refuses a mask smaller than its own, for which it knows at
 * most 8192 processors: this has room for twice as many. */
static int affinity_cores(void)
{
    cpu_set_t mask[16];
    if (sched_getaffinity(0, sizeof(mask), mask) != 0) return 1;
    const int cores = CPU_COUNT_S(sizeof(mask), mask);
    return cores < 1 ? 1 : cores;
}

int cpu_usable_cores(void)
{
    const int mask = affinity_cores();
    const int quota = cgroup_cores("/proc/self/cgroup", "/sys/fs/cgroup");
    return quota > 0 && quota < mask ? quota : mask;
}

void cpu_model_name(char *text, int bytes)
{
    detect_once();
    if (bytes > 0) (void)snprintf(text, (size_t)bytes, "%s", processor.model);
}
