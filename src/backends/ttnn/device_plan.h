/* SPDX-License-Identifier: Apache-2.0 */

/**
 * What a program takes of a device's memory, known before anything is uploaded.
 *
 * DRAM: weights, inputs, and the most that values and outputs take at once between calls, counted as ttnn's
 * allocator does: tiles filled up, pages dealt out to the banks in turn. What a function allocates and frees
 * inside a call is not counted, nor the small tables that it keeps with what it has compiled.
 *
 * L1: what the program places there between calls, and the tables of conv2d. Of the rest ttnn's functions choose
 * how much they use, circular buffers and shards, and refuse what does not fit: l1_left() is their bound.
 */
#ifndef SD14_TTNN_DEVICE_PLAN_H
#define SD14_TTNN_DEVICE_PLAN_H

#include "backends/ttnn/ttnn_program.h"

/** A chip's memory. */
typedef struct device_memory {
    size_t dram_banks, dram_bank_bytes;
    size_t l1_banks,
        l1_bank_bytes; /**< of a core each: what ttnn does not keep for itself, with l1_small_size */
} device_memory;

/** One chip of an N150 or N300; cores as on the chip that has fewer. */
extern const device_memory device_wormhole;

/** Bytes on one chip. */
typedef struct device_plan {
    size_t weights; /**< as the device prepares them */
    size_t
        padding; /**< at most so much more where conv2d fills its weights up for a grid of cores */
    size_t inputs;
    size_t values;    /**< at the fullest call */
    int fullest;      /**< that call of the body */
    size_t l1_values; /**< of each core, at the fullest call */
} device_plan;

/** @return SD14_OK; SD14_ERROR_OUT_OF_MEMORY. */
SD14_NODISCARD sd14_status device_plan_make(const tt_program *program,
                                            const device_memory *memory,
                                            device_plan *out_plan,
                                            sd14_error *error);

/** What a core has left for circular buffers and shards. */
size_t
device_plan_l1_left(const device_plan *plan, const device_memory *memory, size_t l1_small_size);

/** What a slot holds on the device: of a weight of conv2d what that prepares, unpadded. */
tt_tensor device_plan_tensor(const tt_program *program, int slot);

/** A tensor's bytes on one bank: in interleaved pages, or of its shard. */
size_t device_bank_bytes(const tt_tensor *of, size_t n_banks);

/**
 * Whether programs fit side by side: all their weights and inputs, and the values of the fullest.
 * @param names  of the programs, for the error's text
 * @return SD14_OK; SD14_ERROR_DEVICE with the numbers.
 */
SD14_NODISCARD sd14_status device_plan_check(const device_plan *plans,
                                             const char *const *names,
                                             int n_plans,
                                             const device_memory *memory,
                                             sd14_error *error);

#endif /* SD14_TTNN_DEVICE_PLAN_H */
