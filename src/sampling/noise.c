/* SPDX-License-Identifier: Apache-2.0 */
#include "sampling/noise.h"

#include <math.h>

#include "sampling/noise_math.h"

/* Draws of at least one block are made block by block. */
enum { BLOCK = 16, HALF = BLOCK / 2 };

static const double two_pi = 0x1.921fb54442d18p+2;

void noise_seed(noise_generator *generator, uint64_t seed)
{
    mt19937_seed(&generator->engine, (uint32_t)(seed & 0xFFFFFFFFU));
    generator->spare = 0.0;
    generator->has_spare = false;
}

/* [0, 1) in steps of 2^-24. */
static float uniform_f32(mt19937 *engine)
{
    return (float)(mt19937_next(engine) & 0xFFFFFFU) * 0x1p-24F;
}

/* [0, 1) in steps of 2^-53; the first word is the upper one. */
static double uniform_f64(mt19937 *engine)
{
    const uint64_t upper = mt19937_next(engine);
    const uint64_t bits = upper << 32 | mt19937_next(engine);
    return (double)(bits & ((UINT64_C(1) << 53) - 1)) * 0x1p-53;
}

/* Box-Muller: uniforms j and j + 8 become normals j and j + 8. The angle's product is torch's in
 * float64, rounded once; with a float32 pi a quarter of the bytes differ. */
static void transform_block(float block[BLOCK])
{
    for (int j = 0; j < HALF; j++) {
        const float u1 = 1.0F - block[j]; /* (0, 1], for the logarithm */
        const float u2 = block[j + HALF];
        const float radius = sqrtf(-2.0F * noise_log_f32(u1));
        const float theta = (float)(two_pi * (double)u2);
        /* torch adds the mean: + 0 turns -0 into 0. */
        block[j] = radius * noise_cos_f32(theta) + 0.0F;
        block[j + HALF] = radius * noise_sin_f32(theta) + 0.0F;
    }
}

static void fill_blocks(mt19937 *engine, float *dst, size_t count)
{
    for (size_t i = 0; i < count; i++) dst[i] = uniform_f32(engine);
    for (size_t i = 0; i + BLOCK <= count; i += BLOCK) transform_block(dst + i);
    if (count % BLOCK != 0) {
        /* The rest is not padded: the last 16 are drawn anew, over normals already made. */
        float *tail = dst + count - BLOCK;
        for (int j = 0; j < BLOCK; j++) tail[j] = uniform_f32(engine);
        transform_block(tail);
    }
}

static double next_normal(noise_generator *generator)
{
    if (generator->has_spare) {
        generator->has_spare = false;
        return generator->spare;
    }
    const double u1 = uniform_f64(&generator->engine);
    const double u2 = uniform_f64(&generator->engine);
    /* torch writes log1p(-u2); 1 - u2 is exact, so log does as well. */
    const double radius = sqrt(-2.0 * noise_log_f64(1.0 - u2));
    const double theta = two_pi * u1;
    generator->spare = radius * noise_sin_f64(theta);
    generator->has_spare = true;
    return radius * noise_cos_f64(theta);
}

void noise_normal(noise_generator *generator, float *dst, size_t count)
{
    if (count >= BLOCK) {
        fill_blocks(&generator->engine, dst, count);
        return;
    }
    for (size_t i = 0; i < count; i++) dst[i] = (float)(next_normal(generator) + 0.0);
}
