/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Walks kernel_list.inc and checks every kernel this processor can run, by name and not through the
 * dispatch, so that one which is never picked is checked too; then the dispatch itself.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "backends/cpu/kernels/kernels.h"
#include "kernels/check.h"

enum { FAILURES_SHOWN = 5, SKIPPED = 77, PATTERN = 0x5A, PATTERN_BYTES = 256, PAGE = 4096 };

static int failures; /* of the kernel at hand */
static unsigned char *rooms[CHECK_ROOMS];

void check_fail(const char *format, ...)
{
    if (failures++ >= FAILURES_SHOWN) return;
    va_list arguments;
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fputc('\n', stderr);
}

void check_memory(const void *memory)
{
    if (memory != NULL) return;
    (void)fprintf(stderr, "out of memory\n");
    exit(EXIT_FAILURE);
}

float check_random(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return (float)(*seed >> 8) * 0x1p-23F - 1.0F;
}

void *check_room(int room, size_t bytes)
{
    if (rooms[room] == NULL) {
        void *memory = mmap(NULL, CHECK_ROOM_BYTES + PAGE, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        check_memory(memory == MAP_FAILED ? NULL : memory);
        rooms[room] = memory;
        if (mprotect(rooms[room] + CHECK_ROOM_BYTES, PAGE, PROT_NONE) != 0) check_memory(NULL);
    }
    if (bytes + PATTERN_BYTES > CHECK_ROOM_BYTES) check_memory(NULL);
    unsigned char *start = rooms[room] + CHECK_ROOM_BYTES - bytes;
    memset(start - PATTERN_BYTES, PATTERN, PATTERN_BYTES + bytes);
    return start;
}

void check_before_room(int room, size_t bytes, const char *name)
{
    const unsigned char *start = rooms[room] + CHECK_ROOM_BYTES - bytes;
    for (int i = 1; i <= PATTERN_BYTES; i++) {
        if (start[-i] == PATTERN) continue;
        check_fail("%s: wrote %d bytes before its output", name, i);
        return;
    }
}

float *check_room_random(int room, size_t n, float range, uint32_t *seed)
{
    float *x = check_room(room, n * sizeof(float));
    for (size_t i = 0; i < n; i++) x[i] = range * check_random(seed);
    return x;
}

void check_same(const float *got, const float *expected, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (memcmp(&got[i], &expected[i], sizeof(float)) == 0) continue;
        if (isnan(got[i]) && isnan(expected[i])) continue;
        check_fail("%s: element %zu of %zu is %a, the plain C kernel says %a", name, i, n,
                   (double)got[i], (double)expected[i]);
        return;
    }
}

void check_close(const float *got, const double *expected, size_t n, double limit, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        const double apart = fabs((double)got[i] - expected[i]) / fmax(1.0, fabs(expected[i]));
        if (apart <= limit) continue;
        check_fail("%s: element %zu of %zu is %.9g, in float64 %.9g: %.3g apart, limit %.3g", name,
                   i, n, (double)got[i], expected[i], apart, limit);
        return;
    }
}

size_t check_size(size_t index)
{
    static const size_t others[] = {320, 321, 639, 640, 768, 1280, CHECK_SIZE_MAX};
    enum { FIRST_OTHER = CHECK_SIZES - sizeof(others) / sizeof(others[0]) };
    return index < FIRST_OTHER ? index + 1 : others[index - FIRST_OTHER];
}

float check_special(size_t index)
{
    static const float specials[] = {0.0F,
                                     -0.0F,
                                     NAN,
                                     INFINITY,
                                     -INFINITY,
                                     0x1p-149F,
                                     -0x1p-140F,
                                     0x1p-126F,
                                     0x1.FFFFFEp+127F,
                                     -0x1p+127F,
                                     0x1.62E42Ep+6F,
                                     -0x1.62E42Ep+6F,
                                     0x1.62E43p+6F,
                                     -0x1.62E43p+6F,
                                     0x1.5D589Ep+6F,
                                     -0x1.5D589Ep+6F,
                                     0x1.5D58Ap+6F,
                                     -0x1.5D58Ap+6F,
                                     -103.9F,
                                     1.0F,
                                     -1.0F,
                                     1.5909903F,
                                     -5.57F,
                                     16.0F,
                                     -40.0F};
    return specials[index % (sizeof(specials) / sizeof(specials[0]))];
}

#if defined(SD14_EMULATE_AVX512)
/* This program's later kernels are made of AVX2 instructions; the other program has the rest. */
static bool can_run(isa_level level)
{
    return level > ISA_AVX2 && cpu_has(ISA_AVX2);
}
static const char emulated[] = " (emulated)";
#else
static bool can_run(isa_level level)
{
    return cpu_has(level);
}
static const char emulated[] = "";

static bool dispatch_is_right(void)
{
    const cpu_kernels plain = cpu_kernels_select(ISA_REF);
    const cpu_kernels newest = cpu_kernels_select(cpu_newest());
    cpu_kernels expected = {0};
#    define KERNEL(op, isa)                                                                        \
        if (ISA_LEVEL(isa) == ISA_REF && plain.op != op##_##isa) check_fail("ref: not " #op);      \
        if (cpu_has(ISA_LEVEL(isa))) expected.op = op##_##isa;
#    include "backends/cpu/kernels/kernel_list.inc"
#    undef KERNEL
#    define KERNEL_NAME(op)                                                                        \
        if (newest.op != expected.op) check_fail("newest: not the newest " #op);
#    include "backends/cpu/kernels/kernel_names.inc"
#    undef KERNEL_NAME
    return failures == 0;
}
#endif

int main(void)
{
    int checked = 0, failed = 0;
    /* The name is out before the check: if that crashes, one knows where. */
#define KERNEL(op, isa)                                                                            \
    if (can_run(ISA_LEVEL(isa))) {                                                                 \
        (void)printf("%-28s", #op "_" #isa);                                                       \
        (void)fflush(stdout);                                                                      \
        failures = 0;                                                                              \
        check_##op(op##_##isa, #op "_" #isa);                                                      \
        (void)printf("%s%s\n", failures == 0 ? "ok" : "FAILED", emulated);                         \
        checked++;                                                                                 \
        failed += failures != 0;                                                                   \
    } else if (emulated[0] == '\0') {                                                              \
        (void)printf("%-28sskipped: not on this processor\n", #op "_" #isa);                       \
    }
#include "backends/cpu/kernels/kernel_list.inc"
#undef KERNEL

#if !defined(SD14_EMULATE_AVX512)
    failures = 0;
    const bool dispatched = dispatch_is_right();
    (void)printf("%-28s%s\n", "dispatch", dispatched ? "ok" : "FAILED");
    failed += !dispatched;
#endif
    if (checked == 0) {
        (void)printf("skipped: this processor has no AVX2 to emulate with\n");
        return SKIPPED;
    }
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
