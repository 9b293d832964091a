/* SPDX-License-Identifier: Apache-2.0 */

/* Stable Diffusion 1.4's networks from its own configuration files, counted. Parameters are those of the
 * published files; multiply-adds at 512x512 are what torch 2.15's FlopCounterMode finds in diffusers 0.42.1 and
 * transformers 5.23.0, exactly (convolutions, linear layers and attention; taps on padding counted). A layer,
 * head or channel that is missing, doubled or of another width changes a count. */
#include "graph/cost.h"
#include "models/config.h"
#include "models/networks.h"
#include "support/cmocka.h"

#define CONFIGS SD14_SOURCE_DIR "/tools/reference/configs/sd14"

static model_config config;

static uint64_t parameters(const graph *of)
{
    uint64_t count = 0;
    for (int i = 0; i < of->n_weights; i++) count += shape_count(of->weights[i].shape);
    return count;
}

static void check(graph *of, int n_weights, uint64_t n_parameters, uint64_t macs)
{
    const graph_cost cost = graph_total_cost(of);
    assert_int_equal(of->n_weights, n_weights);
    assert_int_equal(parameters(of), n_parameters);
    assert_int_equal(cost.parameters, n_parameters); /* no weight is used twice */
    assert_int_equal(cost.macs, macs);
    graph_destroy(of);
}

static void unet(void **state)
{
    (void)state;
    sd14_error error = {{0}};
    graph *of = NULL;
    assert_int_equal(unet_graph(&config.unet, 1, 64, 64, 77, &of, &error), SD14_OK);
    check(of, 686, 859520964, 401636720640);
    assert_int_equal(unet_graph(&config.unet, 2, 64, 64, 77, &of, &error), SD14_OK);
    check(of, 686, 859520964, 2 * UINT64_C(401636720640));
}

static void vae_decoder(void **state)
{
    (void)state;
    sd14_error error = {{0}};
    graph *of = NULL;
    assert_int_equal(vae_decoder_graph(&config.vae, 1, 64, 64, &of, &error), SD14_OK);
    check(of, 140, 49490199, 1257259466752);
}

static void vae_encoder(void **state)
{
    (void)state;
    sd14_error error = {{0}};
    graph *of = NULL;
    assert_int_equal(vae_encoder_graph(&config.vae, 1, 512, 512, &of, &error), SD14_OK);
    check(of, 108, 34163664, 558329233408);
}

static void text_encoder(void **state)
{
    (void)state;
    sd14_error error = {{0}};
    graph *of = NULL;
    assert_int_equal(clip_text_graph(&config.text_encoder, 1, 77, &of, &error), SD14_OK);
    check(of, 196, 123060480, 6649251840);
}

static int set_up(void **state)
{
    (void)state;
    sd14_error error = {{0}};
    const sd14_status status = model_config_read(CONFIGS, &config, &error);
    if (status != SD14_OK) print_error("%s\n", error.text);
    return (int)status;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unet),
        cmocka_unit_test(vae_decoder),
        cmocka_unit_test(vae_encoder),
        cmocka_unit_test(text_encoder),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
