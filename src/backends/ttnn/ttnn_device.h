/* SPDX-License-Identifier: Apache-2.0 */

/**
 * The device as the backend sees it: slots that hold tensors and objects, memory to bring numbers there and
 * back, and programs of calls. Every function waits for the device process, no longer than its time-out.
 */
#ifndef SD14_TTNN_TTNN_DEVICE_H
#define SD14_TTNN_TTNN_DEVICE_H

#include <jansson.h>
#include <stdatomic.h>

#include "backends/ttnn/ttnn_cache.h"
#include "backends/ttnn/ttnn_options.h"
#include "backends/ttnn/ttnn_program.h"
#include "base/log.h"

typedef struct tt_device tt_device;

/** What the device said of itself. */
typedef struct tt_device_facts {
    char ttnn[32], arch[32];
    int chips;
    size_t dram_bytes; /**< of a chip, all banks */
    size_t dram_banks;
    bool stand_in; /**< no device at all: a module that computes on the host */
    bool mock;     /**< checks calls and memory, computes nothing */
    bool traces;   /**< metal traces can be recorded: not on the mock, nor without fast dispatch */
} tt_device_facts;

/**
 * Finds Python and ttnn, starts the device process and opens the device.
 * @param log  borrowed; may be NULL
 * @return SD14_ERROR_DEVICE with what is missing and the remedy; OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status tt_device_open(const ttnn_options *options,
                                          const log_target *log,
                                          tt_device **out_device,
                                          sd14_error *error);

/** In order, and no process is left behind. NULL is fine. */
void tt_device_close(tt_device *device);

const tt_device_facts *tt_device_get_facts(const tt_device *device);
const ttnn_options *tt_device_get_options(const tt_device *device);
ttnn_cache *tt_device_cache(tt_device *device);

/** Nanoseconds in ttnn's functions, waiting for the device included, since it was opened. */
int64_t tt_device_busy_ns(const tt_device *device);

enum { TT_SLOT_NONE = -1 };

/** A slot that nobody uses, empty. TT_SLOT_NONE: no memory. */
int tt_device_take_slot(tt_device *device);

/** Empties slots and gives them back. A device that died has lost them anyway. */
void tt_device_drop_slots(tt_device *device, const int *slots, int count);

/** Memory that both sides see; valid until it is asked for again. */
SD14_NODISCARD sd14_status tt_device_memory(tt_device *device,
                                            size_t bytes,
                                            void **out_memory,
                                            sd14_error *error);

/** What is being done, for time-outs and errors. */
typedef struct tt_task {
    const char *what;          /**< "UNet: step 3" */
    const graph *graph;        /**< whose nodes calls name; may be NULL */
    const atomic_bool *cancel; /**< may be NULL */
    bool compiles;             /**< kernels may be compiled: waits longer, and says how far it is */
} tt_task;

/**
 * The memory's first bytes become a tensor in a slot.
 * @param type   DTYPE_F32 or DTYPE_I32: what is in the memory
 * @param shard  axis shared out to the chips; -1: all to each
 */
SD14_NODISCARD sd14_status tt_device_upload(tt_device *device,
                                            int slot,
                                            const tt_tensor *tensor,
                                            dtype type,
                                            int shard,
                                            const tt_task *task,
                                            sd14_error *error);

/** A slot's tensor to a file, which appears whole or not at all. */
SD14_NODISCARD sd14_status tt_device_save(
    tt_device *device, int slot, const char *path, const tt_task *task, sd14_error *error);

/** And back, to the device. */
SD14_NODISCARD sd14_status tt_device_load(
    tt_device *device, int slot, const char *path, const tt_task *task, sd14_error *error);

/** A slot's tensor, as float32, to the memory's first bytes, which tt_device_memory() has made enough. */
SD14_NODISCARD sd14_status tt_device_download(
    tt_device *device, int slot, int chip, size_t count, const tt_task *task, sd14_error *error);

/** Executes calls once; takes `calls` over. */
SD14_NODISCARD sd14_status tt_device_call(tt_device *device,
                                          json_t *calls,
                                          const tt_task *task,
                                          sd14_error *error);

/** Keeps calls as a program; takes `calls` over. */
SD14_NODISCARD sd14_status tt_device_define(
    tt_device *device, json_t *calls, int *out_program, const tt_task *task, sd14_error *error);

/** Calls [first, last) of a program; returns when the device has done them. */
SD14_NODISCARD sd14_status tt_device_run(
    tt_device *device, int program, int first, int last, const tt_task *task, sd14_error *error);

/** Records a program as a metal trace (nothing is computed), and runs what was recorded to its end. */
SD14_NODISCARD sd14_status tt_device_capture(tt_device *device,
                                             int program,
                                             const tt_task *task,
                                             sd14_error *error);
SD14_NODISCARD sd14_status tt_device_replay(tt_device *device,
                                            int program,
                                            const tt_task *task,
                                            sd14_error *error);

/** Forgets a program. */
void tt_device_release(tt_device *device, int program);

/** {"dram": {"allocated": bytes per bank}, "l1": ..., "l1_small": ...} as ttnn reports it; the caller's to json_decref(). */
SD14_NODISCARD sd14_status tt_device_usage(tt_device *device,
                                           json_t **out_usage,
                                           sd14_error *error);

#endif /* SD14_TTNN_TTNN_DEVICE_H */
