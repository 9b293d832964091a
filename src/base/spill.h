/* SPDX-License-Identifier: Apache-2.0 */

/**
 * Arrays of floats put aside on disk: gigabytes that would not fit into memory beside a network. First all is
 * written, then it is read where it is mapped; pages that were read may leave the memory again.
 *
 * The file lies in $TMPDIR (/tmp without it), has no name and is gone with the process, however it ends.
 */
#ifndef SD14_BASE_SPILL_H
#define SD14_BASE_SPILL_H

#include <stddef.h>

#include "base/status.h"

/** All-zero is closed. */
typedef struct spill {
    int file; /**< descriptor + 1; 0: closed */
    size_t count;
    float *mapped; /**< NULL before spill_map() */
} spill;

/** @return SD14_ERROR_FILE: no file can be made there. */
SD14_NODISCARD sd14_status spill_open(spill *out_spill, sd14_error *error);

/** Appends. @param out_first  where the array begins, for spill_at(). @return SD14_ERROR_FILE: disk full. */
SD14_NODISCARD sd14_status
spill_add(spill *to, const float *values, size_t count, size_t *out_first, sd14_error *error);

/** Ends the writing. @return SD14_ERROR_OUT_OF_MEMORY: no address space. */
SD14_NODISCARD sd14_status spill_map(spill *of, sd14_error *error);

/** An array that spill_add() took, mapped; 4-byte aligned. */
const float *spill_at(const spill *of, size_t first);

void spill_close(spill *of);

#endif /* SD14_BASE_SPILL_H */
