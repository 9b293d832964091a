/* SPDX-License-Identifier: Apache-2.0 */
#include "sampling/mt19937.h"

enum { SHIFT_WORDS = 397 };

void mt19937_seed(mt19937 *engine, uint32_t seed)
{
    engine->words[0] = seed;
    for (uint32_t i = 1; i < MT19937_WORDS; i++) {
        const uint32_t before = engine->words[i - 1];
        engine->words[i] = 1812433253U * (before ^ (before >> 30)) + i;
    }
    engine->next = MT19937_WORDS;
}

/* The next 624 words, each from three of the 624 before it, in place. */
static void make_words(uint32_t words[MT19937_WORDS])
{
    for (int i = 0; i < MT19937_WORDS; i++) {
        const uint32_t joined =
            (words[i] & 0x80000000U) | (words[(i + 1) % MT19937_WORDS] & 0x7FFFFFFFU);
        const uint32_t twisted = (joined >> 1) ^ ((joined & 1U) != 0 ? 0x9908B0DFU : 0U);
        words[i] = words[(i + SHIFT_WORDS) % MT19937_WORDS] ^ twisted;
    }
}

uint32_t mt19937_next(mt19937 *engine)
{
    if (engine->next == MT19937_WORDS) {
        make_words(engine->words);
        engine->next = 0;
    }
    uint32_t bits = engine->words[engine->next++];
    bits ^= bits >> 11;
    bits ^= (bits << 7) & 0x9D2C5680U;
    bits ^= (bits << 15) & 0xEFC60000U;
    return bits ^ (bits >> 18);
}
