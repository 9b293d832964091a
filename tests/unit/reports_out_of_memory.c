/* SPDX-License-Identifier: Apache-2.0 */

/* Each allocation of a report and of an operator's time fails once: the answer is a status, and nothing
 * leaks (the address sanitizer's build sees to that). */
#include <stdlib.h>
#include <string.h>

#include <sd14/sd14.h>

#include "support/cmocka.h"
#include "support/fail_alloc.h"
#include "support/files.h"

static const char run[] =
    "{\"version\": \"0\", \"model\": {\"name\": \"m\"}, \"width\": 8, \"height\": 8, \"steps\": 3,"
    " \"guidance_scale\": 1, \"backend\": \"cpu\", \"precision\": \"f32\", \"isa\": \"ref\", "
    "\"threads\": 1,"
    " \"pictures\": [{\"text_seconds\": 1, \"prepare_seconds\": 1, \"denoise_seconds\": 1,"
    " \"decode_seconds\": 1, \"total_seconds\": 4, \"step_seconds\": [1, 2, 3]}]}";

static void a_report_in_each_format(void **state)
{
    (void)state;
    char folder[PATH_MAX], first[PATH_MAX], second[PATH_MAX];
    (void)temp_folder(folder);
    write_file(path_in(first, folder, "a.json"), run, sizeof(run) - 1);
    write_file(path_in(second, folder, "b.json"), run, sizeof(run) - 1);
    const char *const paths[] = {first, second, first};
    for (int format = SD14_REPORT_MARKDOWN; format <= (int)SD14_REPORT_JSON; format++) {
        int n = 1;
        for (;; n++) {
            sd14_error error = {{0}};
            char *text = NULL;
            fail_alloc_at(n);
            const sd14_status status =
                sd14_report(paths, 3, (sd14_report_format)format, &text, &error);
            const bool failed = fail_alloc_happened();
            sd14_text_destroy(text);
            if (!failed) {
                assert_int_equal(status, SD14_OK);
                break;
            }
            if (status != SD14_ERROR_OUT_OF_MEMORY)
                fail_msg("format %d, allocation %d: %s", format, n, error.text);
        }
        assert_true(n > 50); /* three runs of eleven settings each, to begin with */
    }
    remove_folder(folder);
}

static bool stop_at_third(void *user, size_t done, size_t count, const char *node)
{
    (void)user;
    (void)count;
    (void)node;
    return done < 3;
}

/* The graphs take thousands: one in forty-one stands for those around it. */
static void operators(void **state)
{
    (void)state;
    sd14_model_params model;
    sd14_operator_bench_params params;
    sd14_model_params_default(&model);
    sd14_operator_bench_params_default(&params);
    model.path = SD14_SOURCE_DIR "/models/emoji";
    model.threads = 1;
    params.width = params.height = 64;
    params.progress = stop_at_third;
    params.repetitions = 1;
    params.seconds = 0;
    for (int n = 1;; n += 41) {
        sd14_error error = {{0}};
        sd14_operator_bench *bench = NULL;
        fail_alloc_at(n);
        const sd14_status status = sd14_bench_operators(&model, &params, &bench, &error);
        const bool failed = fail_alloc_happened();
        assert_null(bench);
        if (!failed) {
            assert_int_equal(status, SD14_ERROR_CANCELLED);
            assert_true(n > 1000);
            return;
        }
        if (status != SD14_ERROR_OUT_OF_MEMORY) fail_msg("allocation %d: %s", n, error.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_report_in_each_format),
                                       cmocka_unit_test(operators)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
