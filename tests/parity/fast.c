/* SPDX-License-Identifier: Apache-2.0 */

/* The precision "fast" beside float32, on the small model's trained weights: each network on the same input, and
 * a picture of 20 steps. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sd14/sd14.h>

#include "backends/cpu/cpu_backend.h"
#include "base/memory.h"
#include "graph/run_once.h"
#include "models/model.h"
#include "support/cmocka.h"
#include "tensor/distance.h"

enum { INPUTS_MAX = 8 };

/* Rounding to about 12 bits is 1.6e-4 per product; a network's products add up, its norms keep them in bounds. A
 * mistaken scale or a wrong row is off by 1e-1. */
static const double limit = 1e-3;

static void check(sd14_status status, const sd14_error *error)
{
    if (status != SD14_OK) fail_msg("%s", error->text);
}

/* Ids, a timestep, or numbers between -2 and 2. */
static void *make_input(const graph_node *node)
{
    const size_t count = shape_count(node->shape);
    float *made = mem_array(count, sizeof(float));
    assert_non_null(made);
    uint32_t state = 1;
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525U + 1013904223U;
        if (node->type == DTYPE_I32) {
            ((int32_t *)(void *)made)[i] = (int32_t)(state >> 26);
        } else {
            made[i] =
                strcmp(node->name, "timestep") == 0 ? 501.0F : (float)(int32_t)state * 0x1p-30F;
        }
    }
    return made;
}

static float *compute(const model *of, model_part part, const graph *graph, bool fast)
{
    const cpu_backend_options options = {.threads = 2, .isa_max = ISA_COUNT - 1, .fast = fast};
    backend *on = NULL;
    sd14_error error;
    check(cpu_backend_create(&options, &on, &error), &error);
    assert_string_equal(cpu_backend_precision(on), fast ? "fast" : "f32");
    const void *inputs[INPUTS_MAX];
    for (int i = 0; i < graph->n_inputs; i++)
        inputs[i] = make_input(&graph->nodes[graph->inputs[i]]);
    float *output = mem_array(shape_count(graph->nodes[graph->outputs[0]].shape), sizeof(float));
    assert_non_null(output);
    float *const outputs[] = {output};
    const backend_run run = {.inputs = inputs, .outputs = outputs};
    check(run_once(on, graph, of->tensors[part], &run, &error), &error);
    for (int i = 0; i < graph->n_inputs; i++) mem_free((void *)(uintptr_t)inputs[i]);
    on->vtable->destroy(on);
    return output;
}

static void networks_are_near_float32(void **state)
{
    (void)state;
    model *of = NULL;
    sd14_error error;
    check(model_load(SD14_SOURCE_DIR "/models/emoji", &of, &error), &error);
    for (int part = 0; part < MODEL_PARTS; part++) {
        const size_t side = part == MODEL_VAE_ENCODER ? 64 : 16;
        graph *made = NULL;
        check(model_graph(&of->config, (model_part)part, 2, side, side, &made, &error), &error);
        float *fast = compute(of, (model_part)part, made, true);
        float *exact = compute(of, (model_part)part, made, false);
        const size_t count = shape_count(made->nodes[made->outputs[0]].shape);
        const double apart = tensor_measure(fast, exact, count).relative_l2;
        print_message("%s: relative L2 %.3g\n", made->name, apart);
        assert_true(apart <= limit);
        assert_true(apart > 0); /* else nothing was fast */
        mem_free(fast);
        mem_free(exact);
        graph_destroy(made);
    }
    model_destroy(of);
}

static sd14_image *draw(const char *precision)
{
    sd14_error error;
    sd14_model *model = NULL;
    sd14_session *session = NULL;
    sd14_image *image = NULL;
    sd14_model_params model_params;
    sd14_model_params_default(&model_params);
    model_params.path = SD14_SOURCE_DIR "/models/emoji";
    model_params.precision = precision;
    check(sd14_model_load(&model_params, &model, &error), &error);
    check(sd14_session_create(model, &session, &error), &error);
    sd14_generate_params params;
    sd14_generate_params_default(model, &params);
    params.prompt = "a red apple";
    params.steps = 20;
    params.seed = 1;
    check(sd14_generate(session, &params, &image, &error), &error);
    sd14_session_destroy(session);
    sd14_model_destroy(model);
    return image;
}

static void a_picture_is_near_float32s(void **state)
{
    (void)state;
    sd14_image *fast = draw("fast"), *exact = draw("f32");
    const size_t count = (size_t)exact->width * (size_t)exact->height * 3;
    const double psnr = picture_psnr(fast->pixels, exact->pixels, count);
    print_message("picture: PSNR %.2f dB\n", psnr);
    assert_true(psnr >= 55);
    sd14_image_destroy(fast);
    sd14_image_destroy(exact);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_are_near_float32),
        cmocka_unit_test(a_picture_is_near_float32s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
