/* SPDX-License-Identifier: Apache-2.0 */

/**
 * Normal noise from a seed: the bytes that torch.randn draws from torch.Generator("cpu").
 *
 * torch has several: the ones here are those of ATEN_CPU_CAPABILITY=default. Its AVX2 and AVX-512
 * paths draw the same random bits but round sin, cos and log differently, by up to 2e-6.
 */
#ifndef SD14_SAMPLING_NOISE_H
#define SD14_SAMPLING_NOISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sampling/mt19937.h"

/** The caller's memory; nothing to release. One thread at a time. */
typedef struct noise_generator {
    mt19937 engine;
    double
        spare; /**< a draw of fewer than 16 makes its numbers in pairs: the second of the pair... */
    bool has_spare; /**< ...waits for the next such draw */
} noise_generator;

/**
 * Starts the stream of a seed, from any earlier state. As in torch only the low 32 bits count: seeds
 * 2^32 apart give the same noise.
 *
 * Source: torch.Generator.manual_seed
 */
void noise_seed(noise_generator *generator, uint64_t seed);

/**
 * Draws `count` numbers of mean 0 and deviation 1 and moves on in the stream. How a run of numbers is
 * divided into draws matters: randn(32) is not randn(16) twice, nor is randn(8) its start.
 *
 * @param dst  [count], in torch's order: a latent is drawn as [batch, channels, height, width]
 * Source: torch.randn (normal_fill for 16 numbers or more, normal_distribution<double> below)
 * Parity: tests/unit/noise.c
 */
void noise_normal(noise_generator *generator, float *dst, size_t count);

#endif /* SD14_SAMPLING_NOISE_H */
