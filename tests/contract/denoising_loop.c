/* SPDX-License-Identifier: Apache-2.0 */

/* The denoising loop on a backend that keeps the latent to itself: it is read when somebody asks and at the end,
 * never else, and a failed read ends the run. The device is the CPU, with a loop of its own. */
#include <stdio.h>
#include <string.h>

#include "backends/cpu/cpu_backend.h"
#include "base/memory.h"
#include "graph/loop.h"
#include "models/networks.h"
#include "pipeline/text_to_image.h"
#include "support/cmocka.h"

enum { SIDE = 64, STEPS = 4, ASKED_AT = 2 };

static model *the_model;
static backend *the_cpu;
static backend_vtable device_vtable;
static backend *the_device;

/* What the device was asked for. */
static struct {
    int begun, steps, reads, ended;
    int fails_at;   /* the read that fails; 0: none */
    int breaks_at;  /* the step that fails; 0: none */
    char said[512]; /* warnings */
} seen;

typedef struct device_loop {
    backend_loop base;
    float *latent;
} device_loop;

static size_t latent_count(const loop_description *of)
{
    return shape_count(of->graph->nodes[of->graph->outputs[0]].shape);
}

static sd14_status
device_begin(const loop_description *of, backend_loop **out_loop, sd14_error *error)
{
    (void)error;
    device_loop *made = mem_array(1, sizeof(*made));
    made->latent = mem_array(latent_count(of), sizeof(float));
    memcpy(made->latent, of->inputs[loop_carried(of)].data, latent_count(of) * sizeof(float));
    seen.begun++;
    *out_loop = &made->base;
    return SD14_OK;
}

static sd14_status device_step(backend_loop *loop,
                               int step,
                               const void *const *given,
                               const atomic_bool *cancel,
                               sd14_error *error)
{
    device_loop *self = (device_loop *)loop;
    const loop_description *of = &loop->description;
    const void *inputs[LOOP_INPUTS_MAX];
    for (int i = 0; i < of->graph->n_inputs; i++)
        inputs[i] = i == loop_carried(of) ? self->latent : loop_input_at(of, i, step, given);
    const backend_run run = {.inputs = inputs, .outputs = &self->latent, .cancel = cancel};
    assert_int_equal(step, seen.steps);
    seen.steps++;
    if (seen.steps == seen.breaks_at) FAIL(error, DEVICE, "the card hangs");
    return of->backend->vtable->run(of->program, &run, error);
}

static sd14_status device_read(backend_loop *loop, float *value, sd14_error *error)
{
    seen.reads++;
    if (seen.reads == seen.fails_at) FAIL(error, DEVICE, "the card fell out");
    memcpy(value, ((device_loop *)loop)->latent, latent_count(&loop->description) * sizeof(float));
    return SD14_OK;
}

static void device_end(backend_loop *loop)
{
    seen.ended++;
    mem_free(((device_loop *)loop)->latent);
    mem_free(loop);
}

static const backend_loop_vtable device_loop_vtable = {device_begin, device_step, device_read,
                                                       device_end};

static void ask(void *user, const text_to_image_progress *progress)
{
    text_to_image **pipeline = user;
    if (progress->stage != STAGE_DENOISE || progress->step != ASKED_AT) return;
    const float *latent = text_to_image_latent(*pipeline);
    assert_true((latent == NULL) == (seen.fails_at == seen.reads));
}

static void hear(void *user, log_level level, const char *text)
{
    (void)user;
    assert_int_equal(level, LOG_LEVEL_WARNING);
    const size_t used = strlen(seen.said);
    (void)snprintf(seen.said + used, sizeof(seen.said) - used, "%s\n", text);
}

static sd14_status
draw(backend *on, backend *fallback, float eta, uint8_t *pixels, sd14_error *error)
{
    static const log_target log = {.write = hear};
    text_to_image *pipeline = NULL;
    const text_to_image_params params = {.prompt = "a red apple",
                                         .width = SIDE,
                                         .height = SIDE,
                                         .steps = STEPS,
                                         .guidance = 4.0F,
                                         .eta = eta,
                                         .progress = ask,
                                         .progress_user = &pipeline};
    assert_int_equal(text_to_image_create(the_model, on, &log, &pipeline, error), SD14_OK);
    text_to_image_set_fallback(pipeline, fallback);
    const sd14_status status = text_to_image_run(pipeline, &params, pixels, error);
    assert_true((text_to_image_latent(pipeline) != NULL) == (status == SD14_OK));
    text_to_image_destroy(pipeline);
    return status;
}

static void reads_when_asked_and_at_the_end(void **state)
{
    (void)state;
    static uint8_t ours[SIDE * SIDE * 3], theirs[SIDE * SIDE * 3];
    static const float etas[] = {0.0F, 1.0F};
    for (int i = 0; i < 2; i++) {
        sd14_error error = {{0}};
        memset(&seen, 0, sizeof(seen));
        seen.fails_at = -1;
        if (draw(the_device, NULL, etas[i], ours, &error) != SD14_OK) fail_msg("%s", error.text);
        assert_int_equal(seen.begun, 1);
        assert_int_equal(seen.ended, 1);
        assert_int_equal(seen.steps, STEPS);
        assert_int_equal(seen.reads, 2);
        assert_int_equal(draw(the_cpu, NULL, etas[i], theirs, &error), SD14_OK);
        assert_memory_equal(ours, theirs, sizeof(ours));
    }
}

static void a_failed_read_ends_the_run(void **state)
{
    (void)state;
    static uint8_t pixels[SIDE * SIDE * 3];
    for (int fails_at = 1; fails_at <= 2; fails_at++) { /* the progress function's; the last */
        sd14_error error = {{0}};
        memset(&seen, 0, sizeof(seen));
        seen.fails_at = fails_at;
        assert_int_equal(draw(the_device, NULL, 0.0F, pixels, &error), SD14_ERROR_DEVICE);
        assert_string_equal(error.text, "the card fell out");
        assert_int_equal(seen.ended, 1);
    }
}

/* At every step, and at the reads of each: the picture is the CPU's, noise of the steps included. */
static void another_backend_goes_on(void **state)
{
    (void)state;
    static uint8_t ours[SIDE * SIDE * 3], theirs[SIDE * SIDE * 3];
    sd14_error error = {{0}};
    for (int at = 0; at < 2 * STEPS; at++) {
        const float eta = at % 2 == 0 ? 0.0F : 1.0F;
        memset(&seen, 0, sizeof(seen));
        seen.fails_at = -1;
        seen.breaks_at = 1 + at / 2;
        if (draw(the_device, the_cpu, eta, ours, &error) != SD14_OK) fail_msg("%s", error.text);
        char expected[160];
        (void)snprintf(expected, sizeof(expected),
                       "the card hangs\nthe device failed; the backend cpu goes on after step %d "
                       "of %d\n",
                       seen.breaks_at - 1, STEPS);
        assert_string_equal(seen.said, expected);
        assert_int_equal(seen.ended, 1);
        seen.breaks_at = 0;
        assert_int_equal(draw(the_cpu, NULL, eta, theirs, &error), SD14_OK);
        assert_memory_equal(ours, theirs, sizeof(ours));
    }
}

/* One set of weights serves both. */
static void its_weights_are_the_unets(void **state)
{
    (void)state;
    sd14_error error = {{0}};
    graph *unet = NULL, *denoise = NULL;
    assert_int_equal(unet_graph(&the_model->config.unet, 2, 8, 8, 77, &unet, &error), SD14_OK);
    assert_int_equal(denoise_graph(&the_model->config.unet,
                                   &(denoise_size){1, true, 8, 8, 77, true, DEEP_INSIDE}, &denoise,
                                   &error),
                     SD14_OK);
    assert_int_equal(unet->n_weights, denoise->n_weights);
    for (int i = 0; i < unet->n_weights; i++)
        assert_string_equal(unet->weights[i].name, denoise->weights[i].name);
    graph_destroy(unet);
    graph_destroy(denoise);
}

static int set_up(void **state)
{
    (void)state;
    sd14_error error = {{0}};
    const cpu_backend_options options = {.threads = 2, .isa_max = ISA_COUNT - 1};
    if (model_load(SD14_SOURCE_DIR "/models/emoji", &the_model, &error) != SD14_OK ||
        cpu_backend_create(&options, &the_cpu, &error) != SD14_OK ||
        cpu_backend_create(&options, &the_device, &error) != SD14_OK) {
        print_error("%s\n", error.text);
        return -1;
    }
    device_vtable = *the_device->vtable;
    device_vtable.own_memory = true;
    device_vtable.loop = &device_loop_vtable;
    the_device->vtable = &device_vtable;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    model_destroy(the_model);
    the_cpu->vtable->destroy(the_cpu);
    the_device->vtable->destroy(the_device);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_when_asked_and_at_the_end),
        cmocka_unit_test(a_failed_read_ends_the_run),
        cmocka_unit_test(another_backend_goes_on),
        cmocka_unit_test(its_weights_are_the_unets),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
