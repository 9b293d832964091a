/* SPDX-License-Identifier: Apache-2.0 */

/**
 * Weights as the device takes them, kept on the host's disk, so that a second start converts nothing.
 *
 * A file's name is the SHA-256 of all that its tensor depends on: the bytes of the model's weights, what is made
 * of them, versions and device; for what conv2d prepared, the program's calls too. A file appears whole or not
 * at all, and is never changed. What cannot be written is not kept, and said once.
 */
#ifndef SD14_TTNN_TTNN_CACHE_H
#define SD14_TTNN_TTNN_CACHE_H

#include <limits.h>
#include <stdbool.h>

#include "backends/ttnn/ttnn_program.h"
#include "base/log.h"
#include "machine/machine.h"

typedef struct ttnn_cache {
    char folder[PATH_MAX]; /**< "": nothing is kept */
    char device[128];      /**< what a tensor depends on beside the model */
    const log_target *log; /**< borrowed; may be NULL */
} ttnn_cache;

/** Makes the folder sd14/ttnn in $XDG_CACHE_HOME or ~/.cache; where that fails nothing is kept. */
void ttnn_cache_open(ttnn_cache *out, const machine *on, const char *device, const log_target *log);

/** Nothing is kept from here on; says why. */
void ttnn_cache_give_up(ttnn_cache *cache, const char *why);

enum { TTNN_CACHE_NAME = 65 };

/**
 * The name under which a weight is kept. Reads the model's bytes: ask once.
 * @param tensors  of the graph
 * @param calls    ttnn_cache_calls() for what a program prepared for itself; "" for what all may use
 * @return SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status ttnn_cache_name(const ttnn_cache *cache,
                                           const tt_program *program,
                                           const tt_weight *weight,
                                           const tensor *tensors,
                                           const char *calls,
                                           char out[TTNN_CACHE_NAME],
                                           sd14_error *error);

/** A digest of a program's calls. */
SD14_NODISCARD sd14_status ttnn_cache_calls(const tt_program *program,
                                            char out_digest[TTNN_CACHE_NAME],
                                            sd14_error *error);

/** The file of that name. false: too long for a path. */
bool ttnn_cache_file(const ttnn_cache *cache, const char *name, char out[PATH_MAX]);

#endif /* SD14_TTNN_TTNN_CACHE_H */
