/* SPDX-License-Identifier: Apache-2.0 */

/* The small model against what diffusers computed for it (tools/reference/record.py): tokens, every block of
 * every network, the scheduler, a whole run, and the picture. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/cpu/cpu_backend.h"
#include "base/memory.h"
#include "formats/safetensors.h"
#include "graph/run_once.h"
#include "models/networks.h"
#include "pipeline/text_to_image.h"
#include "sampling/ddim.h"
#include "support/cmocka.h"

#define MODEL_FOLDER SD14_SOURCE_DIR "/models/emoji"
#define RECORDING SD14_SOURCE_DIR "/tests/data/emoji/recording.safetensors"

/* Both sides are float32 with sums in another order: a few 1e-7 per layer. A wrong eps, scale or order of
 * channels is off by 1e-3 or more. */
static const double module_limit = 1e-5;

/* Twenty steps feed the error of each back into the next. */
static const double trajectory_limit = 1e-4;

enum { LATENT = 16, CHANNELS = 4, SIDE = 128, STEPS = 20, TOKENS = 77 };

static model *the_model;
static backend *the_backend;
static safetensors *recording;

static tensor recorded(const char *name)
{
    sd14_error error;
    tensor found = {0};
    if (safetensors_find(recording, name, &found, &error) != SD14_OK) fail_msg("%s", error.text);
    return found;
}

static const float *recorded_f32(const char *name, size_t count)
{
    const tensor found = recorded(name);
    assert_int_equal(found.type, DTYPE_F32);
    assert_int_equal(shape_count(found.shape), count);
    return found.data;
}

/* Relative L2 distance; infinity when anything is NaN. */
static double distance(const float *a, const float *b, size_t count)
{
    double apart = 0.0;
    double size = 0.0;
    for (size_t i = 0; i < count; i++) {
        const double d = (double)a[i] - (double)b[i];
        apart += d * d;
        size += (double)b[i] * (double)b[i];
    }
    const double relative = sqrt(apart / size);
    return isnan(relative) ? (double)INFINITY : relative;
}

static void
assert_close(const char *name, const float *ours, const float *theirs, size_t count, double limit)
{
    const double apart = distance(ours, theirs, count);
    if (!(apart <= limit)) fail_msg("%s: relative L2 %.3g, limit %.3g", name, apart, limit);
}

/* ---- blocks --------------------------------------------------------------------------------------- */

/* What the tap compares: tensors recorded under "<prefix>/<module>". */
typedef struct block_check {
    const char *prefix;
    int compared;
    double worst;
    char worst_name[256];
} block_check;

/* A large tensor was recorded as samples and sums: tools/reference/digest.py. */
static double digest_distance(const float *ours, const tensor *samples, const double *stats)
{
    const size_t count = (size_t)stats[2];
    const size_t stride = (size_t)stats[3];
    const size_t n_samples = shape_count(samples->shape);
    assert_true((n_samples - 1) * stride < count);

    float picked[4096];
    assert_true(n_samples <= 4096);
    for (size_t i = 0; i < n_samples; i++) picked[i] = ours[i * stride];
    double sum = 0.0;
    double squares = 0.0;
    for (size_t i = 0; i < count; i++) {
        sum += (double)ours[i];
        squares += (double)ours[i] * (double)ours[i];
    }
    const double sum_apart = fabs(sum - stats[0]) / sqrt((double)count * stats[1]);
    const double squares_apart = fabs(squares - stats[1]) / stats[1];
    return fmax(distance(picked, samples->data, n_samples), fmax(sum_apart, squares_apart / 2.0));
}

static double recorded_distance(const char *name, const float *ours, size_t count)
{
    char stats_name[300];
    (void)snprintf(stats_name, sizeof(stats_name), "%s.stats", name);
    const tensor theirs = recorded(name);
    if (safetensors_has(recording, stats_name)) {
        const double *stats = recorded(stats_name).data;
        assert_int_equal((size_t)stats[2], count);
        return digest_distance(ours, &theirs, stats);
    }
    assert_int_equal(shape_count(theirs.shape), count);
    return distance(ours, theirs.data, count);
}

static void compare_node(void *user, const graph *graph, graph_value value, const float *data)
{
    block_check *check = user;
    char name[256];
    /* A node may be what its own module returns, or what a module around it returns. */
    (void)snprintf(name, sizeof(name), "%s/%s", check->prefix, graph->nodes[value].name);
    for (char *end = name + strlen(name); end != NULL && end > name; end = strrchr(name, '.')) {
        *end = '\0';
        const char *module = name + strlen(check->prefix) + 1;
        if (!safetensors_has(recording, name) || graph_find_module(graph, module) != value)
            continue;
        const double apart = recorded_distance(name, data, shape_count(graph->nodes[value].shape));
        check->compared++;
        if (!(apart <= check->worst)) {
            check->worst = apart;
            (void)snprintf(check->worst_name, sizeof(check->worst_name), "%s", name);
        }
    }
}

static int count_recorded(const char *prefix)
{
    int count = 0;
    const size_t length = strlen(prefix);
    for (size_t i = 0; i < safetensors_count(recording); i++) {
        const char *name = safetensors_name(recording, i);
        const size_t name_length = strlen(name);
        const bool stats = name_length > 6 && strcmp(name + name_length - 6, ".stats") == 0;
        count += !stats && strncmp(name, prefix, length) == 0 && name[length] == '/';
    }
    return count;
}

/* Runs a part and compares every recorded block; `others` of the recordings are not blocks. */
static void check_part(model_part part,
                       const char *prefix,
                       const void *const *inputs,
                       size_t side,
                       size_t batch,
                       int others)
{
    sd14_error error;
    graph *graph = NULL;
    assert_int_equal(model_graph(&the_model->config, part, batch, side, side, &graph, &error),
                     SD14_OK);
    float *output = mem_array(shape_count(graph->nodes[graph->outputs[0]].shape), sizeof(float));
    block_check check = {.prefix = prefix};
    const backend_run run = {
        .inputs = inputs, .outputs = &output, .tap = compare_node, .tap_user = &check};
    if (run_once(the_backend, graph, the_model->tensors[part], &run, &error) != SD14_OK)
        fail_msg("%s", error.text);
    print_message("%s: %d blocks, worst relative L2 %.2g at %s\n", prefix, check.compared,
                  check.worst, check.worst_name);
    assert_int_equal(check.compared, count_recorded(prefix) - others);
    if (!(check.worst <= module_limit))
        fail_msg("%s: relative L2 %.3g", check.worst_name, check.worst);
    mem_free(output);
    graph_destroy(graph);
}

static void positions(int32_t ids[TOKENS])
{
    for (int32_t i = 0; i < TOKENS; i++) ids[i] = i;
}

static void text_encoder_equals_transformers(void **state)
{
    (void)state;
    int32_t position_ids[TOKENS];
    positions(position_ids);
    const void *inputs[] = {recorded("text_encoder/input_ids").data, position_ids};
    check_part(MODEL_TEXT_ENCODER, "text_encoder", inputs, 0, 2, 1);
}

static void unet_equals_diffusers(void **state)
{
    (void)state;
    static const float timesteps[] = {951.0F, 501.0F, 1.0F};
    for (size_t i = 0; i < 3; i++) {
        const float pair[2] = {timesteps[i], timesteps[i]};
        const void *inputs[] = {recorded_f32("unet/sample", (size_t)2 * LATENT * LATENT * CHANNELS),
                                pair, recorded("text_encoder/text_model.final_layer_norm").data};
        char prefix[32];
        (void)snprintf(prefix, sizeof(prefix), "unet@%.0f", (double)timesteps[i]);
        check_part(MODEL_UNET, prefix, inputs, LATENT, 2, 0);
    }
}

static void vae_decoder_equals_diffusers(void **state)
{
    (void)state;
    const size_t n = (size_t)LATENT * LATENT * CHANNELS;
    const void *inputs[] = {recorded_f32("trajectory/latents", (STEPS + 1) * n) + STEPS * n};
    check_part(MODEL_VAE_DECODER, "vae_decoder", inputs, LATENT, 1, 0);
}

static void vae_encoder_equals_diffusers(void **state)
{
    (void)state;
    const uint8_t *picture = recorded("trajectory/picture").data;
    static float image[SIDE * SIDE * 3];
    for (size_t i = 0; i < sizeof(image) / sizeof(image[0]); i++)
        image[i] = 2.0F * ((float)picture[i] / 255.0F) - 1.0F;
    const void *inputs[] = {image};
    check_part(MODEL_VAE_ENCODER, "vae_encoder", inputs, SIDE, 1, 2);
}

/* ---- tokens, scheduler, the whole ----------------------------------------------------------------- */

static void tokens_equal_transformers(void **state)
{
    (void)state;
    static const char *const prompts[][2] = {{"tokenizer/prompt", "a red apple"},
                                             {"tokenizer/negative", "a green apple"},
                                             {"tokenizer/empty", ""}};
    for (size_t i = 0; i < 3; i++) {
        sd14_error error;
        tokenizer_result result = {0};
        const char *prompt = prompts[i][1];
        assert_int_equal(
            tokenizer_encode(the_model->tokenizer, prompt, strlen(prompt), &result, &error),
            SD14_OK);
        assert_memory_equal(result.ids, recorded(prompts[i][0]).data, TOKENS * sizeof(int32_t));
        tokenizer_result_release(&result);
    }
}

static void timesteps_equal_diffusers(void **state)
{
    (void)state;
    sd14_error error;
    int32_t timesteps[STEPS];
    assert_int_equal(schedule_timesteps(the_model->schedule, STEPS, timesteps, &error), SD14_OK);
    assert_memory_equal(timesteps, recorded("scheduler/timesteps").data, sizeof(timesteps));
    assert_memory_equal(the_model->schedule->alphas_cumprod,
                        recorded("scheduler/alphas_cumprod").data, 1000 * sizeof(float));
}

static void noisy_step_equals_diffusers(void **state)
{
    (void)state;
    enum { N = LATENT * LATENT * CHANNELS, INDEX = 10 };
    sd14_error error;
    graph *graph = NULL;
    float latent[N];
    float *next = latent;
    float coefficients[DDIM_STEP_COEFFICIENTS];
    const void *inputs[] = {recorded_f32("scheduler/eta_step.sample", N),
                            recorded_f32("scheduler/eta_step.noise_pred", N), coefficients,
                            recorded_f32("scheduler/eta_step.variance_noise", N)};
    const backend_run once = {.inputs = inputs, .outputs = &next};
    ddim_coefficients(the_model->schedule, STEPS, INDEX, 1.0F, 1.0F, coefficients);
    const shape shape = shape_4(1, LATENT, LATENT, CHANNELS);
    assert_int_equal(ddim_step_graph(shape, false, true, &graph, &error), SD14_OK);
    assert_int_equal(run_once(the_backend, graph, NULL, &once, &error), SD14_OK);
    assert_close("eta step", latent, recorded_f32("scheduler/eta_step.prev_sample", N), N, 1e-6);
    graph_destroy(graph);
}

/* What the running drawing tells. */
typedef struct watched_run {
    text_to_image *pipeline;
    int steps_seen;
} watched_run;

static void compare_latent(void *user, const text_to_image_progress *progress)
{
    enum { N = LATENT * LATENT * CHANNELS };
    watched_run *run = user;
    if (progress->stage != STAGE_DENOISE) return;
    const float *ours = text_to_image_latent(run->pipeline);
    assert_non_null(ours);
    assert_int_equal(run->steps_seen, progress->step);
    const float *theirs =
        recorded_f32("trajectory/latents", (size_t)(STEPS + 1) * N) + (size_t)progress->step * N;
    if (progress->step == 0) {
        assert_memory_equal(ours, theirs, N * sizeof(float)); /* the noise: bit for bit */
    }
    assert_close("latent", ours, theirs, N, trajectory_limit);
    run->steps_seen++;
}

static void run_equals_diffusers(void **state)
{
    (void)state;
    sd14_error error;
    watched_run run = {0};
    static uint8_t pixels[SIDE * SIDE * 3];
    const text_to_image_params params = {.prompt = "a red apple",
                                         .negative_prompt = "a green apple",
                                         .width = SIDE,
                                         .height = SIDE,
                                         .steps = STEPS,
                                         .guidance = 4.0F,
                                         .progress = compare_latent,
                                         .progress_user = &run};
    assert_int_equal(text_to_image_create(the_model, the_backend, NULL, &run.pipeline, &error),
                     SD14_OK);
    if (text_to_image_run(run.pipeline, &params, pixels, &error) != SD14_OK)
        fail_msg("%s", error.text);
    assert_int_equal(run.steps_seen, STEPS + 1);

    const uint8_t *theirs = recorded("trajectory/picture").data;
    int worst = 0;
    int differing = 0;
    for (size_t i = 0; i < sizeof(pixels); i++) {
        const int apart = abs((int)pixels[i] - (int)theirs[i]);
        worst = apart > worst ? apart : worst;
        differing += apart != 0;
    }
    print_message("picture: %d of %zu values differ, by at most %d\n", differing, sizeof(pixels),
                  worst);
    assert_in_range(worst, 0, 1);
    text_to_image_destroy(run.pipeline);
}

/* ---- set up ---------------------------------------------------------------------------------------- */

static int set_up(void **state)
{
    (void)state;
    sd14_error error = {0};
    const cpu_backend_options options = {.threads = 2, .isa_max = ISA_COUNT - 1};
    if (model_load(MODEL_FOLDER, &the_model, &error) != SD14_OK ||
        safetensors_open(RECORDING, &recording, &error) != SD14_OK ||
        cpu_backend_create(&options, &the_backend, &error) != SD14_OK) {
        print_error("%s\n", error.text);
        return -1;
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    the_backend->vtable->destroy(the_backend);
    safetensors_close(recording);
    model_destroy(the_model);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_equal_transformers),
        cmocka_unit_test(text_encoder_equals_transformers),
        cmocka_unit_test(unet_equals_diffusers),
        cmocka_unit_test(vae_decoder_equals_diffusers),
        cmocka_unit_test(vae_encoder_equals_diffusers),
        cmocka_unit_test(timesteps_equal_diffusers),
        cmocka_unit_test(noisy_step_equals_diffusers),
        cmocka_unit_test(run_equals_diffusers),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
