/* SPDX-License-Identifier: Apache-2.0 */

/**
 * log, sin and cos for Box-Muller, written out: the noise of a seed must be the same bytes under
 * every C library, and the C library's own functions are not.
 *
 * The float32 ones give glibc 2.36's bits on every value that the noise can ask for (all 2^24 of
 * each were compared); the float64 ones are within 2 ulp, enough for results that are then rounded
 * to float32. Nothing here is fused.
 */
#ifndef SD14_SAMPLING_NOISE_MATH_H
#define SD14_SAMPLING_NOISE_MATH_H

/** log(x) for normal x above 0. */
float noise_log_f32(float x);

/** sin(x), cos(x) for x from 0 to 2·pi. */
float noise_sin_f32(float x);
float noise_cos_f32(float x);

/** The same in float64. */
double noise_log_f64(double x);
double noise_sin_f64(double x);
double noise_cos_f64(double x);

#endif /* SD14_SAMPLING_NOISE_MATH_H */
