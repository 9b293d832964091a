/* SPDX-License-Identifier: Apache-2.0 */

/**
 * What a device with memory of its own took: of a session whose backend is "ttnn". On the processor there is
 * nothing of the kind.
 */
#ifndef SD14_DEVICE_H
#define SD14_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include <sd14/generate.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A network on the device; all zero while it is not there. Bytes are on each chip, as planned beforehand. */
typedef struct sd14_device_program {
    int32_t calls; /**< of ttnn functions, in a run */
    double
        first_run_seconds; /**< inside of ttnn: compiles kernels, prepares convolutions' weights */
    double later_run_seconds; /**< the least of later runs; 0: there was none yet */
    uint64_t weights_bytes;   /**< DRAM */
    uint64_t inputs_bytes;    /**< DRAM */
    uint64_t values_bytes;    /**< DRAM, at the fullest call */
    uint64_t l1_values_bytes; /**< of each core, placed there between calls, at the fullest call */
} sd14_device_program;

typedef struct sd14_device_measures {
    bool present; /**< false, and all else zero: the backend computes on the processor */
    sd14_device_program text, unet, decoder; /**< UNet: with guidance and DDIM, a step */
    double
        compile_seconds; /**< first use: what first runs took beyond later ones, of the networks that
                                 have run again */
    double
        step_overhead_seconds; /**< the host's: a step's wall time without what the device process
                                      spent in ttnn's functions, which wait for the device at the step's end.
                                      Mean over the last picture's steps but the first */
    uint64_t dram_bytes;       /**< in use now on a chip, as ttnn says */
    uint64_t l1_bytes;         /**< the same, of each core */
    uint64_t l1_small_bytes;   /**< the same, of l1_small_size */
} sd14_device_measures;

/**
 * Asks the device, between two generations.
 * @return SD14_OK; SD14_ERROR_INVALID_ARGUMENT; SD14_ERROR_DEVICE; SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD SD14_API sd14_status sd14_session_get_device(const sd14_session *session,
                                                            sd14_device_measures *out_measures,
                                                            sd14_error *error);

#ifdef __cplusplus
}
#endif

#endif /* SD14_DEVICE_H */
