/* SPDX-License-Identifier: Apache-2.0 */

/* The promise of every precision: the same latent and the same PNG, whatever the number of threads and the
 * instruction set. Through the public API, as a program would ask for it. */
#include <stdio.h>
#include <string.h>

#include <sd14/sd14.h>

#include "base/cpu.h"
#include "base/file_map.h"
#include "base/sha256.h"
#include "support/cmocka.h"
#include "support/files.h"

enum { SIDE = 64, LATENT_COUNT = SIDE / 8 * SIDE / 8 * 4 };

typedef struct hashes {
    char latent[SHA256_TEXT_BYTES];
    char png[SHA256_TEXT_BYTES];
} hashes;

static void check(sd14_status status, const sd14_error *error)
{
    if (status != SD14_OK) fail_msg("%s", error->text);
}

static hashes draw(const char *precision,
                   bool exact,
                   int32_t threads,
                   const char *isa,
                   float eta,
                   const char *path)
{
    sd14_error error;
    sd14_model *model = NULL;
    sd14_session *session = NULL;
    sd14_image *image = NULL;
    sd14_model_params model_params;
    sd14_model_params_default(&model_params);
    model_params.path = SD14_SOURCE_DIR "/models/emoji";
    model_params.threads = threads;
    model_params.isa = isa;
    model_params.precision = precision;
    model_params.exact = exact;
    check(sd14_model_load(&model_params, &model, &error), &error);
    check(sd14_session_create(model, &session, &error), &error);

    sd14_generate_params params;
    sd14_generate_params_default(model, &params);
    params.prompt = "a rocket";
    params.negative_prompt = "an apple";
    params.width = SIDE;
    params.height = SIDE;
    params.steps = 2;
    params.eta = eta;
    params.seed = 7;
    check(sd14_generate(session, &params, &image, &error), &error);
    check(sd14_image_write_png(image, path, NULL, 0, &error), &error);

    hashes made;
    file_map png = {0};
    check(sha256_bytes(sd14_session_latent(session), LATENT_COUNT * sizeof(float), made.latent,
                       &error),
          &error);
    check(file_map_open(path, &png, &error), &error);
    check(sha256_bytes(png.bytes, png.size, made.png, &error), &error);
    file_map_close(&png);
    sd14_image_destroy(image);
    sd14_session_destroy(session);
    sd14_model_destroy(model);
    return made;
}

static void every_way_gives_the_same_bytes(const char *precision, const char *path)
{
    static const int32_t threads[] = {1, 2, 3, 7};
    for (int noisy = 0; noisy <= 1; noisy++) {
        const float eta = noisy ? 0.5F : 0.0F;
        const hashes expected = draw(precision, false, 2, "ref", eta, path);
        print_message("%s, eta %g: latent %.16s, png %.16s\n", precision, (double)eta,
                      expected.latent, expected.png);
        for (int level = ISA_AVX2; level < ISA_COUNT; level++) {
            const char *isa = isa_name((isa_level)level);
            if (!cpu_has((isa_level)level)) {
                print_message("skipped: %s: not on this processor\n", isa);
                continue;
            }
            for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
                const hashes found = draw(precision, false, threads[i], isa, eta, path);
                assert_string_equal(found.latent, expected.latent);
                assert_string_equal(found.png, expected.png);
            }
        }
    }
}

static void in_f32(void **state)
{
    every_way_gives_the_same_bytes("f32", *state);
}

static void in_fast(void **state)
{
    every_way_gives_the_same_bytes("fast", *state);
}

/* Recorded once, on a Zen 4: what it drew there it draws on every machine. (The PNG's own bytes also depend
 * on the machine's zlib.) */
static void bytes_are_those_recorded(void **state)
{
    static const char *const latents[] = {
        "198693f82a4244b44809e0824d676e1f7e7530bede33d13e0793d91f3e8aa2ae",
        "63026d8e82e7a13a9fc5b14de0caec7f2372438c92f8233f25202e23a1554da6", /* with direct convolutions */
    };
    for (int exact = 0; exact <= 1; exact++) {
        const hashes found = draw("f32", exact, 0, NULL, 0.0F, *state);
        assert_string_equal(found.latent, latents[exact]);
    }
}

static char folder[PATH_MAX];

static int set_up(void **state)
{
    static char path[PATH_MAX];
    *state = (void *)(uintptr_t)path_in(path, temp_folder(folder), "picture.png");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    remove_folder(folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_f32),
        cmocka_unit_test(in_fast),
        cmocka_unit_test(bytes_are_those_recorded),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
