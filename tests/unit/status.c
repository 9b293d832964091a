/* SPDX-License-Identifier: Apache-2.0 */
#include "base/status.h"

#include <string.h>

#include "support/cmocka.h"

static void names_every_status(void **state)
{
    (void)state;
    for (int s = SD14_OK; s <= SD14_ERROR_CANCELLED; s++) {
        assert_string_not_equal(sd14_status_name((sd14_status)s), "unknown status");
    }
    assert_string_equal(sd14_status_name(SD14_OK), "ok");
    assert_string_equal(sd14_status_name((sd14_status)999), "unknown status");
}

static void keeps_one_line(void **state)
{
    (void)state;
    sd14_error error;
    assert_int_equal(error_set(&error, SD14_ERROR_MODEL, "a\nb\x1b[31m%s", "\x7F\tüx"),
                     SD14_ERROR_MODEL);
    assert_string_equal(error.text, "a?b?[31m??üx");
    (void)error_set(
        &error, SD14_ERROR_MODEL, "%s",
        "\xC2\x9B|\xC2\xA0|\xC0\xAF|\xED\xA0\x80|\xF4\x90\x80\x80|\xF0\x9F\x98\x80|\xE2\x82");
    assert_string_equal(error.text, "??|\xC2\xA0|??|???|????|\xF0\x9F\x98\x80|??");
    assert_int_equal(error_set(NULL, SD14_ERROR_FILE, "nobody listens"), SD14_ERROR_FILE);
}

static void cuts_long_text(void **state)
{
    (void)state;
    sd14_error error;
    char longer[3000];
    memset(longer, 'x', sizeof(longer));
    longer[sizeof(longer) - 1] = '\0';
    (void)error_set(&error, SD14_ERROR_FILE, "%s", longer);
    assert_int_equal(strlen(error.text), SD14_ERROR_TEXT_BYTES - 1);
    assert_string_equal(error.text + SD14_ERROR_TEXT_BYTES - 4, "...");
}

static sd14_status fails(int *steps, sd14_error *error)
{
    ++*steps;
    FAIL(error, DEVICE, "step %d", *steps);
}

static sd14_status tries(int *steps, sd14_error *error)
{
    TRY(SD14_OK);
    TRY(fails(steps, error));
    *steps = 100;
    return SD14_OK;
}

static void passes_failures_up(void **state)
{
    (void)state;
    sd14_error error;
    int steps = 0;
    assert_int_equal(tries(&steps, &error), SD14_ERROR_DEVICE);
    assert_int_equal(steps, 1);
    assert_string_equal(error.text, "step 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_every_status),
        cmocka_unit_test(keeps_one_line),
        cmocka_unit_test(cuts_long_text),
        cmocka_unit_test(passes_failures_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
