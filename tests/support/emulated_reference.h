/* SPDX-License-Identifier: Apache-2.0 */

/** The numerics that the CPU backend emulates (docs/numerics.md), written down once more with nothing but loops. */
#ifndef SD14_TESTS_EMULATED_REFERENCE_H
#define SD14_TESTS_EMULATED_REFERENCE_H

#include <math.h>
#include <string.h>

#include "backends/cpu/cpu_backend.h"
#include "support/graph_run.h"

static const char *const choices[] = {
    "wormhole",
    "wormhole,fidelity=LoFi",
    "wormhole,fidelity=HiFi2",
    "wormhole,fidelity=HiFi3",
    "wormhole,accumulation=bfloat16",
    "wormhole,accumulation=bfloat16,fidelity=HiFi3",
    "wormhole,accumulation=bfloat16,fidelity=HiFi2,weights=bfloat8_b",
    "wormhole,weights=bfloat8_b,activations=bfloat8_b,fidelity=LoFi",
    "wormhole,weights=float32,activations=float32",
    "wormhole,weights=float32,activations=float32,fidelity=HiFi3",
};
enum { CHOICES = sizeof(choices) / sizeof(choices[0]) };

static inline emulation parsed(const char *text)
{
    emulation made;
    sd14_error error;
    if (emulation_parse(text, &made, &error) != SD14_OK) fail_msg("%s", error.text);
    return made;
}

static inline backend *create(const emulation *of, int threads, isa_level isa)
{
    const cpu_backend_options options = {.threads = threads, .isa_max = isa, .emulation = of};
    backend *made = NULL;
    sd14_error error;
    if (cpu_backend_create(&options, &made, &error) != SD14_OK) fail_msg("%s", error.text);
    return made;
}

/* `bits` of x counted from its exponent, or from a given one; nearest, ties to even. */
static inline float keep(float x, int bits, int exponent)
{
    return (float)ldexp(nearbyint(ldexp((double)x, bits - exponent)), exponent - bits);
}

static inline float bfloat16(float x)
{
    int exponent;
    (void)frexpf(x, &exponent);
    return x == 0.0F ? x : keep(x, 8, exponent);
}

/* Cut towards zero, as operands are. */
static inline float cut(float x, int bits)
{
    int exponent;
    (void)frexpf(x, &exponent);
    return x == 0.0F ? x : (float)ldexp(trunc(ldexp((double)x, bits - exponent)), exponent - bits);
}

/* Element i of n values `stride` apart, stored. */
static inline float
stored(storage_format format, const float *values, size_t i, size_t n, size_t stride)
{
    const float x = values[i * stride];
    if (format == STORAGE_FLOAT32 || x == 0.0F) return x;
    if (format == STORAGE_BFLOAT16) return bfloat16(x);
    int shared = -1000, exponent;
    for (size_t k = i / 16 * 16; k < n && k < i / 16 * 16 + 16; k++) {
        (void)frexpf(values[k * stride], &exponent);
        if (values[k * stride] != 0.0F && exponent > shared) shared = exponent;
    }
    const double unit = ldexp(1.0, shared - 24); /* what lies below is cut off first */
    const float seen = (float)(trunc((double)x / unit) * unit);
    const float largest = (float)ldexp(127.0, shared - 7);
    return fmaxf(-largest, fminf(largest, keep(seen, 7, shared))) + 0.0F; /* never -0 */
}

/* A product's sum, term by term; `left` and `right` are its operands as stored. */
static inline float
sum_of(const numerics *of, const float *left, const float *right, size_t taps, size_t depth)
{
    const bool wide = of->accumulation == STORAGE_FLOAT32;
    const size_t tile = wide ? 512 : 32, step = wide ? 512 : 16;
    float sum = 0.0F;
    for (size_t first = 0; first < taps * depth; first += tile) {
        /* A tile ends with its tap. */
        const size_t tap_end = (first / depth + 1) * depth;
        const size_t end = first + tile < tap_end ? first + tile : tap_end;
        for (int phase = 0; phase <= (int)of->fidelity; phase++) {
            for (size_t k0 = first; k0 < end; k0 += step) {
                float part = 0.0F;
                float *chain = wide ? &sum : &part;
                for (size_t k = k0; k < end && k < k0 + step; k++) {
                    const float l7 = cut(left[k], 7), l = cut(left[k], 11);
                    const float r5 = cut(right[k], 5), r = cut(right[k], 10);
                    const float l_now = (phase & 2) == 0 ? l7 : l - l7;
                    const float r_now = (phase & 1) == 0 ? r5 : r - r5;
                    /* Wide sums make passes that share a part at once. */
                    if (wide && of->fidelity == FIDELITY_HIFI4 && phase == 0)
                        *chain = fmaf(l, r, *chain);
                    else if (wide &&
                             (of->fidelity == FIDELITY_HIFI2 || of->fidelity == FIDELITY_HIFI3) &&
                             phase == 0)
                        *chain = fmaf(l7, r, *chain);
                    else if (!wide || of->fidelity == FIDELITY_LOFI ||
                             (of->fidelity == FIDELITY_HIFI3 && phase == 2))
                        *chain = fmaf(l_now, r_now, *chain);
                }
                if (!wide) sum = bfloat16(sum + part);
            }
        }
        first = end - tile;
    }
    return sum;
}

/* Rows of `columns`, each stored; the caller's to free. */
static inline float *
stored_rows(storage_format format, const float *from, size_t rows, size_t columns)
{
    float *made = mem_array(rows * columns, sizeof(float));
    assert_non_null(made);
    for (size_t row = 0; row < rows; row++) {
        for (size_t i = 0; i < columns; i++)
            made[row * columns + i] = stored(format, from + row * columns, i, columns, 1);
    }
    return made;
}

static inline graph *make(void (*describe)(graph_builder *g), const char *component)
{
    graph_builder *g = graph_builder_create(component);
    graph *made = NULL;
    sd14_error error;
    describe(g);
    if (graph_builder_finish(g, &made, &error) != SD14_OK) fail_msg("%s", error.text);
    return made;
}

static inline void
assert_same(const float *found, const float *wanted, size_t count, const char *what)
{
    for (size_t i = 0; i < count; i++) {
        if (memcmp(&found[i], &wanted[i], sizeof(float)) != 0)
            fail_msg("%s: %zu: %.9g, not %.9g", what, i, (double)found[i], (double)wanted[i]);
    }
}

#endif /* SD14_TESTS_EMULATED_REFERENCE_H */
