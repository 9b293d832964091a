/* SPDX-License-Identifier: Apache-2.0 */

/* Several pictures in one run: each has the bytes that it has alone, texts are encoded once, and what was finished
 * before a failure stays. The backend counts what it is asked for. */
#include <stdio.h>
#include <string.h>

#include <sd14/sd14.h>

#include "pipeline/text_to_image.h"
#include "support/cmocka.h"
#include "support/counting_cpu.h"

enum { SIDE = 64, BYTES = SIDE * SIDE * 3, STEPS = 3, PICTURES = 4, LATENT = SIDE * SIDE / 16 };

/* What the backend was asked for. */
static struct {
    int text_loads, unet_loads;
    int runs, fails_at; /* programs run; the one that fails, 0: none */
    int warnings;
} seen;

static sd14_status counting_load(backend *self,
                                 const graph *of,
                                 const tensor *tensors,
                                 const char *content,
                                 size_t weights_cap,
                                 const atomic_bool *cancel,
                                 backend_weights **out_weights,
                                 sd14_error *error)
{
    seen.text_loads += strcmp(of->name, "text_encoder") == 0 ? 1 : 0;
    seen.unet_loads += strcmp(of->name, "denoise") == 0 ? 1 : 0;
    return cpu_vtable->load_weights(self, of, tensors, content, weights_cap, cancel, out_weights,
                                    error);
}

static sd14_status counting_run(backend_program *program, const backend_run *run, sd14_error *error)
{
    seen.runs++;
    if (seen.runs == seen.fails_at) FAIL(error, VERIFICATION, "planned");
    return cpu_vtable->run(program, run, error);
}

static void hear(void *user, log_level level, const char *text)
{
    (void)user;
    (void)level;
    (void)text;
    seen.warnings++;
}

/* Texts that are the same, longer than counts, and empty. */
#define TWENTY_WORDS "a a a a a a a a a a a a a a a a a a a a "
static const char *const prompts[PICTURES] = {
    "a red apple", "a dog", (TWENTY_WORDS TWENTY_WORDS TWENTY_WORDS TWENTY_WORDS), "a red apple"};
static const char *const negatives[PICTURES] = {"", "a dog", NULL, ""};

static text_to_image *pipeline;
static text_to_image_params params[PICTURES];
static uint8_t pixels[PICTURES][BYTES];
static uint8_t *rows[PICTURES];
static int finished;

static void note_finished(void *user, size_t index, const text_to_image_timings *share)
{
    (void)user;
    assert_int_equal(index, finished);
    assert_true(share->total > 0.0 && share->denoise <= share->total);
    finished++;
}

static void begin(float guidance, float eta)
{
    static const log_target log = {.write = hear};
    static float given[LATENT];
    sd14_error error;
    for (size_t i = 0; i < LATENT; i++) given[i] = (float)(i % 7) * 0.25F - 0.75F;
    for (size_t i = 0; i < PICTURES; i++) {
        params[i] = (text_to_image_params){.prompt = prompts[i],
                                           .negative_prompt = negatives[i],
                                           .width = SIDE,
                                           .height = SIDE,
                                           .steps = STEPS,
                                           .guidance = guidance,
                                           .eta = eta,
                                           .seed = 3 + i,
                                           .latent = i == 1 ? given : NULL};
        rows[i] = pixels[i];
    }
    memset(&seen, 0, sizeof(seen));
    memset(pixels, 0, sizeof(pixels));
    assert_int_equal(text_to_image_create(the_model, the_cpu, &log, &pipeline, &error), SD14_OK);
}

static sd14_status run(size_t count, sd14_error *error)
{
    finished = 0;
    const text_to_image_batch batch = {
        .params = params, .count = count, .pixels = rows, .finished = note_finished};
    return text_to_image_run_batch(pipeline, &batch, error);
}

static void each_is_what_it_is_alone(void **state)
{
    static const float ways[][2] = {{4.0F, 0.0F}, {1.0F, 0.0F}, {4.0F, 0.5F}, {0.0F, 1.0F}};
    static float latents[PICTURES][LATENT];
    static uint8_t alone[BYTES];
    (void)state;
    for (size_t way = 0; way < sizeof(ways) / sizeof(ways[0]); way++) {
        sd14_error error;
        begin(ways[way][0], ways[way][1]);
        if (run(PICTURES, &error) != SD14_OK) fail_msg("%s", error.text);
        assert_int_equal(finished, PICTURES);
        memcpy(latents, text_to_image_latent(pipeline), sizeof(latents));
        for (size_t i = 0; i < PICTURES; i++) {
            assert_int_equal(text_to_image_run(pipeline, &params[i], alone, &error), SD14_OK);
            assert_memory_equal(text_to_image_latent(pipeline), latents[i], sizeof(latents[i]));
            assert_memory_equal(alone, pixels[i], BYTES);
        }
        text_to_image_destroy(pipeline);
    }
}

/* Guided: "", "a dog", "a red apple" and the long one, by twos. Weights are read once. */
static void every_text_is_encoded_once(void **state)
{
    (void)state;
    sd14_error error;
    begin(4.0F, 0.0F);
    assert_int_equal(text_to_image_encode(pipeline, params, PICTURES, &error), SD14_OK);
    assert_int_equal(seen.runs, 2);
    assert_int_equal(text_to_image_texts(pipeline), 4);
    for (int i = 0; i < 2; i++) assert_int_equal(run(PICTURES, &error), SD14_OK);
    assert_int_equal(seen.runs, 2 + 2 * (STEPS + PICTURES));
    assert_int_equal(seen.text_loads, 1);
    assert_int_equal(seen.unet_loads, 1);
    assert_int_equal(seen.warnings, 1);
    params[0].prompt = "a cat"; /* one more, beside those that the batch had */
    assert_int_equal(run(1, &error), SD14_OK);
    assert_int_equal(seen.text_loads, 2);
    assert_int_equal(text_to_image_texts(pipeline), 2);
    text_to_image_destroy(pipeline);
}

static void without_guidance_half_is_run(void **state)
{
    static const float guidances[] = {0.0F, 1.0F, 1.5F};
    (void)state;
    for (int i = 0; i < 3; i++) {
        sd14_error error;
        begin(guidances[i], 0.0F);
        assert_int_equal(run(1, &error), SD14_OK);
        const stage *unet = text_to_image_stage_of(pipeline, MODEL_UNET);
        assert_int_equal(text_to_image_last_text(pipeline).rows, i < 2 ? 1 : 2);
        assert_int_equal(unet->size.batch, 1);
        assert_int_equal(unet->size.guided, i == 2);
        text_to_image_destroy(pipeline);
    }
}

/* The text is one run, a step one more, and then a decoder's each. */
static void what_was_finished_stays(void **state)
{
    static uint8_t alone[2][BYTES];
    (void)state;
    sd14_error error;
    begin(4.0F, 0.0F);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(text_to_image_run(pipeline, &params[i], alone[i], &error), SD14_OK);
    assert_int_equal(text_to_image_encode(pipeline, params, PICTURES, &error), SD14_OK);
    seen.fails_at = seen.runs + STEPS + 3;
    assert_int_equal(run(PICTURES, &error), SD14_ERROR_VERIFICATION);
    assert_int_equal(finished, 2);
    for (size_t i = 0; i < 2; i++) assert_memory_equal(alone[i], pixels[i], BYTES);
    text_to_image_destroy(pipeline);
}

static void note_pictures(void *user, const text_to_image_progress *progress)
{
    (void)user;
    assert_int_equal(progress->first, finished);
    assert_int_equal(progress->together, 1);
}

/* A device with memory of its own. */
static void a_device_draws_one_after_another(void **state)
{
    static uint8_t together[PICTURES][BYTES];
    (void)state;
    sd14_error error;
    begin(4.0F, 0.5F);
    assert_int_equal(run(PICTURES, &error), SD14_OK);
    memcpy(together, pixels, sizeof(together));
    text_to_image_destroy(pipeline);

    counting_vtable.own_memory = true;
    begin(4.0F, 0.5F);
    params[0].progress = note_pictures;
    assert_int_equal(text_to_image_encode(pipeline, params, PICTURES, &error), SD14_OK);
    assert_int_equal(run(PICTURES, &error), SD14_OK);
    assert_int_equal(seen.runs, 2 + PICTURES * (STEPS + 1));
    assert_memory_equal(together, pixels, sizeof(together));
    text_to_image_destroy(pipeline);
    counting_vtable.own_memory = false;
}

static int set_up(void **state)
{
    (void)state;
    if (!counting_cpu_open()) return -1;
    counting_vtable.load_weights = counting_load;
    counting_vtable.run = counting_run;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    counting_cpu_close();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_what_it_is_alone),
        cmocka_unit_test(every_text_is_encoded_once),
        cmocka_unit_test(without_guidance_half_is_run),
        cmocka_unit_test(what_was_finished_stays),
        cmocka_unit_test(a_device_draws_one_after_another),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
