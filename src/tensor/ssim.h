/* SPDX-License-Identifier: Apache-2.0 */

/**
 * Structural similarity of 8-bit pictures: Wang, Bovik, Sheikh, Simoncelli 2004, single scale, a Gaussian
 * window of 11x11 with sigma 1.5, K1 0.01, K2 0.03, peak 255; the mean over the places where the window lies
 * inside the picture, and over the three channels. What scikit-image computes as structural_similarity(a, b,
 * gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255, channel_axis=2).
 */
#ifndef SD14_TENSOR_SSIM_H
#define SD14_TENSOR_SSIM_H

#include <stddef.h>

#include "base/status.h"

/** Side of the window: the smallest picture that has a similarity. */
enum { SSIM_WINDOW = 11 };

/**
 * @param a, b     [height, width, 3]
 * @param out_ssim  -1 to 1; 1 when equal; NaN when a side is shorter than the window.
 * @return SD14_ERROR_OUT_OF_MEMORY
 */
SD14_NODISCARD sd14_status picture_ssim(const unsigned char *a,
                                        const unsigned char *b,
                                        size_t width,
                                        size_t height,
                                        double *out_ssim,
                                        sd14_error *error);

#endif /* SD14_TENSOR_SSIM_H */
