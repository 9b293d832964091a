/* SPDX-License-Identifier: Apache-2.0 */

/** What tools/reference/record.py wrote of a run of diffusers: named tensors, and beside them manifest.json. */
#ifndef SD14_PARITY_RECORDING_H
#define SD14_PARITY_RECORDING_H

#include <stdint.h>

#include "base/status.h"
#include "tensor/tensor.h"

typedef struct recording recording;

/** From the manifest. Strings belong to the recording. */
typedef struct recording_settings {
    const char *prompt, *negative_prompt;
    int width, height, steps;
    float guidance;
    uint64_t seed;
} recording_settings;

/** @return SD14_ERROR_MODEL, SD14_ERROR_FILE (file or manifest missing or damaged); OUT_OF_MEMORY. */
SD14_NODISCARD sd14_status recording_open(const char *path,
                                          recording **out_recording,
                                          sd14_error *error);

/** NULL is fine. */
void recording_close(recording *of);

recording_settings recording_get_settings(const recording *of);

bool recording_has(const recording *of, const char *name);

/** Whether any tensor's name begins so. */
bool recording_has_prefix(const recording *of, const char *prefix);

/**
 * A tensor as recorded, copied: its values as float32 (ids and bytes too), or the samples and sums that stand
 * for a large one (tools/reference/digest.py).
 */
typedef struct recorded_values {
    float *values; /**< to be given to mem_free() */
    size_t count;
    shape shape;
    bool digest;
    double sum, squares;  /**< digest: over all elements */
    size_t whole, stride; /**< digest: how many they are; values[i] is element i · stride */
} recorded_values;

/** @return SD14_ERROR_FILE (no such tensor, a digest that contradicts itself); OUT_OF_MEMORY. */
SD14_NODISCARD sd14_status recording_read(const recording *of,
                                          const char *name,
                                          recorded_values *out_values,
                                          sd14_error *error);

/** As recording_read(), and of exactly this shape and whole. */
SD14_NODISCARD sd14_status recording_read_whole(
    const recording *of, const char *name, shape expected, float **out_values, sd14_error *error);

#endif /* SD14_PARITY_RECORDING_H */
