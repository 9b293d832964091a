/* SPDX-License-Identifier: Apache-2.0 */

/* What is emulated, as text: read, written, refused. */
#include "backends/cpu/emulation.h"

#include <string.h>

#include "support/cmocka.h"

static emulation parsed(const char *text)
{
    emulation made;
    sd14_error error;
    if (emulation_parse(text, &made, &error) != SD14_OK) fail_msg("%s: %s", text, error.text);
    return made;
}

static void assert_text(const char *given, const char *wanted)
{
    char text[EMULATION_TEXT_BYTES];
    emulation made = parsed(given);
    emulation_text(&made, text);
    assert_string_equal(text, wanted);
    made = parsed(text); /* it reads back as the same */
    emulation_text(&made, text);
    assert_string_equal(text, wanted);
}

static void as_text(void **state)
{
    (void)state;
    assert_text("wormhole", "wormhole");
    assert_text("wormhole,unet.weights=bfloat16,vae.fidelity=HiFi4", "wormhole");
    assert_text("wormhole,vae.fidelity=lofi,unet.weights=BFLOAT8_B",
                "wormhole,unet.weights=bfloat8_b,vae.fidelity=LoFi");
    assert_text("wormhole,fidelity=HiFi2,unet.fidelity=HiFi3",
                "wormhole,text_encoder.fidelity=HiFi2,unet.fidelity=HiFi3,vae.fidelity=HiFi2");
    assert_text("wormhole,scheduler.activations=float32", "wormhole,scheduler.activations=float32");
    assert_text(
        "wormhole,vae.weights=bfloat8_b,unet.weights=bfloat8_b,text_encoder.weights=bfloat8_b",
        "wormhole,weights=bfloat8_b");
    /* The longest there is. */
    assert_text(
        "wormhole,weights=bfloat8_b,unet.weights=float32,activations=bfloat8_b,"
        "vae.activations=float32,scheduler.activations=bfloat8_b,fidelity=LoFi,unet.fidelity=HiFi2,"
        "accumulation=bfloat16,vae.accumulation=float32",
        "wormhole,text_encoder.weights=bfloat8_b,unet.weights=float32,vae.weights=bfloat8_b,"
        "text_encoder.activations=bfloat8_b,unet.activations=bfloat8_b,"
        "scheduler.activations=bfloat8_b,vae.activations=float32,"
        "text_encoder.fidelity=LoFi,unet.fidelity=HiFi2,vae.fidelity=LoFi,"
        "text_encoder.accumulation=bfloat16,unet.accumulation=bfloat16");
}

static void values(void **state)
{
    (void)state;
    const emulation made = parsed("wormhole,unet.accumulation=bfloat16,vae.activations=float32");
    const numerics *unet = &made.of[COMPONENT_UNET], *vae = &made.of[COMPONENT_VAE];
    assert_int_equal(unet->weights, STORAGE_BFLOAT16);
    assert_int_equal(unet->activations, STORAGE_BFLOAT16);
    assert_int_equal(unet->fidelity, FIDELITY_HIFI4);
    assert_int_equal(unet->accumulation, STORAGE_BFLOAT16);
    assert_int_equal(vae->activations, STORAGE_FLOAT32);
    assert_int_equal(vae->accumulation, STORAGE_FLOAT32);
}

static void refused(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {"", "no machine \"\""},
        {"blackhole", "no machine \"blackhole\"; there is wormhole"},
        {"wormhole,", "SETTING=WORD"},
        {"wormhole,LoFi", "SETTING=WORD"},
        {"wormhole,clip.weights=bfloat16", "no component \"clip\""},
        {"wormhole,unet.dtype=bfloat16", "no setting \"dtype\""},
        {"wormhole,unet.weights=bf16", "must be float32, bfloat16 or bfloat8_b"},
        {"wormhole,unet.weights=", "must be float32, bfloat16 or bfloat8_b"},
        {"wormhole,fidelity=HiFi5", "must be LoFi, HiFi2, HiFi3 or HiFi4"},
        {"wormhole,accumulation=bfloat8_b", "must be float32 or bfloat16"},
        {"wormhole,scheduler.fidelity=LoFi", "the scheduler has no products"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        emulation made;
        sd14_error error = {{0}};
        assert_int_equal(emulation_parse(wrong[i][0], &made, &error), SD14_ERROR_INVALID_ARGUMENT);
        if (strstr(error.text, wrong[i][1]) == NULL) fail_msg("%s: %s", wrong[i][0], error.text);
    }
    char longest[2000];
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    emulation made;
    assert_int_equal(emulation_parse(longest, &made, NULL), SD14_ERROR_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_text),
        cmocka_unit_test(values),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
