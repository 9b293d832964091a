/* SPDX-License-Identifier: Apache-2.0 */

/* How much of a limit is used up, and which limits a tensor has. Files that are refused: tests/cli. */
#include "parity/thresholds.h"

#include <math.h>

#include "support/cmocka.h"

static void assert_near(double found, double wanted)
{
    if (!(fabs(found - wanted) <= 1e-9 * wanted)) fail_msg("%.17g, not %.17g", found, wanted);
}

static void excess(void **state)
{
    (void)state;
    assert_near(measure_excess(MEASURE_RELATIVE_L2, 2e-5, 1e-4), 0.2);
    assert_near(measure_excess(MEASURE_MAX_ABS, 3.0, 2.0), 1.5);
    assert_near(measure_excess(MEASURE_PCC, 0.98, 0.99), 2.0);
    assert_near(measure_excess(MEASURE_SSIM, 0.995, 0.99), 0.5);
    assert_near(measure_excess(MEASURE_PSNR, 40.0, 60.0), 10.0);
    assert_true(measure_excess(MEASURE_PSNR, (double)INFINITY, 60.0) == 0.0);
    assert_true(measure_excess(MEASURE_RELATIVE_L2, 0.0, 0.0) == 0.0);
    assert_true(isinf(measure_excess(MEASURE_MAX_ABS, 1e-30, 0.0)));
    assert_true(isinf(measure_excess(MEASURE_COSINE, 0.999, 1.0)));
    for (measure m = 0; m < MEASURE_COUNT; m++) {
        assert_true(isinf(measure_excess(m, (double)NAN, 0.5)));
    }
}

/* On the limit is within it, one rounding beyond is not, whatever the division makes of it. */
static void the_edge(void **state)
{
    (void)state;
    for (measure m = 0; m < MEASURE_COUNT; m++) {
        const double worse = measure_is_error(m) ? (double)INFINITY : -(double)INFINITY;
        for (double limit = 0.9; limit > 1e-6; limit *= 0.37) {
            assert_true(measure_excess(m, limit, limit) <= 1.0);
            assert_true(measure_excess(m, nextafter(limit, worse), limit) > 1.0);
        }
    }
}

static void built_in(void **state)
{
    (void)state;
    sd14_error error;
    thresholds limits;
    if (thresholds_load(NULL, &limits, &error) != SD14_OK) fail_msg("%s", error.text);
    assert_string_equal(limits.name, "f32");
    assert_true(limits.same_model);
    assert_string_equal(thresholds_find(&limits, "latents_000")->tensor, "latents_000");
    assert_string_equal(thresholds_find(&limits, "latents_075")->tensor, "latents");
    assert_string_equal(thresholds_find(&limits, "noise")->tensor, "noise");
    assert_string_equal(thresholds_find(&limits, "picture")->tensor, "picture");
    assert_string_equal(thresholds_find(&limits, "down_blocks.0")->tensor, "tensor");
    const threshold *check = &thresholds_find(&limits, "latents_100")->checks[MEASURE_RELATIVE_L2];
    assert_true(check->limit == 1e-4 && check->reason != NULL);
    assert_null(thresholds_find(&limits, "latents_100")->checks[MEASURE_PCC].reason);
    thresholds_release(&limits);
    thresholds_release(&limits);
}

/* A network's limits are those of all that lies in it. */
static void of_networks(void **state)
{
    (void)state;
    sd14_error error;
    thresholds limits;
    const char *path = SD14_SOURCE_DIR "/configs/thresholds/ttnn.json";
    if (thresholds_load(path, &limits, &error) != SD14_OK) fail_msg("%s", error.text);
    static const struct {
        const char *tensor, *row;
        measure measure;
        double limit;
    } wanted[] = {
        {"text_embeddings", "text_embeddings", MEASURE_PCC, 0.999},
        {"text_encoder/text_model.final_layer_norm", "text_encoder", MEASURE_PCC, 0.999},
        {"unet", "unet", MEASURE_PCC, 0.996},
        {"unet/conv_out", "unet", MEASURE_PCC, 0.996},
        {"unet@951/conv_out", "unet", MEASURE_PCC, 0.996},
        {"vae_decoder/decoder.conv_out", "vae_decoder", MEASURE_PCC, 0.985},
        {"unetwork", "tensor", MEASURE_PCC, 0.985},
        {"vae_encoder/encoder.conv_out", "tensor", MEASURE_PCC, 0.985},
        {"picture", "picture", MEASURE_PSNR, 25.0},
    };
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        const threshold_row *row = thresholds_find(&limits, wanted[i].tensor);
        assert_string_equal(row->tensor, wanted[i].row);
        const threshold *check = &row->checks[wanted[i].measure];
        assert_true(check->reason != NULL && !(check->limit < wanted[i].limit) &&
                    !(check->limit > wanted[i].limit));
    }
    thresholds_release(&limits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(excess),
        cmocka_unit_test(the_edge),
        cmocka_unit_test(built_in),
        cmocka_unit_test(of_networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
