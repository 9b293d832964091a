/* SPDX-License-Identifier: Apache-2.0 */

/* The small model with memory running out: every allocation of ours fails in turn while it is loaded, prepared
 * and run, and the denoising loop makes none. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "backends/cpu/cpu_backend.h"
#include "models/model.h"
#include "models/model_files.h"
#include "pipeline/text_to_image.h"
#include "support/cmocka.h"
#include "support/fail_alloc.h"

#define MODEL_FOLDER SD14_SOURCE_DIR "/models/emoji"

enum { SIDE = 64 };

/* Sanitizers take ten times as long: there, of the long lists, only some allocations fail. */
#if defined(__has_feature)
#    if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#        define SANITIZED 1
#    endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#    define SANITIZED 1
#endif
#ifdef SANITIZED
enum { LOAD_STRIDE = 29, PICTURE_STRIDE = 61 };
#else
enum { LOAD_STRIDE = 1, PICTURE_STRIDE = 13 };
#endif

static model *the_model;
static graph *the_graph;
static backend *the_backend, *the_fast_backend;

/* What is made while allocations fail; all of it is released afterwards. */
typedef struct made {
    model *model;
    backend *backend;
    graph *graph;
    backend_weights *weights;
    backend_program *program;
    text_to_image *pipeline;
    model_file *files;
    size_t n_files;
} made;

typedef sd14_status attempt(made *to, sd14_error *error);

static void release(made *of)
{
    text_to_image_destroy(of->pipeline);
    if (of->program != NULL) the_backend->vtable->program_destroy(of->program);
    if (of->weights != NULL) the_backend->vtable->weights_destroy(of->weights);
    if (of->backend != NULL) of->backend->vtable->destroy(of->backend);
    graph_destroy(of->graph);
    model_destroy(of->model);
    model_files_destroy(of->files, of->n_files);
}

/* Fails allocation 1, 2, 3, ... of the attempt until it has fewer; every `stride`-th past the first 30. */
static void fail_each(const char *what, attempt *attempt, int stride)
{
    int tried = 0;
    for (int n = 1;; n += n < 30 ? 1 : stride, tried++) {
        made to = {0};
        sd14_error error = {{0}};
        fail_alloc_at(n);
        const sd14_status status = attempt(&to, &error);
        const bool failed = fail_alloc_happened();
        release(&to);
        if (!failed) {
            if (status != SD14_OK) fail_msg("%s: %s", what, error.text);
            print_message("%s: %d allocations failed in turn, of about %d\n", what, tried, n);
            assert_true(tried > 0);
            return;
        }
        if (status != SD14_ERROR_OUT_OF_MEMORY)
            fail_msg("%s, allocation %d: %s: \"%s\"", what, n, sd14_status_name(status),
                     error.text);
        if (strstr(error.text, "memory") == NULL)
            fail_msg("%s, allocation %d: \"%s\"", what, n, error.text);
    }
}

static sd14_status load(made *to, sd14_error *error)
{
    return model_load(MODEL_FOLDER, &to->model, error);
}

static sd14_status create_backend(made *to, sd14_error *error)
{
    const cpu_backend_options options = {.threads = 3, .isa_max = ISA_COUNT - 1};
    return cpu_backend_create(&options, &to->backend, error);
}

static sd14_status prepare_on(backend *on, size_t weights_cap, made *to, sd14_error *error)
{
    const backend_vtable *vtable = on->vtable;
    const backend_compile_options options = {.keep_nodes = false};
    TRY(vtable->load_weights(on, the_graph, the_model->tensors[MODEL_UNET], NULL, weights_cap, NULL,
                             &to->weights, error));
    return vtable->compile(on, the_graph, to->weights, &options, &to->program, error);
}

static sd14_status prepare(made *to, sd14_error *error)
{
    return prepare_on(the_backend, WEIGHTS_ALL, to, error);
}

static sd14_status prepare_fast(made *to, sd14_error *error)
{
    return prepare_on(the_fast_backend, WEIGHTS_NONE, to, error);
}

static sd14_status describe(made *to, sd14_error *error)
{
    return model_graph(&the_model->config, MODEL_UNET, 2, 8, 8, &to->graph, error);
}

static sd14_status generate(made *to, sd14_error *error)
{
    static uint8_t pixels[SIDE * SIDE * 3];
    uint8_t *const places[] = {pixels, pixels};
    text_to_image_params params[] = {{.prompt = "a red apple",
                                      .width = SIDE,
                                      .height = SIDE,
                                      .steps = 1,
                                      .guidance = 4.0F,
                                      .eta = 1.0F},
                                     {0}};
    params[1] = params[0];
    params[1].prompt = "a dog";
    for (int i = 0; i < 2; i++) {
        params[i].steps = 4;
        params[i].shortcuts = (shortcuts){.cache = 2, .guidance_end = 0.5F};
    }
    const text_to_image_batch batch = {.params = params, .count = 2, .pixels = places};
    TRY(text_to_image_create(the_model, the_backend, NULL, &to->pipeline, error));
    return text_to_image_run_batch(to->pipeline, &batch, error);
}

static sd14_status hash(made *to, sd14_error *error)
{
    return model_hash_files(the_model, &to->files, &to->n_files, error);
}

static void loading(void **state)
{
    (void)state;
    fail_each("model_load", load, LOAD_STRIDE);
}

/* ---- jansson ---------------------------------------------------------------------------------------- */

static long jansson_left; /* allocations of jansson until the one that fails; 0: none will */

static void *jansson_malloc(size_t bytes)
{
    return jansson_left > 0 && --jansson_left == 0 ? NULL : __real_malloc(bytes);
}

static void jansson_free(void *block)
{
    free(block);
}

/* The first allocations, those of a parser and its first object. Later ones cannot be failed: jansson 2.14's lexer
 * takes a string that it could not save for bad JSON, or stops in an assert of its own. */
static void loading_while_jansson_fails(void **state)
{
    (void)state;
    json_set_alloc_funcs(jansson_malloc, jansson_free);
    for (long n = 1; n <= 3; n++) {
        made to = {0};
        sd14_error error = {{0}};
        jansson_left = n;
        const sd14_status status = load(&to, &error);
        release(&to);
        if (status != SD14_ERROR_OUT_OF_MEMORY || strstr(error.text, "model_index.json") == NULL)
            fail_msg("jansson's allocation %ld: %s: \"%s\"", n, sd14_status_name(status),
                     error.text);
    }
    json_set_alloc_funcs(malloc, free);
}

static void creating_a_backend(void **state)
{
    (void)state;
    fail_each("cpu_backend_create", create_backend, 1);
}

static void describing(void **state)
{
    (void)state;
    fail_each("the UNet's graph", describe, 1);
}

static void preparing(void **state)
{
    (void)state;
    fail_each("the UNet's weights and program", prepare, 1);
    fail_each("the UNet's weights and program, fast", prepare_fast, 1);
}

static void generating(void **state)
{
    (void)state;
    fail_each("a picture", generate, PICTURE_STRIDE);
}

static void hashing(void **state)
{
    (void)state;
    fail_each("hashes", hash, 1);
}

/* A session that has failed can be used again. */
static void a_session_recovers(void **state)
{
    (void)state;
    static uint8_t first[SIDE * SIDE * 3];
    static uint8_t second[SIDE * SIDE * 3];
    sd14_error error = {{0}};
    text_to_image *pipeline = NULL;
    const text_to_image_params params = {
        .prompt = "a red apple", .width = SIDE, .height = SIDE, .steps = 1, .guidance = 4.0F};
    assert_int_equal(text_to_image_create(the_model, the_backend, NULL, &pipeline, &error),
                     SD14_OK);
    assert_int_equal(text_to_image_run(pipeline, &params, first, &error), SD14_OK);
    for (int n = 1;; n += 301) {
        fail_alloc_at(n);
        const sd14_status status = text_to_image_run(pipeline, &params, second, &error);
        if (!fail_alloc_happened()) {
            assert_int_equal(status, SD14_OK);
            break;
        }
        assert_int_equal(status, SD14_ERROR_OUT_OF_MEMORY);
        assert_null(text_to_image_latent(pipeline));
        memset(second, 0, sizeof(second));
        assert_int_equal(text_to_image_run(pipeline, &params, second, &error), SD14_OK);
        assert_memory_equal(first, second, sizeof(first));
    }
    assert_memory_equal(first, second, sizeof(first));
    text_to_image_destroy(pipeline);
}

/* ---- the loop --------------------------------------------------------------------------------------- */

typedef struct counted {
    long at_first; /* allocations so far at "step 0 done" */
    int steps;
} counted;

static void count_at_steps(void *user, const text_to_image_progress *progress)
{
    counted *seen = user;
    if (progress->stage != STAGE_DENOISE) return;
    if (progress->step == 0) seen->at_first = fail_alloc_count();
    seen->steps = progress->step;
    if (fail_alloc_count() != seen->at_first) {
        fail_msg("%ld allocations until step %d", fail_alloc_count() - seen->at_first,
                 progress->step);
    }
}

static void the_denoising_loop_allocates_nothing(void **state)
{
    (void)state;
    static uint8_t pixels[SIDE * SIDE * 3];
    for (int i = 0; i < 4; i++) {
        sd14_error error = {{0}};
        text_to_image *pipeline = NULL;
        counted seen = {.at_first = -1};
        const text_to_image_params params = {.prompt = "a red apple",
                                             .width = SIDE,
                                             .height = SIDE,
                                             .steps = 4,
                                             .guidance = i % 2 == 0 ? 4.0F : 1.0F,
                                             .eta = i / 2 == 0 ? 0.0F : 1.0F,
                                             .progress = count_at_steps,
                                             .progress_user = &seen};
        assert_int_equal(text_to_image_create(the_model, the_backend, NULL, &pipeline, &error),
                         SD14_OK);
        if (text_to_image_run(pipeline, &params, pixels, &error) != SD14_OK)
            fail_msg("%s", error.text);
        assert_int_equal(seen.steps, 4);
        assert_true(seen.at_first > 100); /* they are counted at all */
        text_to_image_destroy(pipeline);
    }
}

static int set_up(void **state)
{
    (void)state;
    sd14_error error = {{0}};
    const cpu_backend_options options = {.threads = 2, .isa_max = ISA_COUNT - 1};
    cpu_backend_options fast = options;
    fast.fast = true;
    if (model_load(MODEL_FOLDER, &the_model, &error) == SD14_OK &&
        cpu_backend_create(&options, &the_backend, &error) == SD14_OK &&
        cpu_backend_create(&fast, &the_fast_backend, &error) == SD14_OK &&
        model_graph(&the_model->config, MODEL_UNET, 2, 8, 8, &the_graph, &error) == SD14_OK)
        return 0;
    print_error("%s\n", error.text);
    return -1;
}

static int tear_down(void **state)
{
    (void)state;
    the_backend->vtable->destroy(the_backend);
    the_fast_backend->vtable->destroy(the_fast_backend);
    graph_destroy(the_graph);
    model_destroy(the_model);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loading),
        cmocka_unit_test(loading_while_jansson_fails),
        cmocka_unit_test(creating_a_backend),
        cmocka_unit_test(describing),
        cmocka_unit_test(preparing),
        cmocka_unit_test(generating),
        cmocka_unit_test(hashing),
        cmocka_unit_test(a_session_recovers),
        cmocka_unit_test(the_denoising_loop_allocates_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
