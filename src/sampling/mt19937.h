/* SPDX-License-Identifier: Apache-2.0 */

/**
 * The Mersenne Twister mt19937, as torch.Generator("cpu") holds it.
 *
 * Source: Matsumoto and Nishimura 1998 (initialisation of 2002); torch at::mt19937
 */
#ifndef SD14_SAMPLING_MT19937_H
#define SD14_SAMPLING_MT19937_H

#include <stdint.h>

enum { MT19937_WORDS = 624 };

typedef struct mt19937 {
    uint32_t words[MT19937_WORDS];
    int next; /**< the word to give out next; MT19937_WORDS: all are used */
} mt19937;

void mt19937_seed(mt19937 *engine, uint32_t seed);

/** 32 random bits. */
uint32_t mt19937_next(mt19937 *engine);

#endif /* SD14_SAMPLING_MT19937_H */
