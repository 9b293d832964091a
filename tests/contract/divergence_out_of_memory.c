/* SPDX-License-Identifier: Apache-2.0 */

/* A comparison with memory running out: allocations fail in turn, each is reported, and nothing leaks (the
 * sanitizers' part). */
#include "backends/cpu/cpu_backend.h"
#include "parity/divergence.h"
#include "support/cmocka.h"
#include "support/fail_alloc.h"

#define MODEL_FOLDER SD14_SOURCE_DIR "/models/emoji"
#define RECORDING SD14_SOURCE_DIR "/tests/data/emoji/recording.safetensors"

/* Every one of the first, then some: a whole comparison has thousands. Sanitizers take ten times as long. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { ALL_OF = 30, STRIDE = 499, SIDE = 64 };
#else
enum { ALL_OF = 60, STRIDE = 101, SIDE = 64 };
#endif

static model *the_model;
static backend *backends[2];

static sd14_status attempt(const divergence_params *params, sd14_error *error)
{
    divergence *found = NULL;
    recording *recorded = NULL;
    text written = {0};
    divergence_params with = *params;
    sd14_status status = SD14_OK;
    if (params->recording_path != NULL) {
        status = recording_open(params->recording_path, &recorded, error);
        with.recorded = recorded;
    }
    if (status == SD14_OK) status = divergence_find(&with, &found, error);
    if (status == SD14_OK) {
        status = divergence_json(&with, found, &written, error);
        divergence_stage stage = DIVERGENCE_TOKENS;
        assert_null(divergence_first(found, &stage));
    }
    text_release(&written);
    divergence_destroy(found);
    recording_close(recorded);
    return status;
}

static void fail_each(const divergence_params *params)
{
    int tried = 0;
    for (int n = 1;; n += n < ALL_OF ? 1 : STRIDE, tried++) {
        sd14_error error = {{0}};
        fail_alloc_at(n);
        const sd14_status status = attempt(params, &error);
        if (!fail_alloc_happened()) {
            if (status != SD14_OK) fail_msg("%s", error.text);
            print_message("%d allocations failed in turn, of about %d\n", tried, n);
            assert_true(tried > ALL_OF);
            return;
        }
        if (status != SD14_ERROR_OUT_OF_MEMORY) fail_msg("allocation %d: %s", n, error.text);
        assert_true(error.text[0] != '\0');
    }
}

static divergence_params params_of(const char *nodes, bool isolate)
{
    const divergence_side ours = {
        .model = the_model, .backend = backends[0], .path = "a", .isa = "", .precision = "f32"};
    divergence_side theirs = ours;
    theirs.backend = backends[1];
    return (divergence_params){.ours = ours,
                               .theirs = theirs,
                               .prompt = "a red apple",
                               .negative_prompt = "",
                               .width = SIDE,
                               .height = SIDE,
                               .steps = 1,
                               .guidance = 4.0F,
                               .nodes = nodes,
                               .isolate = isolate,
                               .threshold = 0.0};
}

static void of_two_sides(void **state)
{
    (void)state;
    const divergence_params params = params_of("[nt]*", false); /* tokens, noise, text_encoder */
    fail_each(&params);
}

static void of_single_nodes(void **state)
{
    (void)state;
    const divergence_params params = params_of("text_encoder/*", true);
    fail_each(&params);
}

static void against_a_recording(void **state)
{
    (void)state;
    divergence_params params = params_of("text_encoder/*", false);
    params.theirs = (divergence_side){0};
    params.recording_path = RECORDING;
    params.negative_prompt = "a green apple";
    params.width = params.height = 128;
    params.steps = 20;
    params.threshold = -1.0;
    fail_each(&params);
}

static int set_up(void **state)
{
    (void)state;
    sd14_error error = {{0}};
    sd14_status status = model_load(MODEL_FOLDER, &the_model, &error);
    for (int i = 0; status == SD14_OK && i < 2; i++) {
        const cpu_backend_options options = {.threads = 1, .isa_max = ISA_COUNT - 1};
        status = cpu_backend_create(&options, &backends[i], &error);
    }
    if (status != SD14_OK) print_error("%s\n", error.text);
    return status == SD14_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) backends[i]->vtable->destroy(backends[i]);
    model_destroy(the_model);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_two_sides),
        cmocka_unit_test(of_single_nodes),
        cmocka_unit_test(against_a_recording),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
