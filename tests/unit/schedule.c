/* SPDX-License-Identifier: Apache-2.0 */
#include "sampling/schedule.h"

#include <math.h>
#include <string.h>

#include "data/recorded_schedule.inc"
#include "support/digest.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const schedule_config sd14_config = {
    1000, 0.00085, 0.012, BETA_SCHEDULE_SCALED_LINEAR, TIMESTEP_SPACING_LEADING, 1, false};

static schedule *schedule_of(const schedule_config *config)
{
    schedule *made = NULL;
    sd14_error error = {{0}};
    if (schedule_create(config, &made, &error) != SD14_OK) fail_msg("%s", error.text);
    return made;
}

static void alphas_are_torchs(void **state)
{
    (void)state;
    schedule *made = schedule_of(&sd14_config);
    for (size_t t = 0; t < LENGTH(recorded_alphas_cumprod); t++) {
        uint32_t bits;
        memcpy(&bits, &made->alphas_cumprod[t], sizeof(bits));
        if (bits != recorded_alphas_cumprod[t]) {
            fail_msg("alphas_cumprod[%zu] is 0x%08x, torch has 0x%08x", t, bits,
                     recorded_alphas_cumprod[t]);
        }
    }
    schedule_destroy(made);
}

/* Every schedule and spacing, every step count. */
static void timesteps_are_diffusers(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(recorded_schedules); i++) {
        const schedule_config *config = &recorded_schedules[i].config;
        char what[64];
        (void)snprintf(what, sizeof(what), "recorded_schedules[%zu]", i);

        schedule *made = schedule_of(config);
        const float final = schedule_alpha_cumprod(made, -1);
        assert_memory_equal(&final, &recorded_schedules[i].final_alpha_cumprod, sizeof(final));
        EVP_MD_CTX *alphas = digest_begin();
        digest_add(alphas, made->alphas_cumprod, (size_t)config->train_timesteps * sizeof(float));
        digest_check(alphas, recorded_schedules[i].alphas_sha256, what);

        EVP_MD_CTX *timesteps = digest_begin();
        for (int steps = 1; steps <= recorded_schedules[i].counts; steps++) {
            int32_t found[SCHEDULE_STEPS_MAX];
            sd14_error error;
            assert_int_equal(schedule_timesteps(made, steps, found, &error), SD14_OK);
            digest_add(timesteps, found, (size_t)steps * sizeof(found[0]));
        }
        digest_check(timesteps, recorded_schedules[i].timesteps_sha256, what);
        schedule_destroy(made);
    }
}

/* A few in full: what a failure of the digests above looks like. */
static void timesteps_in_full(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(recorded_timesteps); i++) {
        schedule_config config = sd14_config;
        config.timestep_spacing = recorded_timesteps[i].spacing;
        schedule *made = schedule_of(&config);
        const int steps = recorded_timesteps[i].steps;
        int32_t found[SCHEDULE_STEPS_MAX];
        sd14_error error;
        assert_int_equal(schedule_timesteps(made, steps, found, &error), SD14_OK);
        for (int s = 0; s < steps; s++) {
            if (found[s] != recorded_timesteps[i].timesteps[s]) {
                fail_msg("spacing %d, %d steps: timestep %d is %d, diffusers has %d",
                         (int)config.timestep_spacing, steps, s, found[s],
                         recorded_timesteps[i].timesteps[s]);
            }
        }
        schedule_destroy(made);
    }
}

static void expect_steps_refused(const schedule *of, int steps, const char *words)
{
    int32_t timesteps[SCHEDULE_STEPS_MAX];
    sd14_error error = {{0}};
    assert_int_equal(schedule_timesteps(of, steps, timesteps, &error), SD14_ERROR_INVALID_ARGUMENT);
    if (strstr(error.text, words) == NULL) fail_msg("\"%s\" lacks \"%s\"", error.text, words);
}

static void bad_step_counts_are_refused(void **state)
{
    (void)state;
    schedule_config config = sd14_config;
    schedule *made = schedule_of(&config);
    expect_steps_refused(made, 0, "steps is 0; this model takes 1 to 1000");
    expect_steps_refused(made, -1, "1 to 1000");
    expect_steps_refused(made, 1001, "1 to 1000");
    expect_steps_refused(made, 1000, "starts at timestep 1000");
    schedule_destroy(made);

    config.train_timesteps = 10;
    made = schedule_of(&config);
    expect_steps_refused(made, 11, "1 to 10");
    schedule_destroy(made);

    config.train_timesteps = 2000;
    made = schedule_of(&config);
    expect_steps_refused(made, 1001, "1 to 1000");
    schedule_destroy(made);
}

static void bad_configs_are_refused(void **state)
{
    (void)state;
    static const struct {
        schedule_config config;
        const char *words;
    } cases[] = {
        {{0, 0.1, 0.2, BETA_SCHEDULE_LINEAR, TIMESTEP_SPACING_LEADING, 0, false},
         "num_train_timesteps is 0"},
        {{1000001, 0.1, 0.2, BETA_SCHEDULE_LINEAR, TIMESTEP_SPACING_LEADING, 0, false},
         "num_train_timesteps is 1000001"},
        {{9, 0.0, 0.2, BETA_SCHEDULE_LINEAR, TIMESTEP_SPACING_LEADING, 0, false},
         "beta_start is 0"},
        {{9, 0.2, 0.1, BETA_SCHEDULE_LINEAR, TIMESTEP_SPACING_LEADING, 0, false},
         "beta_end is 0.1"},
        {{9, 0.1, 1.0, BETA_SCHEDULE_LINEAR, TIMESTEP_SPACING_LEADING, 0, false}, "beta_end is 1"},
        {{9, (double)NAN, 0.1, BETA_SCHEDULE_LINEAR, TIMESTEP_SPACING_LEADING, 0, false}, "nan"},
        {{9, 0.1, (double)NAN, BETA_SCHEDULE_LINEAR, TIMESTEP_SPACING_LEADING, 0, false}, "nan"},
        {{9, 0.1, 0.2, BETA_SCHEDULE_LINEAR, TIMESTEP_SPACING_LEADING, -1, false},
         "steps_offset is -1"},
        {{9, 0.1, 0.2, BETA_SCHEDULE_LINEAR, TIMESTEP_SPACING_LEADING, 9, false},
         "steps_offset is 9, expected 0 to num_train_timesteps - 1 = 8"},
        {{9, 0.1, 0.2, (beta_schedule)7, TIMESTEP_SPACING_LEADING, 0, false}, "beta_schedule"},
        {{9, 0.1, 0.2, BETA_SCHEDULE_LINEAR, (timestep_spacing)7, 0, false}, "timestep_spacing"},
        /* Degenerate: 1 - beta rounds to 1; the products underflow to 0. */
        {{9, 1e-9, 1e-9, BETA_SCHEDULE_LINEAR, TIMESTEP_SPACING_LEADING, 0, false}, "from 1 to 1"},
        {{999, 0.9, 0.9, BETA_SCHEDULE_LINEAR, TIMESTEP_SPACING_LEADING, 0, false},
         "to 0, expected"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        schedule *made = NULL;
        sd14_error error = {{0}};
        assert_int_equal(schedule_create(&cases[i].config, &made, &error), SD14_ERROR_MODEL);
        assert_null(made);
        if (strstr(error.text, cases[i].words) == NULL) {
            fail_msg("\"%s\" lacks \"%s\"", error.text, cases[i].words);
        }
    }
    schedule_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alphas_are_torchs),       cmocka_unit_test(timesteps_are_diffusers),
        cmocka_unit_test(timesteps_in_full),       cmocka_unit_test(bad_step_counts_are_refused),
        cmocka_unit_test(bad_configs_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
