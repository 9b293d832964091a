/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/device_measures.h"

static sd14_status
add_program(const stage *of, device_program *out, double *compile_seconds, sd14_error *error)
{
    if (of->program == NULL) return SD14_OK;
    TRY(of->backend->vtable->device->program(of->program, out, error));
    if (out->later_ns > 0 && out->first_ns > out->later_ns)
        *compile_seconds += (double)(out->first_ns - out->later_ns) * 1e-9;
    return SD14_OK;
}

sd14_status
device_measures_take(const text_to_image *pipeline, device_measures *out, sd14_error *error)
{
    const stage *unet = text_to_image_stage_of(pipeline, MODEL_UNET);
    const stage *text = text_to_image_stage_of(pipeline, MODEL_TEXT_ENCODER);
    const stage *decoder = text_to_image_stage_of(pipeline, MODEL_VAE_DECODER);
    const backend_device_vtable *device = unet->backend->vtable->device;
    *out = (device_measures){0};
    if (device == NULL) return SD14_OK;
    out->present = true;
    out->overhead_seconds = text_to_image_last_timings(pipeline).step_overhead;
    TRY(add_program(text, &out->text, &out->compile_seconds, error));
    TRY(add_program(unet, &out->unet, &out->compile_seconds, error));
    TRY(add_program(decoder, &out->decoder, &out->compile_seconds, error));
    return device->usage(unet->backend, &out->usage, error);
}
