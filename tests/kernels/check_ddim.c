/* SPDX-License-Identifier: Apache-2.0 */

/* guided_ddim_step. */
#include <string.h>

#include "graph/ops.h"
#include "kernels/check.h"

/* Coefficients of a middle step: alpha_prod 0.5 to 0.55, guidance 7.5, sigma as with eta 1. */
static const float coefficients[DDIM_COEFFICIENTS] = {
    [DDIM_GUIDANCE] = 7.5F,          [DDIM_SQRT_BETA] = 0.70710678F,
    [DDIM_SQRT_ALPHA] = 0.70710678F, [DDIM_SQRT_ALPHA_PREV] = 0.74161985F,
    [DDIM_DIRECTION] = 0.64F,        [DDIM_SIGMA] = 0.21F,
};

/* Largest term: guidance times 2, over sqrt(alpha); ten roundings at its size. */
static const double limit = 16 * 10 * 0x1p-24;

static double exact_step(const guided_ddim_step_f32_args *args, size_t i)
{
    double k[DDIM_COEFFICIENTS];
    for (int c = 0; c < DDIM_COEFFICIENTS; c++) k[c] = (double)args->coefficients[c];
    double e = (double)args->uncond[i];
    if (args->text != NULL) e += k[DDIM_GUIDANCE] * ((double)args->text[i] - e);
    const double x0 = ((double)args->latent[i] - k[DDIM_SQRT_BETA] * e) / k[DDIM_SQRT_ALPHA];
    double y = k[DDIM_SQRT_ALPHA_PREV] * x0 + k[DDIM_DIRECTION] * e;
    if (args->noise != NULL) y += k[DDIM_SIGMA] * (double)args->noise[i];
    return y;
}

static void check_step(guided_ddim_step_f32_fn *kernel,
                       const char *name,
                       guided_ddim_step_f32_args args,
                       float *latent)
{
    static double exact[CHECK_SIZE_MAX];
    const size_t bytes = args.n * sizeof(float);
    float *expected = check_room(4, bytes);
    float *y = check_room(5, bytes);
    args.latent = latent;
    args.y = expected;
    guided_ddim_step_f32_ref(&args);
    for (size_t i = 0; i < args.n; i++) exact[i] = exact_step(&args, i);
    check_close(expected, exact, args.n, limit, name);

    args.y = y;
    kernel(&args);
    check_same(y, expected, args.n, name);
    check_before_room(5, bytes, name);
    args.y = latent;
    kernel(&args);
    check_same(latent, expected, args.n, name);
}

void check_guided_ddim_step_f32(guided_ddim_step_f32_fn *kernel, const char *name)
{
    uint32_t seed = 6;
    for (size_t k = 0; k < CHECK_SIZES; k++) {
        for (int variant = 0; variant < 4; variant++) {
            const size_t n = check_size(k);
            const float *uncond = check_room_random(1, n, 1.0F, &seed);
            const float *text = check_room_random(2, n, 1.0F, &seed);
            const float *noise = check_room_random(3, n, 1.0F, &seed);
            const guided_ddim_step_f32_args args = {.uncond = uncond,
                                                    .text = variant & 1 ? text : NULL,
                                                    .noise = variant & 2 ? noise : NULL,
                                                    .coefficients = coefficients,
                                                    .n = n};
            check_step(kernel, name, args, check_room_random(0, n, 4.0F, &seed));
        }
    }
}
