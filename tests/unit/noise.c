/* SPDX-License-Identifier: Apache-2.0 */
#include "sampling/noise.h"

#include <string.h>

#include "data/recorded_noise.inc"
#include "support/digest.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

enum { COUNT_MAX = 16384 };

static float numbers[COUNT_MAX];

/* Draws in a row from one generator: the spare number of a small draw waits through large ones. */
static void draws_are_torchs(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(recorded_draws); i++) {
        EVP_MD_CTX *digest = digest_begin();
        noise_generator generator;
        noise_seed(&generator, recorded_draws[i].seed);
        for (const size_t *count = recorded_draws[i].counts; *count != 0; count++) {
            assert_true(*count <= COUNT_MAX);
            noise_normal(&generator, numbers, *count);
            digest_add(digest, numbers, *count * sizeof(numbers[0]));
        }
        char what[96];
        (void)snprintf(what, sizeof(what), "recorded_draws[%zu], seed %llu, first of %zu", i,
                       (unsigned long long)recorded_draws[i].seed, recorded_draws[i].counts[0]);
        digest_check(digest, recorded_draws[i].sha256, what);
    }
}

static void values_in_full(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(recorded_values); i++) {
        noise_generator generator;
        noise_seed(&generator, recorded_values[i].seed);
        noise_normal(&generator, numbers, recorded_values[i].count);
        for (size_t n = 0; n < recorded_values[i].listed; n++) {
            uint32_t bits;
            memcpy(&bits, &numbers[n], sizeof(bits));
            if (bits != recorded_values[i].bits[n]) {
                fail_msg("seed %llu: randn(%zu)[%zu] is 0x%08x, torch has 0x%08x",
                         (unsigned long long)recorded_values[i].seed, recorded_values[i].count, n,
                         bits, recorded_values[i].bits[n]);
            }
        }
    }
}

/* A seed starts afresh, whatever was drawn before, and only its low 32 bits count. */
static void seeding_forgets(void **state)
{
    (void)state;
    noise_generator fresh;
    noise_generator used;
    float first = 0.0F;
    float again = 0.0F;
    noise_seed(&fresh, 7);
    noise_seed(&used, 3);
    noise_normal(&used, numbers, 1); /* leaves a spare */
    noise_seed(&used, (UINT64_C(1) << 40) + 7);
    noise_normal(&fresh, &first, 1);
    noise_normal(&used, &again, 1);
    assert_memory_equal(&first, &again, sizeof(first));
}

static void an_empty_draw_draws_nothing(void **state)
{
    (void)state;
    noise_generator generator;
    float next = 0.0F;
    noise_seed(&generator, 42);
    noise_normal(&generator, NULL, 0);
    noise_normal(&generator, &next, 1);
    assert_memory_equal(&next, &recorded_values[0].bits[0], sizeof(next));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_in_full),
        cmocka_unit_test(draws_are_torchs),
        cmocka_unit_test(seeding_forgets),
        cmocka_unit_test(an_empty_draw_draws_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
