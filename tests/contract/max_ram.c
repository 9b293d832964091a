/* SPDX-License-Identifier: Apache-2.0 */

/* The memory cap: a drawing that does not fit streams its weights, and is not begun where that is not enough. */
#include <stdio.h>
#include <string.h>

#include <sd14/sd14.h>

#include "support/cmocka.h"

typedef struct fixture {
    sd14_model *model;
    sd14_session *session;
    sd14_generate_params params;
} fixture;

static void check(sd14_status status, const sd14_error *error)
{
    if (status != SD14_OK) fail_msg("%s", error->text);
}

static fixture open_model(uint64_t max_ram)
{
    fixture made;
    sd14_error error;
    sd14_model_params params;
    sd14_model_params_default(&params);
    assert_int_equal(params.max_ram, 0);
    params.path = SD14_SOURCE_DIR "/models/emoji";
    params.max_ram = max_ram;
    check(sd14_model_load(&params, &made.model, &error), &error);
    check(sd14_session_create(made.model, &made.session, &error), &error);
    sd14_generate_params_default(made.model, &made.params);
    made.params.prompt = "a red apple";
    made.params.width = 64;
    made.params.height = 64;
    made.params.steps = 1;
    return made;
}

static void close_model(fixture *of)
{
    sd14_session_destroy(of->session);
    sd14_model_destroy(of->model);
}

static sd14_memory_plan plan_of(const fixture *of, int32_t width, float guidance)
{
    sd14_generate_params params = of->params;
    sd14_memory_plan plan;
    sd14_error error;
    params.width = width;
    params.guidance = guidance;
    check(sd14_session_plan(of->session, &params, &plan, &error), &error);
    return plan;
}

static sd14_status draw(fixture *of, int32_t width, sd14_error *error)
{
    sd14_image *image = NULL;
    sd14_generate_params params = of->params;
    params.width = width;
    const sd14_status status = sd14_generate(of->session, &params, &image, error);
    sd14_image_destroy(image);
    return status;
}

/* Larger pictures and pairs need more; the weights are the same. */
static void plans_differ_where_they_must(void **state)
{
    (void)state;
    fixture of = open_model(0);
    const sd14_memory_plan small = plan_of(&of, 64, 4), wide = plan_of(&of, 512, 4);
    const sd14_memory_plan single = plan_of(&of, 64, 1);
    assert_int_equal(small.unet.weights_bytes, wide.unet.weights_bytes);
    assert_int_equal(small.decoder.weights_bytes, wide.decoder.weights_bytes);
    assert_true(wide.unet.activations_bytes > 4 * small.unet.activations_bytes);
    assert_true(single.unet.activations_bytes < small.unet.activations_bytes);
    assert_true(single.text.activations_bytes < small.text.activations_bytes);
    assert_int_equal(single.decoder.activations_bytes, small.decoder.activations_bytes);
    assert_true(wide.peak_bytes > small.peak_bytes);
    assert_int_equal(wide.peak_bytes % 1048576, 0);
    assert_int_equal(sd14_session_plan(NULL, &of.params, NULL, NULL), SD14_ERROR_INVALID_ARGUMENT);
    of.params.width = 65;
    sd14_memory_plan untouched;
    assert_int_equal(sd14_session_plan(of.session, &of.params, &untouched, NULL),
                     SD14_ERROR_INVALID_ARGUMENT);
    close_model(&of);
}

/* A large picture is largest in the decoder: beside its program there is the picture as float32. */
static void the_peak_is_what_is_there_at_once(void **state)
{
    (void)state;
    fixture of = open_model(0);
    const sd14_memory_plan plan = plan_of(&of, 1024, of.params.guidance);
    const uint64_t sum = plan.other_bytes + plan.unet.weights_bytes + plan.decoder.weights_bytes +
                         plan.decoder.activations_bytes + plan.decoder.scratch_bytes +
                         UINT64_C(1024) * 64 * 3 * sizeof(float);
    assert_int_equal(plan.peak_bytes, (sum + 1048575) / 1048576 * 1048576);
    close_model(&of);
}

typedef struct watch {
    const sd14_session *session;
    uint64_t bytes[SD14_STAGE_DECODE + 1]; /* when each stage begins */
} watch;

static void note_memory(void *user, const sd14_progress *progress)
{
    watch *to = user;
    to->bytes[progress->stage] = sd14_session_memory(to->session);
}

/* From the second picture on: the programs of the one before are gone, its weights are not. */
static void no_stage_keeps_the_program_of_another(void **state)
{
    (void)state;
    fixture of = open_model(0);
    sd14_error error;
    watch seen = {.session = of.session};
    const sd14_memory_plan plan = plan_of(&of, 64, of.params.guidance);
    const uint64_t weights = plan.unet.weights_bytes + plan.decoder.weights_bytes;
    check(draw(&of, 64, &error), &error);
    of.params.prompt = "a dog";
    of.params.progress = note_memory;
    of.params.progress_user = &seen;
    check(draw(&of, 64, &error), &error);
    assert_int_equal(seen.bytes[SD14_STAGE_TEXT], weights);
    assert_int_equal(seen.bytes[SD14_STAGE_LOAD], weights);
    assert_int_equal(seen.bytes[SD14_STAGE_DENOISE],
                     weights + plan.unet.activations_bytes + plan.unet.scratch_bytes);
    close_model(&of);
}

/* After a picture the session holds what was planned: the weights that stay, and the decoder's program. */
static void the_session_holds_what_was_planned(void **state)
{
    (void)state;
    fixture of = open_model(0);
    sd14_error error;
    const sd14_memory_plan plan = plan_of(&of, 128, of.params.guidance);
    check(draw(&of, 128, &error), &error);
    assert_int_equal(sd14_session_memory(of.session),
                     plan.unet.weights_bytes + plan.decoder.weights_bytes +
                         plan.decoder.activations_bytes + plan.decoder.scratch_bytes);
    close_model(&of);
}

static void the_cap_is_kept_to_the_byte(void **state)
{
    (void)state;
    fixture of = open_model(0);
    sd14_error error;
    const sd14_memory_plan whole = plan_of(&of, 256, of.params.guidance);
    const uint64_t least = whole.least_bytes;
    assert_true(least < whole.peak_bytes);
    assert_int_equal(least % 1048576, 0);
    close_model(&of);

    of = open_model(least - 1);
    assert_int_equal(draw(&of, 256, &error), SD14_ERROR_OUT_OF_MEMORY);
    char smallest[64];
    (void)snprintf(smallest, sizeof(smallest), "size is %u MiB", (unsigned)(least >> 20));
    assert_non_null(strstr(error.text, smallest));
    assert_int_equal(plan_of(&of, 256, of.params.guidance).peak_bytes, least);
    assert_int_equal(sd14_session_memory(of.session), 0); /* not begun */
    check(draw(&of, 64, &error), &error);                 /* the session goes on with what fits */
    assert_int_equal(draw(&of, 256, &error), SD14_ERROR_OUT_OF_MEMORY);
    close_model(&of);

    of = open_model(least);
    check(draw(&of, 256, &error), &error);
    close_model(&of);
}

/* Two pictures, so that at the second there is something to give back. */
static sd14_image *draw_within(uint64_t cap, sd14_memory_plan *out_plan, uint64_t *out_held)
{
    fixture of = open_model(cap);
    sd14_error error;
    sd14_image *image = NULL;
    watch seen = {.session = of.session};
    *out_plan = plan_of(&of, 64, of.params.guidance);
    of.params.steps = 2;
    of.params.progress = note_memory;
    of.params.progress_user = &seen;
    for (int i = 0; i < 2; i++) {
        sd14_image_destroy(image);
        check(sd14_generate(of.session, &of.params, &image, &error), &error);
    }
    *out_held = seen.bytes[SD14_STAGE_DENOISE];
    close_model(&of);
    return image;
}

/* From the smallest cap to one that is just too small for everything at once. */
static void any_cap_draws_the_same(void **state)
{
    (void)state;
    sd14_memory_plan whole, plan;
    uint64_t held;
    sd14_image *expected = draw_within(0, &whole, &held);
    for (uint64_t cap = whole.least_bytes; cap < whole.peak_bytes; cap += 5 << 20) {
        sd14_image *image = draw_within(cap, &plan, &held);
        assert_memory_equal(image->pixels, expected->pixels, 64 * 64 * 3);
        assert_true(plan.peak_bytes <= cap);
        assert_int_equal(plan.unet.weights_bytes + plan.unet.streamed_bytes,
                         whole.unet.weights_bytes);
        assert_int_equal(held, plan.unet.weights_bytes + plan.unet.activations_bytes +
                                   plan.unet.scratch_bytes);
        if (cap == whole.least_bytes) assert_true(plan.unet.streamed_bytes > 0);
        sd14_image_destroy(image);
    }
    sd14_image_destroy(expected);
}

static void ignore_image(void *user, int32_t index, sd14_image *image, const sd14_timings *timings)
{
    (void)index;
    (void)timings;
    ++*(int *)user;
    sd14_image_destroy(image);
}

static sd14_memory_plan batch_plan(const fixture *of, int32_t count)
{
    sd14_memory_plan plan;
    sd14_error error;
    check(sd14_session_plan_batch(of->session, &of->params, count, &plan, &error), &error);
    return plan;
}

/* Pictures together need more, and no more of them are drawn together than fit. */
static void a_batch_keeps_the_cap(void **state)
{
    (void)state;
    fixture of = open_model(0);
    sd14_error error;
    int32_t fit = 0, most = 2;
    int received = 0;
    const sd14_memory_plan one = plan_of(&of, 64, of.params.guidance), two = batch_plan(&of, 2);
    assert_true(two.unet.activations_bytes > one.unet.activations_bytes);
    assert_int_equal(two.unet.weights_bytes, one.unet.weights_bytes);
    assert_int_equal(two.decoder.activations_bytes, one.decoder.activations_bytes);
    assert_true(two.other_bytes > one.other_bytes);
    while (batch_plan(&of, most + 1).peak_bytes == batch_plan(&of, most).peak_bytes) most++;
    const uint64_t peak = batch_plan(&of, most).peak_bytes;
    check(sd14_session_fit_batch(of.session, &of.params, SD14_BATCH_MAX, &fit, &error), &error);
    assert_int_equal(fit, SD14_BATCH_MAX);
    close_model(&of);

    of = open_model(peak);
    sd14_generate_params all[SD14_BATCH_MAX];
    for (int32_t i = 0; i < SD14_BATCH_MAX; i++) all[i] = of.params;
    check(sd14_session_fit_batch(of.session, &of.params, SD14_BATCH_MAX, &fit, &error), &error);
    assert_int_equal(fit, most);
    check(sd14_generate_batch(of.session, all, most, ignore_image, &received, &error), &error);
    assert_int_equal(received, most);
    close_model(&of);

    of = open_model(one.least_bytes);
    for (int32_t i = 0; i < SD14_BATCH_MAX; i++) all[i] = of.params;
    check(sd14_session_fit_batch(of.session, &of.params, SD14_BATCH_MAX, &fit, &error), &error);
    assert_in_range(fit, 1, SD14_BATCH_MAX - 1);
    assert_int_equal(sd14_generate_batch(of.session, all, fit + 1, ignore_image, &received, &error),
                     SD14_ERROR_OUT_OF_MEMORY);
    assert_non_null(strstr(error.text, "pictures of 64x64 together need"));
    assert_int_equal(received, most);
    close_model(&of);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plans_differ_where_they_must),
        cmocka_unit_test(the_peak_is_what_is_there_at_once),
        cmocka_unit_test(no_stage_keeps_the_program_of_another),
        cmocka_unit_test(the_session_holds_what_was_planned),
        cmocka_unit_test(the_cap_is_kept_to_the_byte),
        cmocka_unit_test(any_cap_draws_the_same),
        cmocka_unit_test(a_batch_keeps_the_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
