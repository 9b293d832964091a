/* SPDX-License-Identifier: Apache-2.0 */

/** Inside of the TT-NN backend: weights on the device, programs that use them, loops. */
#ifndef SD14_TTNN_TTNN_RUN_H
#define SD14_TTNN_TTNN_RUN_H

#include "backends/ttnn/ttnn_device.h"
#include "graph/backend.h"
#include "graph/device.h"
#include "graph/loop.h"

typedef struct ttnn_backend {
    backend base;
    tt_device *device;
    char precision[64];
} ttnn_backend;

/** A graph's weights on the device, each made once, when the first program asks for it. */
struct backend_weights {
    tt_device *device;
    tensor *tensors; /**< of the graph; their bytes are the caller's */
    char **keys;
    int *slots; /**< of each key's tensor */
    int n_kept, capacity;
    size_t bytes; /**< on each chip */
};

struct backend_program {
    tt_device *device;
    const graph *graph;
    const backend_weights *weights;
    tt_program *lowered;
    int *slots;                       /**< the device's, of each of the program's */
    bool *own;                        /**< the slot is the program's, not the weights' */
    char (*kept_as)[TTNN_CACHE_NAME]; /**< per weight: the name to keep it under once conv2d has
                                           prepared it; "": none */
    int id;                           /**< on the device; -1: none yet */
    bool warm;                        /**< it has run: its kernels are compiled */
    bool traced;
    int64_t first_ns, later_ns; /**< as device_program's */
    size_t transfer_bytes;      /**< the largest upload or download */
};

/* ---- weights ------------------------------------------------------------------------------------ */

sd14_status ttnn_load_weights(backend *self,
                              const graph *graph,
                              const tensor *tensors,
                              const char *content,
                              size_t weights_cap,
                              const atomic_bool *cancel,
                              backend_weights **out_weights,
                              sd14_error *error);
void ttnn_weights_destroy(backend_weights *weights);
size_t ttnn_weights_bytes(const backend_weights *weights);

/** The slot that holds a program's weight, uploaded now if it is not there yet. */
SD14_NODISCARD sd14_status ttnn_weights_find(backend_weights *weights,
                                             const tt_program *program,
                                             const tt_weight *weight,
                                             const tt_task *task,
                                             int *out_slot,
                                             sd14_error *error);

/** Puts a weight into a slot: from the disk where it is kept, else made of the model's and uploaded. */
SD14_NODISCARD sd14_status ttnn_weights_upload(const backend_weights *weights,
                                               const tt_program *program,
                                               const tt_weight *weight,
                                               int slot,
                                               const tt_task *task,
                                               sd14_error *error);

/** Takes a slot's tensor from what was kept under the name. false: there is none, or not any that works. */
bool ttnn_weights_recall(const backend_weights *weights,
                         int slot,
                         const char *name,
                         const tt_task *task);

/** Keeps a slot's tensor under the name for the next start, if that can be done. */
void ttnn_weights_keep(const backend_weights *weights,
                       int slot,
                       const char *name,
                       const tt_task *task);

/**
 * Whether the device has room for a program beside what it holds.
 * @param weights_there  bytes of the program's weights that are on the device already
 * @return SD14_ERROR_DEVICE with the numbers: there is none.
 */
SD14_NODISCARD sd14_status ttnn_check_room(tt_device *device,
                                           const tt_program *program,
                                           size_t weights_there,
                                           sd14_error *error);

/* ---- programs ----------------------------------------------------------------------------------- */

sd14_status ttnn_plan(backend *self,
                      const graph *graph,
                      const tensor *tensors,
                      size_t weights_cap,
                      const backend_compile_options *options,
                      backend_plan *out_plan,
                      sd14_error *error);
sd14_status ttnn_compile(backend *self,
                         const graph *graph,
                         const backend_weights *weights,
                         const backend_compile_options *options,
                         backend_program **out_program,
                         sd14_error *error);
void ttnn_program_destroy(backend_program *program);
backend_memory ttnn_program_memory(const backend_program *program);
sd14_status ttnn_run(backend_program *program, const backend_run *run, sd14_error *error);

/** Prepares one of the program's inputs and uploads it, to any slot. */
SD14_NODISCARD sd14_status ttnn_program_upload(backend_program *program,
                                               const tt_input *input,
                                               const void *data,
                                               int slot,
                                               const tt_task *task,
                                               sd14_error *error);

/** Downloads a value, in the graph's shape. */
SD14_NODISCARD sd14_status ttnn_program_download(backend_program *program,
                                                 const tt_output *output,
                                                 int slot,
                                                 float *out,
                                                 const tt_task *task,
                                                 sd14_error *error);

/** Runs the whole program on what its input slots hold. */
SD14_NODISCARD sd14_status ttnn_program_execute(backend_program *program,
                                                const atomic_bool *cancel,
                                                sd14_error *error);

/** To be called after each run, with tt_device_busy_ns() from before it: its kernels are compiled now. */
void ttnn_program_note_run(backend_program *program, int64_t before_ns);

/* ---- measures ----------------------------------------------------------------------------------- */

extern const backend_device_vtable ttnn_device_vtable;

/* ---- loops -------------------------------------------------------------------------------------- */

extern const backend_loop_vtable ttnn_loop_vtable;

#endif /* SD14_TTNN_TTNN_RUN_H */
