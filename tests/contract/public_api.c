/* SPDX-License-Identifier: Apache-2.0 */

/* The promises of include/sd14/ that are not about numbers: what is refused, what stays as it was, what a
 * cancelled session still knows. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sd14/sd14.h>

#include "support/cmocka.h"

enum { SIDE = 64, LATENT_COUNT = SIDE / 8 * SIDE / 8 * 4 };

typedef struct fixture {
    sd14_model *model;
    sd14_session *session;
    sd14_generate_params params;
} fixture;

static void check(sd14_status status, const sd14_error *error)
{
    if (status != SD14_OK) fail_msg("%s", error->text);
}

static int set_up(void **state)
{
    static fixture made;
    sd14_error error;
    sd14_model_params params;
    sd14_model_params_default(&params);
    params.path = SD14_SOURCE_DIR "/models/emoji";
    params.threads = 2;
    check(sd14_model_load(&params, &made.model, &error), &error);
    check(sd14_session_create(made.model, &made.session, &error), &error);
    sd14_generate_params_default(made.model, &made.params);
    made.params.prompt = "a red apple";
    made.params.width = SIDE;
    made.params.height = SIDE;
    made.params.steps = 1;
    *state = &made;
    return 0;
}

static int tear_down(void **state)
{
    fixture *made = *state;
    sd14_session_destroy(made->session);
    sd14_model_destroy(made->model);
    return 0;
}

/* The status of one drawing, which must leave no picture when it fails. */
static sd14_status draw(fixture *of, const sd14_generate_params *params)
{
    sd14_image untouched;
    sd14_image *image = &untouched;
    const sd14_status status = sd14_generate(of->session, params, &image, NULL);
    if (status == SD14_OK) {
        sd14_image_destroy(image);
    } else {
        assert_ptr_equal(image, &untouched);
    }
    return status;
}

static void nothing_where_something_must_be(void **state)
{
    fixture *of = *state;
    sd14_model_params params;
    sd14_model_params_default(&params);
    params.path = SD14_SOURCE_DIR "/models/emoji";
    const sd14_model_file *files = NULL;
    sd14_session *session = NULL;
    sd14_image *image = NULL;
    assert_int_equal(sd14_model_load(&params, NULL, NULL), SD14_ERROR_INVALID_ARGUMENT);
    assert_int_equal(sd14_session_create(NULL, &session, NULL), SD14_ERROR_INVALID_ARGUMENT);
    assert_int_equal(sd14_session_create(of->model, NULL, NULL), SD14_ERROR_INVALID_ARGUMENT);
    assert_int_equal(sd14_model_hash_files(of->model, &files, NULL, NULL),
                     SD14_ERROR_INVALID_ARGUMENT);
    assert_int_equal(sd14_generate(NULL, &of->params, &image, NULL), SD14_ERROR_INVALID_ARGUMENT);
    assert_int_equal(sd14_generate(of->session, &of->params, NULL, NULL),
                     SD14_ERROR_INVALID_ARGUMENT);
    assert_int_equal(sd14_generate(of->session, NULL, &image, NULL), SD14_ERROR_INVALID_ARGUMENT);
    sd14_model_destroy(NULL);
    sd14_session_destroy(NULL);
    sd14_image_destroy(NULL);
}

static void texts_without_key_or_value(void **state)
{
    (void)state;
    uint8_t pixel[3] = {0};
    const sd14_image image = {.width = 1, .height = 1, .pixels = pixel};
    const sd14_png_text no_key = {NULL, "value"};
    const sd14_png_text no_value = {"key", NULL};
    assert_int_equal(sd14_image_write_png(&image, "never.png", &no_key, 1, NULL),
                     SD14_ERROR_INVALID_ARGUMENT);
    assert_int_equal(sd14_image_write_png(&image, "never.png", &no_value, 1, NULL),
                     SD14_ERROR_INVALID_ARGUMENT);
    assert_int_equal(sd14_image_write_png(&image, "never.png", NULL, 1, NULL),
                     SD14_ERROR_INVALID_ARGUMENT);
}

static void a_models_name(void **state)
{
    static const char *const paths[] = {"", "/", "/.", "/unet/..", "///"};
    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        char path[512];
        sd14_error error;
        sd14_model *model = NULL;
        sd14_model_info info;
        sd14_model_params params;
        sd14_model_params_default(&params);
        (void)snprintf(path, sizeof(path), "%s/models/emoji%s", SD14_SOURCE_DIR, paths[i]);
        params.path = path;
        params.threads = 1;
        check(sd14_model_load(&params, &model, &error), &error);
        sd14_model_get_info(model, &info);
        assert_string_equal(info.name, "emoji");
        sd14_model_destroy(model);
    }
}

/* Not the weights' fault. */
static void a_latent_that_is_not_finite(void **state)
{
    fixture *of = *state;
    float latent[LATENT_COUNT] = {0};
    sd14_generate_params params = of->params;
    params.latent = latent;
    assert_int_equal(draw(of, &params), SD14_OK);
    latent[LATENT_COUNT - 1] = NAN;
    assert_int_equal(draw(of, &params), SD14_ERROR_INVALID_ARGUMENT);
    latent[LATENT_COUNT - 1] = INFINITY;
    assert_int_equal(draw(of, &params), SD14_ERROR_INVALID_ARGUMENT);
}

static void cancel_at_decode(void *user, const sd14_progress *progress)
{
    if (progress->stage == SD14_STAGE_DECODE) sd14_session_cancel(user);
}

static void a_cancelled_drawing(void **state)
{
    fixture *of = *state;
    sd14_timings before;
    sd14_timings after;
    assert_int_equal(draw(of, &of->params), SD14_OK);
    sd14_session_get_timings(of->session, &before);

    sd14_session_cancel(of->session); /* the next one */
    assert_int_equal(draw(of, &of->params), SD14_ERROR_CANCELLED);
    sd14_generate_params params = of->params;
    params.progress = cancel_at_decode;
    params.progress_user = of->session;
    assert_int_equal(draw(of, &params), SD14_ERROR_CANCELLED);

    /* The timings are still the last successful drawing's; its latent is gone. */
    sd14_session_get_timings(of->session, &after);
    assert_memory_equal(&before, &after, sizeof(before));
    assert_null(sd14_session_latent(of->session));
    assert_int_equal(draw(of, &of->params), SD14_OK);
    assert_non_null(sd14_session_latent(of->session));
}

/* A session that has drawn other sizes, with and without guidance and noise, draws as a new one does. */
static void a_used_session(void **state)
{
    static const struct {
        int32_t width, height, steps;
        float guidance, eta;
    } ways[] = {{64, 128, 2, 4.0F, 0.0F}, {128, 64, 1, 1.0F, 0.5F}, {64, 64, 1, 0.0F, 0.0F}};
    fixture *of = *state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        sd14_error error;
        sd14_session *fresh = NULL;
        sd14_image *used_image = NULL;
        sd14_image *fresh_image = NULL;
        sd14_generate_params params = of->params;
        params.width = ways[i].width;
        params.height = ways[i].height;
        params.steps = ways[i].steps;
        params.guidance = ways[i].guidance;
        params.eta = ways[i].eta;
        check(sd14_session_create(of->model, &fresh, &error), &error);
        check(sd14_generate(of->session, &params, &used_image, &error), &error);
        check(sd14_generate(fresh, &params, &fresh_image, &error), &error);
        assert_memory_equal(used_image->pixels, fresh_image->pixels,
                            (size_t)params.width * (size_t)params.height * 3);
        sd14_image_destroy(used_image);
        sd14_image_destroy(fresh_image);
        sd14_session_destroy(fresh);
    }
}

typedef struct received {
    sd14_session *session;
    sd14_image *images[2];
    int count;
    int cancel_at; /* pictures; 0: never */
} received;

static void receive(void *user, int32_t index, sd14_image *image, const sd14_timings *timings)
{
    received *to = user;
    assert_int_equal(index, to->count);
    assert_true(timings->total_seconds > 0.0);
    to->images[to->count++] = image;
    if (to->count == to->cancel_at) sd14_session_cancel(to->session);
}

static void a_batch(void **state)
{
    fixture *of = *state;
    sd14_error error;
    sd14_image *alone = NULL;
    sd14_generate_params two[2] = {of->params, of->params};
    two[1].prompt = "a dog";
    two[1].seed = 5;
    received got = {.session = of->session};
    check(sd14_session_encode(of->session, two, 2, &error), &error);
    check(sd14_generate_batch(of->session, two, 2, receive, &got, &error), &error);
    assert_int_equal(got.count, 2);
    check(sd14_generate(of->session, &two[1], &alone, &error), &error);
    assert_memory_equal(alone->pixels, got.images[1]->pixels, (size_t)SIDE * SIDE * 3);
    sd14_image_destroy(alone);
    for (int i = 0; i < 2; i++) sd14_image_destroy(got.images[i]);

    /* What was received before a cancel is the receiver's. */
    for (int at = 1; at <= 2; at++) {
        got = (received){.session = of->session, .cancel_at = at};
        assert_int_equal(sd14_generate_batch(of->session, two, 2, receive, &got, NULL),
                         SD14_ERROR_CANCELLED);
        assert_int_equal(got.count, at);
        for (int i = 0; i < at; i++) sd14_image_destroy(got.images[i]);
    }
    sd14_session_cancel(of->session);
    assert_int_equal(sd14_session_encode(of->session, &of->params, 1, NULL), SD14_ERROR_CANCELLED);
    assert_int_equal(draw(of, &of->params), SD14_OK);
}

static void a_batch_that_cannot_be(void **state)
{
    fixture *of = *state;
    sd14_error error;
    received got = {.session = of->session};
    for (int way = 0; way < 5; way++) {
        sd14_generate_params two[2] = {of->params, of->params};
        if (way == 0) two[1].width = 2 * SIDE;
        if (way == 1) two[1].height = 2 * SIDE;
        if (way == 2) two[1].steps = 2;
        if (way == 3) two[1].guidance = 2.0F;
        if (way == 4) two[1].eta = 0.5F;
        assert_int_equal(sd14_generate_batch(of->session, two, 2, receive, &got, &error),
                         SD14_ERROR_INVALID_ARGUMENT);
        assert_non_null(strstr(error.text, "image 1 of the batch"));
        assert_int_equal(sd14_session_encode(of->session, two, 2, NULL),
                         SD14_ERROR_INVALID_ARGUMENT);
    }
    static const int32_t counts[] = {-1, 0, SD14_BATCH_MAX + 1};
    sd14_memory_plan plan;
    int32_t fit;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(
            sd14_generate_batch(of->session, &of->params, counts[i], receive, &got, NULL),
            SD14_ERROR_INVALID_ARGUMENT);
        assert_int_equal(sd14_session_plan_batch(of->session, &of->params, counts[i], &plan, NULL),
                         SD14_ERROR_INVALID_ARGUMENT);
        assert_int_equal(sd14_session_fit_batch(of->session, &of->params, counts[i], &fit, NULL),
                         SD14_ERROR_INVALID_ARGUMENT);
    }
    assert_int_equal(sd14_generate_batch(of->session, &of->params, 1, NULL, NULL, NULL),
                     SD14_ERROR_INVALID_ARGUMENT);
    assert_int_equal(sd14_session_encode(NULL, &of->params, 1, NULL), SD14_ERROR_INVALID_ARGUMENT);
    assert_int_equal(got.count, 0);
}

static void the_probe_refuses_what_it_does_not_know(void **state)
{
    (void)state;
    sd14_probe_params params;
    sd14_probe_report report = {0};
    sd14_found_models found = {0};
    sd14_error error;
    sd14_probe_params_default(&params);
    params.backend = "gpu";
    assert_int_equal(sd14_probe(&params, &report, &error), SD14_ERROR_INVALID_ARGUMENT);
    assert_non_null(strstr(error.text, "\"gpu\" is unknown"));
    sd14_probe_params_default(&params);
    params.n_models = 1;
    assert_int_equal(sd14_probe(&params, &report, &error), SD14_ERROR_INVALID_ARGUMENT);
    assert_int_equal(sd14_find_models(&params, &found, &error), SD14_ERROR_INVALID_ARGUMENT);
    params.n_models = 0;
    assert_int_equal(sd14_probe(&params, NULL, NULL), SD14_ERROR_INVALID_ARGUMENT);
    assert_int_equal(sd14_find_models(NULL, &found, NULL), SD14_ERROR_INVALID_ARGUMENT);
    sd14_probe_report_release(&report);
    sd14_found_models_release(&found);

    (void)setenv("SD14_TTNN_PYTHON", "/nowhere", 1);
    params.backend = "ttnn"; /* known, and not here: a report, not a refusal */
    check(sd14_probe(&params, &report, &error), &error);
    assert_non_null(strstr(report.missing, "/nowhere: no Python there"));
    sd14_probe_report_release(&report);
    (void)unsetenv("SD14_TTNN_PYTHON");
}

static void exact_is_the_processors(void **state)
{
    (void)state;
    sd14_model *model = NULL;
    sd14_error error;
    sd14_model_params params;
    sd14_model_params_default(&params);
    params.path = SD14_SOURCE_DIR "/models/emoji";
    params.backend = "ttnn";
    params.exact = true;
    assert_int_equal(sd14_model_load(&params, &model, &error), SD14_ERROR_INVALID_ARGUMENT);
    assert_non_null(strstr(error.text, "exact: "));
    params.backend = "cpu";
    check(sd14_model_load(&params, &model, &error), &error);
    sd14_model_info info;
    sd14_model_get_info(model, &info);
    assert_string_equal(info.precision, "f32,exact");
    sd14_model_destroy(model);
}

static void a_model_says_what_it_knows(void **state)
{
    const fixture *of = *state;
    sd14_model_info info;
    sd14_model_get_info(of->model, &info);
    assert_non_null(strstr(info.description, "emoji"));
    assert_true(info.n_prompts > 0);
    for (size_t i = 0; i < info.n_prompts; i++) assert_true(info.prompts[i][0] != '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_where_something_must_be),
        cmocka_unit_test(texts_without_key_or_value),
        cmocka_unit_test(a_models_name),
        cmocka_unit_test(a_latent_that_is_not_finite),
        cmocka_unit_test(a_cancelled_drawing),
        cmocka_unit_test(a_used_session),
        cmocka_unit_test(a_batch),
        cmocka_unit_test(a_batch_that_cannot_be),
        cmocka_unit_test(the_probe_refuses_what_it_does_not_know),
        cmocka_unit_test(exact_is_the_processors),
        cmocka_unit_test(a_model_says_what_it_knows),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
