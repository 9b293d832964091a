/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/picture.h"

#include <math.h>

#include "base/memory.h"

sd14_status check_finite(
    const char *what, const float *values, size_t count, const char *when, sd14_error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (isfinite(values[i])) continue;
        FAIL(error, VERIFICATION,
             "the %s has %s at element %zu %s; the model's weights are damaged", what,
             isnan(values[i]) ? "NaN" : "infinity", i, when);
    }
    return SD14_OK;
}

/* image [height, width, 3] about -1 to 1 -> pixels, as diffusers' VaeImageProcessor: x / 2 + 0.5, clamped,
 * times 255, rounded half to even. */
static void to_pixels(const float *image, size_t count, uint8_t *pixels)
{
    for (size_t i = 0; i < count; i++) {
        const float x = image[i] / 2.0F + 0.5F;
        const float clamped = x < 0.0F ? 0.0F : x > 1.0F ? 1.0F : x;
        pixels[i] = (uint8_t)rintf(clamped * 255.0F);
    }
}

sd14_status picture_decode(stage *decoder,
                           const stage_size *size,
                           const float *latent,
                           const atomic_bool *cancel,
                           uint8_t *pixels,
                           sd14_error *error)
{
    const size_t scale = vae_scale(&decoder->model->config.vae);
    const size_t count = 3 * size->height * size->width * scale * scale;
    TRY(stage_prepare(decoder, size, cancel, error));
    float *image = mem_aligned_array(count, sizeof(float));
    if (image == NULL) FAIL_NO_MEMORY(error, "the picture");
    const void *inputs[] = {latent};
    sd14_status status = stage_run(decoder, inputs, image, cancel, error);
    if (status == SD14_OK) status = check_finite("picture", image, count, "after decoding", error);
    if (status == SD14_OK) to_pixels(image, count, pixels);
    mem_free(image);
    return status;
}
