/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <string.h>

#include "options.h"

enum { WORD_MAX = 40 };

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edits (insert, delete, replace, swap neighbours) from a to b: Damerau's distance, restricted. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *here = rows[2];
    for (size_t j = 0; j <= b_length; j++) above[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        here[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            const bool same = a[i - 1] == b[j - 1];
            here[j] = smaller(smaller(above[j], here[j - 1]) + 1, above[j - 1] + !same);
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) here[j] = smaller(here[j], before[j - 2] + 1);
        }
        size_t *oldest = before;
        before = above;
        above = here;
        here = oldest;
    }
    return above[b_length];
}

bool words_suggest(const char *words, const char *wrong, char *out, size_t out_bytes)
{
    const size_t wrong_length = strlen(wrong);
    if (wrong_length == 0 || wrong_length > WORD_MAX) return false;

    size_t best = SIZE_MAX;
    for (const char *word = words; *word != '\0';) {
        const size_t length = strcspn(word, " ");
        if (length > 0 && length <= WORD_MAX && length < out_bytes) {
            size_t edits = distance(wrong, wrong_length, word, length);
            /* An unfinished word: --neg for --negative-prompt. */
            const bool begun = wrong_length >= 3 && strncmp(word, wrong, wrong_length) == 0;
            if (begun) edits = smaller(edits, 1);
            /* With more than a third of its letters wrong it is another word. */
            const size_t allowed = (wrong_length + 1) / 3;
            if (edits <= allowed && edits < best) {
                best = edits;
                memcpy(out, word, length);
                out[length] = '\0';
            }
        }
        word += length;
        word += strspn(word, " ");
    }
    return best != SIZE_MAX;
}

bool words_have(const char *words, const char *word, size_t length)
{
    if (words == NULL) return false;
    for (const char *here = words; *here != '\0';) {
        const size_t here_length = strcspn(here, " ");
        if (here_length == length && strncmp(here, word, length) == 0) return true;
        here += here_length;
        here += strspn(here, " ");
    }
    return false;
}
