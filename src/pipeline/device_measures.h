/* SPDX-License-Identifier: Apache-2.0 */

/** What a pipeline's device took, for reports. */
#ifndef SD14_PIPELINE_DEVICE_MEASURES_H
#define SD14_PIPELINE_DEVICE_MEASURES_H

#include "graph/device.h"
#include "pipeline/text_to_image.h"

typedef struct device_measures {
    bool present;                       /**< false, and all else zero: it computes on the host */
    device_program text, unet, decoder; /**< all zero where there is no program */
    double
        compile_seconds; /**< what first runs took beyond later ones, of programs that have both */
    double overhead_seconds; /**< the last run's steps, a step: outside of the device's library */
    device_usage usage;
} device_measures;

/** Between runs. @return DEVICE; OUT_OF_MEMORY. */
SD14_NODISCARD sd14_status device_measures_take(const text_to_image *pipeline,
                                                device_measures *out,
                                                sd14_error *error);

#endif /* SD14_PIPELINE_DEVICE_MEASURES_H */
