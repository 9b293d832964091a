/* SPDX-License-Identifier: Apache-2.0 */
#include "sampling/ddim.h"

#include <math.h>
#include <string.h>

#include "data/recorded_ddim.inc"
#include "sampling/noise.h"
#include "support/digest.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static schedule *schedule_of(const schedule_config *config)
{
    schedule *made = NULL;
    sd14_error error = {{0}};
    if (schedule_create(config, &made, &error) != SD14_OK) fail_msg("%s", error.text);
    return made;
}

/* The step as a backend does it: one operation, one rounding. noise is NULL when eta is 0. */
static void guided_step(float latent[RECORDED_COUNT],
                        const float noise_pred[2 * RECORDED_COUNT],
                        const float *noise,
                        const float c[DDIM_STEP_COEFFICIENTS])
{
    for (size_t i = 0; i < RECORDED_COUNT; i++) {
        const float uncond = noise_pred[i];
        const float text = noise_pred[RECORDED_COUNT + i];
        const float e = uncond + c[DDIM_STEP_GUIDANCE] * (text - uncond);
        const float original = (latent[i] - c[DDIM_STEP_SQRT_BETA] * e) / c[DDIM_STEP_SQRT_ALPHA];
        latent[i] = c[DDIM_STEP_SQRT_ALPHA_PREV] * original + c[DDIM_STEP_DIRECTION] * e;
        if (noise != NULL) latent[i] += c[DDIM_STEP_SIGMA] * noise[i];
    }
}

static void check_run(size_t i)
{
    const int steps = recorded_runs[i].steps;
    const float eta = recorded_runs[i].eta;
    schedule *made = schedule_of(&recorded_runs[i].config);
    EVP_MD_CTX *coefficients = digest_begin();
    EVP_MD_CTX *latents = digest_begin();

    noise_generator generator;
    float latent[RECORDED_COUNT];
    noise_seed(&generator, (uint64_t)steps);
    noise_normal(&generator, latent, RECORDED_COUNT);
    for (int step = 0; step < steps; step++) {
        float noise_pred[2 * RECORDED_COUNT];
        float noise[RECORDED_COUNT];
        noise_normal(&generator, noise_pred, (size_t)2 * RECORDED_COUNT);
        if (eta > 0.0F) noise_normal(&generator, noise, RECORDED_COUNT);

        float factors[DDIM_STEP_COEFFICIENTS];
        ddim_coefficients(made, steps, step, recorded_runs[i].guidance, eta, factors);
        guided_step(latent, noise_pred, eta > 0.0F ? noise : NULL, factors);
        digest_add(coefficients, factors, sizeof(factors));
        digest_add(latents, latent, sizeof(latent));
    }
    schedule_destroy(made);

    char what[64];
    (void)snprintf(what, sizeof(what), "coefficients of recorded_runs[%zu], %d steps", i, steps);
    digest_check(coefficients, recorded_runs[i].coefficients_sha256, what);
    (void)snprintf(what, sizeof(what), "latents of recorded_runs[%zu], %d steps", i, steps);
    digest_check(latents, recorded_runs[i].latents_sha256, what);
}

/* Whole denoising loops give the bytes of DDIMScheduler.step. */
static void runs_are_diffusers(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(recorded_runs); i++) check_run(i);
}

static const schedule_config sd14_config = {
    1000, 0.00085, 0.012, BETA_SCHEDULE_SCALED_LINEAR, TIMESTEP_SPACING_LEADING, 1, false};

static void coefficients_in_full(void **state)
{
    (void)state;
    schedule *made = schedule_of(&sd14_config);
    for (int step = 0; step < (int)LENGTH(recorded_coefficients); step++) {
        float found[DDIM_STEP_COEFFICIENTS];
        ddim_coefficients(made, (int)LENGTH(recorded_coefficients), step, 7.5F, 0.5F, found);
        for (int c = 0; c < DDIM_STEP_COEFFICIENTS; c++) {
            uint32_t bits;
            memcpy(&bits, &found[c], sizeof(bits));
            if (bits != recorded_coefficients[step][c]) {
                fail_msg("step %d, coefficient %d is 0x%08x, diffusers has 0x%08x", step, c, bits,
                         recorded_coefficients[step][c]);
            }
        }
    }
    schedule_destroy(made);
}

/* The header's promise: no eta within 0 .. 1 takes the root of a negative number. */
static void every_step_is_finite(void **state)
{
    (void)state;
    static const timestep_spacing spacings[] = {TIMESTEP_SPACING_LEADING, TIMESTEP_SPACING_TRAILING,
                                                TIMESTEP_SPACING_LINSPACE};
    for (size_t i = 0; i < LENGTH(spacings); i++) {
        schedule_config config = sd14_config;
        config.timestep_spacing = spacings[i];
        schedule *made = schedule_of(&config);
        for (int steps = 1; steps < 1000; steps++) {
            for (int step = 0; step < steps; step++) {
                float found[DDIM_STEP_COEFFICIENTS];
                ddim_coefficients(made, steps, step, 7.5F, 1.0F, found);
                if (!isfinite(found[DDIM_STEP_DIRECTION]) || !isfinite(found[DDIM_STEP_SIGMA])) {
                    fail_msg("spacing %d, step %d of %d", (int)spacings[i], step, steps);
                }
            }
        }
        schedule_destroy(made);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coefficients_in_full),
        cmocka_unit_test(runs_are_diffusers),
        cmocka_unit_test(every_step_is_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
