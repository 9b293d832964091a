/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/layout.h"

void layout_channels_last(const float *src, size_t channels, size_t pixels, float *dst)
{
    for (size_t p = 0; p < pixels; p++) {
        for (size_t c = 0; c < channels; c++) dst[p * channels + c] = src[c * pixels + p];
    }
}

void layout_channels_first(const float *src, size_t channels, size_t pixels, float *dst)
{
    layout_channels_last(src, pixels, channels, dst);
}
