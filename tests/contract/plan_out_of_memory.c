/* SPDX-License-Identifier: Apache-2.0 */

/* Allocations of a plan fail: the answer is a status, and nothing leaks (the address sanitizer's build sees to
 * that). There are thousands: those that fail lie further and further apart. */
#include <sd14/sd14.h>

#include "support/cmocka.h"
#include "support/fail_alloc.h"

static void check_backend(const char *backend)
{
    sd14_model_params model;
    sd14_plan_params params;
    sd14_model_params_default(&model);
    sd14_plan_params_default(&params);
    model.path = SD14_SOURCE_DIR "/models/emoji";
    model.backend = backend;
    model.threads = 1;
    int n = 1;
    for (;; n += 1 + n / 8) {
        sd14_error error = {{0}};
        sd14_plan *plan = NULL;
        fail_alloc_at(n);
        const sd14_status status = sd14_plan_make(&model, &params, &plan, &error);
        const bool failed = fail_alloc_happened();
        sd14_plan_destroy(plan);
        if (!failed) {
            assert_int_equal(status, SD14_OK);
            break;
        }
        if (status != SD14_ERROR_OUT_OF_MEMORY)
            fail_msg("%s, allocation %d: %s", backend, n, error.text);
        assert_null(plan);
    }
    assert_true(n > 100);
}

static void on_the_processor(void **state)
{
    (void)state;
    check_backend("cpu");
}

static void on_a_card(void **state)
{
    (void)state;
    check_backend("ttnn");
}

static void parameters(void **state)
{
    (void)state;
    sd14_model_params model;
    sd14_plan_params params;
    sd14_error error = {{0}};
    sd14_plan *plan = NULL;
    sd14_model_params_default(&model);
    model.path = SD14_SOURCE_DIR "/models/emoji";
    const sd14_plan_params wrong[] = {{.steps = -1}, {.steps = 1001}, {.guidance = 101},
                                      {.eta = 2},    {.width = 65},   {.height = 4096}};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(sd14_plan_make(&model, &wrong[i], &plan, &error),
                         SD14_ERROR_INVALID_ARGUMENT);
    }
    sd14_plan_params_default(&params);
    assert_int_equal(sd14_plan_make(&model, NULL, &plan, &error), SD14_ERROR_INVALID_ARGUMENT);
    assert_int_equal(sd14_plan_make(&model, &params, NULL, &error), SD14_ERROR_INVALID_ARGUMENT);
    model.backend = "gpu";
    assert_int_equal(sd14_plan_make(&model, &params, &plan, &error), SD14_ERROR_DEVICE);
    assert_null(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_the_processor),
        cmocka_unit_test(on_a_card),
        cmocka_unit_test(parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
