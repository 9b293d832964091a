/* SPDX-License-Identifier: Apache-2.0 */

/** What a caller may say of the TT-NN backend, as a JSON object: docs/tenstorrent.md lists the keys. */
#ifndef SD14_TTNN_TTNN_OPTIONS_H
#define SD14_TTNN_TTNN_OPTIONS_H

#include <limits.h>
#include <stdint.h>

#include "backends/ttnn/ttnn_settings.h"
#include "base/status.h"

typedef enum tt_switch { TT_AUTO, TT_ON, TT_OFF } tt_switch;

typedef struct ttnn_options {
    char python[PATH_MAX]; /**< interpreter or virtual environment; "": look for one */
    tt_settings settings;
    tt_switch trace; /**< replay the step as a metal trace; auto: where the device can */
    tt_switch cache; /**< keep converted weights on the disk; auto: of a device that computes */
    size_t trace_region_size; /**< bytes of DRAM that a trace may take */
    int64_t open_ms;          /**< longest waits: for the device to open or take a weight, */
    int64_t compile_ms;       /**< for one call while kernels are compiled, */
    int64_t step_ms;          /**< for one run of a network after that */
} ttnn_options;

void ttnn_options_default(ttnn_options *out_options);

/**
 * @param text  a JSON object, or NULL: the defaults
 * @return SD14_OK; SD14_ERROR_INVALID_ARGUMENT naming key and value; SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status ttnn_options_read(const char *text,
                                             ttnn_options *out_options,
                                             sd14_error *error);

#endif /* SD14_TTNN_TTNN_OPTIONS_H */
