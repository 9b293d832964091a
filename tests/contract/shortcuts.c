/* SPDX-License-Identifier: Apache-2.0 */

/* Opt-in shortcuts: which steps run what, that a shortcut which changes nothing changes no byte, that a step from a
 * deep feature is the step that the whole UNet makes where the feature is its own, and what they take. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "graph/cost.h"
#include "graph/loop.h"
#include "models/networks.h"
#include "pipeline/text_to_image_plan.h"
#include "support/cmocka.h"
#include "support/counting_cpu.h"

enum { SIDE = 64, BYTES = SIDE * SIDE * 3, STEPS = 6, LATENT = SIDE * SIDE / 16 };

static backend_loop_vtable no_loop;
static int n_compiled; /* steps' programs */

static sd14_status counting_compile(backend *self,
                                    const graph *graph,
                                    const backend_weights *weights,
                                    const backend_compile_options *options,
                                    backend_program **out_program,
                                    sd14_error *error)
{
    if (strcmp(graph->name, "denoise") == 0) n_compiled++;
    return cpu_vtable->compile(self, graph, weights, options, out_program, error);
}

static text_to_image_params params_with(shortcuts of, float guidance, float eta)
{
    return (text_to_image_params){.prompt = "a red apple",
                                  .width = SIDE,
                                  .height = SIDE,
                                  .steps = STEPS,
                                  .guidance = guidance,
                                  .eta = eta,
                                  .seed = 7,
                                  .shortcuts = of};
}

static text_to_image *pipeline;

static void draw(const text_to_image_params *params, float latent[LATENT])
{
    static uint8_t pixels[BYTES];
    sd14_error error;
    if (text_to_image_run(pipeline, params, pixels, &error) != SD14_OK) fail_msg("%s", error.text);
    memcpy(latent, text_to_image_latent(pipeline), LATENT * sizeof(float));
}

/* 'W' whole, 's' from the feature; the same in brackets without guidance. */
static void steps_run_what_was_asked(void **state)
{
    static const struct {
        shortcuts of;
        int steps;
        const char *kinds;
    } cases[] = {
        {{0}, 3, "WWW"},
        {{.cache = 1}, 3, "WWW"},
        {{.cache = 3}, 7, "WssWssW"},
        {{.cache = 100}, 3, "Wss"},
        {{.guidance_start = 0.25F, .guidance_end = 0.75F}, 8, "wwWWWWww"},
        {{.guidance_start = 0.5F}, 5, "wwWWW"},
        {{.guidance_end = 0.5F}, 5, "WWwww"},
        {{.guidance_end = 0.1F}, 5, "wwwww"},
        {{.cache = 3, .guidance_start = 0.25F, .guidance_end = 0.75F}, 8, "wzWWsswz"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const shortcut_plan plan = {cases[i].of, true, cases[i].steps};
        char kinds[16] = "";
        for (int step = 0; step < plan.steps; step++) {
            const step_kind kind = shortcuts_kind(&plan, step);
            kinds[step] = kind.guided ? (kind.whole ? 'W' : 's') : kind.whole ? 'w' : 'z';
        }
        assert_string_equal(kinds, cases[i].kinds);
        const shortcut_plan alone = {cases[i].of, false, cases[i].steps};
        for (int step = 0; step < plan.steps; step++)
            assert_false(shortcuts_kind(&alone, step).guided);
    }
}

/* The loop of several programs against the ordinary one. */
static void what_changes_nothing_changes_no_byte(void **state)
{
    static const shortcuts ways[] = {
        {.cache = 1}, {.guidance_start = 0.0F, .guidance_end = 1.0F}, {.cache = STEPS}};
    static float plain[LATENT], latent[LATENT];
    (void)state;
    for (int noisy = 0; noisy < 2; noisy++) {
        text_to_image_params params = params_with((shortcuts){0}, 4.0F, noisy ? 1.0F : 0.0F);
        for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
            params.steps = ways[i].cache == STEPS ? 1 : STEPS;
            params.shortcuts = (shortcuts){0};
            draw(&params, plain);
            params.shortcuts = ways[i];
            draw(&params, latent);
            assert_memory_equal(plain, latent, sizeof(plain));
        }
    }
    /* guidance on no step is none at all */
    text_to_image_params params = params_with((shortcuts){.guidance_end = 0.01F}, 4.0F, 0.0F);
    draw(&params, latent);
    params = params_with((shortcuts){0}, 1.0F, 0.0F);
    draw(&params, plain);
    assert_memory_equal(plain, latent, sizeof(plain));
}

static double distance(const float *a, const float *b)
{
    double difference = 0, norm = 0;
    for (size_t i = 0; i < LATENT; i++) {
        difference += pow((double)a[i] - (double)b[i], 2);
        norm += pow((double)b[i], 2);
    }
    return sqrt(difference / norm);
}

/* Near the whole picture, and not it. */
static void a_shortcut_is_near(void **state)
{
    static const shortcuts ways[] = {
        {.cache = 2}, {.guidance_end = 0.7F}, {.cache = 2, .guidance_start = 0.2F}};
    static float plain[LATENT], latent[LATENT];
    (void)state;
    text_to_image_params params = params_with((shortcuts){0}, 4.0F, 0.0F);
    params.steps = 20;
    draw(&params, plain);
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        params.shortcuts = ways[i];
        draw(&params, latent);
        const double far = distance(latent, plain);
        print_message("way %zu: %.3f\n", i, far);
        assert_true(far > 1e-4 && far < 0.8);
    }
}

static sd14_status
run_program(graph *of, backend_weights *weights, const backend_run *run, sd14_error *error)
{
    static const backend_compile_options options = {.keep_nodes = false};
    backend_program *program = NULL;
    TRY(cpu_vtable->compile(the_cpu, of, weights, &options, &program, error));
    const sd14_status status = cpu_vtable->run(program, run, error);
    cpu_vtable->program_destroy(program);
    return status;
}

/* One step made whole, and again from the feature that it kept: the same bytes. */
static void from_its_own_feature_a_step_is_itself(void **state)
{
    enum { S = SIDE / 8, TOKENS = 77 };
    (void)state;
    sd14_error error;
    const unet_config *config = &the_model->config.unet;
    const size_t wide = config->block_out_channels[0],
                 context_count = 2 * TOKENS * config->cross_attention_dim;
    float *context = mem_array(context_count, sizeof(float));
    float *feature = mem_array(2 * S * S * wide, sizeof(float));
    float latent[LATENT], whole[LATENT], short_step[LATENT];
    for (size_t i = 0; i < LATENT; i++) latent[i] = sinf((float)i);
    for (size_t i = 0; i < context_count; i++) context[i] = cosf((float)i * 0.7F);
    const float timestep[] = {501, 501};
    const float coefficients[DDIM_COEFFICIENTS] = {4.0F, 0.6F, 0.8F, 0.82F, 0.57F, 0.0F};
    graph *graphs[2] = {NULL, NULL};
    backend_weights *weights = NULL;
    denoise_size size = {1, true, S, S, TOKENS, false, DEEP_KEPT};
    assert_int_equal(denoise_graph(config, &size, &graphs[0], &error), SD14_OK);
    size.deep = DEEP_GIVEN;
    assert_int_equal(denoise_graph(config, &size, &graphs[1], &error), SD14_OK);
    assert_true(graphs[1]->n_nodes < graphs[0]->n_nodes / 4);
    assert_int_equal(graphs[1]->n_weights, graphs[0]->n_weights);
    assert_true(4 * graph_total_cost(graphs[1]).macs < graph_total_cost(graphs[0]).macs);
    if (cpu_vtable->load_weights(the_cpu, graphs[0], the_model->tensors[MODEL_UNET], NULL,
                                 WEIGHTS_ALL, NULL, &weights, &error) != SD14_OK)
        fail_msg("%s", error.text);

    float *const kept[] = {whole, feature}, *const made[] = {short_step};
    const void *inputs[] = {latent, timestep, context, coefficients, feature};
    backend_run run = {.inputs = inputs, .outputs = kept};
    assert_int_equal(run_program(graphs[0], weights, &run, &error), SD14_OK);
    run.outputs = made;
    assert_int_equal(run_program(graphs[1], weights, &run, &error), SD14_OK);
    assert_memory_equal(whole, short_step, sizeof(whole));
    cpu_vtable->weights_destroy(weights);
    graph_destroy(graphs[0]);
    graph_destroy(graphs[1]);
    mem_free(context);
    mem_free(feature);
}

/* Branch 0 of DeepCache's published code: conv_in, the last layer of the last up block, and what comes after it. */
static void the_feature_is_where_deepcache_has_it(void **state)
{
    static const char *const runs[] = {"conv_in", "time_embedding", "up_blocks.3.resnets.2",
                                       "up_blocks.3.attentions.2", "conv_out"};
    static const char *const rests[] = {
        "down_blocks.0", "down_blocks.3",         "mid_block",
        "up_blocks.0",   "up_blocks.3.resnets.1", "up_blocks.3.attentions.1"};
    (void)state;
    sd14_error error;
    model_config config;
    graph *of = NULL;
    const denoise_size size = {1, true, 64, 64, 77, false, DEEP_GIVEN};
    if (model_config_read(SD14_SOURCE_DIR "/tools/reference/configs/sd14", &config, &error) !=
            SD14_OK ||
        denoise_graph(&config.unet, &size, &of, &error) != SD14_OK)
        fail_msg("%s", error.text);
    for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++)
        assert_int_not_equal(graph_find_module(of, runs[i]), GRAPH_NONE);
    for (size_t i = 0; i < sizeof(rests) / sizeof(rests[0]); i++)
        assert_int_equal(graph_find_module(of, rests[i]), GRAPH_NONE);
    graph_destroy(of);
}

/* Two pictures together are what they are alone, and the plan has every program. */
static void together_and_within_the_plan(void **state)
{
    static uint8_t pixels[3][BYTES];
    (void)state;
    sd14_error error;
    text_to_image_plan plan, plain;
    text_to_image_params both[2] = {
        params_with((shortcuts){.cache = 2, .guidance_end = 0.6F}, 4.0F, 0.5F)};
    both[1] = both[0];
    both[1].prompt = "a dog";
    both[1].seed = 9;
    uint8_t *const places[] = {pixels[0], pixels[1]};
    const text_to_image_batch batch = {.params = both, .count = 2, .pixels = places};
    n_compiled = 0;
    assert_int_equal(text_to_image_run_batch(pipeline, &batch, &error), SD14_OK);
    assert_int_equal(n_compiled, 4);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(text_to_image_run(pipeline, &both[i], pixels[2], &error), SD14_OK);
        assert_memory_equal(pixels[i], pixels[2], BYTES);
    }
    assert_int_equal(text_to_image_plan_make(the_model, the_cpu, both, 2, 0, &plan, &error),
                     SD14_OK);
    both[0].shortcuts = (shortcuts){0};
    assert_int_equal(text_to_image_plan_make(the_model, the_cpu, both, 2, 0, &plain, &error),
                     SD14_OK);
    const backend_plan *with = &plan.stages[PLANNED_UNET], *without = &plain.stages[PLANNED_UNET];
    assert_true(with->program.activations > without->program.activations);
    assert_int_equal(with->weights, without->weights);
}

/* With the weights streamed into each program, and back. */
static void under_a_cap(void **state)
{
    static float plain[LATENT], latent[LATENT];
    (void)state;
    sd14_error error;
    text_to_image_plan plan;
    const text_to_image_params params =
        params_with((shortcuts){.cache = 2, .guidance_end = 0.6F}, 4.0F, 0.0F);
    draw(&params, plain);
    assert_int_equal(text_to_image_plan_make(the_model, the_cpu, &params, 1, 0, &plan, &error),
                     SD14_OK);
    for (int round = 0; round < 2; round++) {
        the_cpu->memory_cap = round == 0 ? plan.least : 0;
        draw(&params, latent);
        assert_memory_equal(plain, latent, sizeof(plain));
    }
}

/* Where a backend has a loop of its own. */
static void a_device_refuses(void **state)
{
    static uint8_t pixels[BYTES];
    (void)state;
    sd14_error error;
    const text_to_image_params params = params_with((shortcuts){.cache = 2}, 4.0F, 0.0F);
    counting_vtable.loop = &no_loop;
    assert_int_equal(text_to_image_run(pipeline, &params, pixels, &error),
                     SD14_ERROR_INVALID_ARGUMENT);
    assert_non_null(strstr(error.text, "runs every step whole"));
    counting_vtable.loop = NULL;
}

static int set_up(void **state)
{
    (void)state;
    sd14_error error;
    if (!counting_cpu_open()) return -1;
    counting_vtable.compile = counting_compile;
    return text_to_image_create(the_model, the_cpu, NULL, &pipeline, &error) == SD14_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    text_to_image_destroy(pipeline);
    counting_cpu_close();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_run_what_was_asked),
        cmocka_unit_test(what_changes_nothing_changes_no_byte),
        cmocka_unit_test(a_shortcut_is_near),
        cmocka_unit_test(from_its_own_feature_a_step_is_itself),
        cmocka_unit_test(the_feature_is_where_deepcache_has_it),
        cmocka_unit_test(together_and_within_the_plan),
        cmocka_unit_test(under_a_cap),
        cmocka_unit_test(a_device_refuses),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
