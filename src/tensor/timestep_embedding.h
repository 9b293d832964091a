/* SPDX-License-Identifier: Apache-2.0 */

/** The features of a timestep, as the UNet's time embedding reads them. */
#ifndef SD14_TENSOR_TIMESTEP_EMBEDDING_H
#define SD14_TENSOR_TIMESTEP_EMBEDDING_H

#include <stdbool.h>
#include <stddef.h>

/**
 * Sines then cosines of t · 10000^(-i / (channels/2 - shift)), i below channels/2; the same bytes on every machine.
 *
 * @param channels       even
 * @param cosines_first  diffusers' flip_sin_to_cos
 * @param out            [channels]
 *
 * Source: diffusers get_timestep_embedding().
 */
void timestep_embedding(float t, size_t channels, bool cosines_first, float shift, float *out);

#endif /* SD14_TENSOR_TIMESTEP_EMBEDDING_H */
