/* SPDX-License-Identifier: Apache-2.0 */

/** A comparison summed up: over all items per tensor, and each run in a line. */
#ifndef SD14_PARITY_COMPARE_SUMMARY_H
#define SD14_PARITY_COMPARE_SUMMARY_H

#include "base/text.h"
#include "parity/compare.h"

/** One tensor of all items. */
typedef struct tensor_summary {
    const char *name;
    size_t count;                 /**< items that have it on both sides */
    size_t failed;                /**< of them, with findings */
    double values[MEASURE_COUNT]; /**< each the worst of all items; NaN: none was measured */
    size_t worst_item;            /**< the one with the largest excess */
    const compared_tensor *worst; /**< its tensor: shape, dtype, limits */
} tensor_summary;

/**
 * One summary per name, in the order in which the first item has them.
 * @param out_summaries  The caller's to mem_free().
 * @return SD14_ERROR_OUT_OF_MEMORY
 */
SD14_NODISCARD sd14_status compare_summarize(const comparison *of,
                                             tensor_summary **out_summaries,
                                             size_t *out_count,
                                             sd14_error *error);

/** Appends "sd14 0.1.0, cpu f32 avx2, emoji": what made a run; the file's name for single files. */
void compare_describe_run(const comparison *of, int side, text *to);

/** Appends "relative_l2 <= 0.0001" of the limit that is used up most; "-": no limits. */
void compare_describe_limit(const compared_tensor *of, text *to);

/** Appends "7 of 8 items within the limits; 3 findings", the verdict's reason. */
void compare_describe_verdict(const comparison *of, text *to);

/** How the limits are called: "f32 (built in)", "limits.json". */
void compare_describe_limits(const comparison *of, text *to);

#endif /* SD14_PARITY_COMPARE_SUMMARY_H */
