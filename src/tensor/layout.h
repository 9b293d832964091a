/* SPDX-License-Identifier: Apache-2.0 */

/** Between the field's channels-first pictures and latents, and ours. One item of a batch at a time. */
#ifndef SD14_TENSOR_LAYOUT_H
#define SD14_TENSOR_LAYOUT_H

#include <stddef.h>

/** [channels, pixels] -> [pixels, channels]. */
void layout_channels_last(const float *src, size_t channels, size_t pixels, float *dst);

/** [pixels, channels] -> [channels, pixels]. */
void layout_channels_first(const float *src, size_t channels, size_t pixels, float *dst);

#endif /* SD14_TENSOR_LAYOUT_H */
