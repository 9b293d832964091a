/* SPDX-License-Identifier: Apache-2.0 */

/* Lengths of contracts: numbers, symbols, and a symbol times or by a number; nothing else has a value. */
#include "parity/contract_symbols.h"

#include "support/cmocka.h"

static contract_symbols symbols(void)
{
    const model_config config = {
        .text_encoder = {.max_position_embeddings = 77, .hidden_size = 768},
        .unet = {.cross_attention_dim = 640},
        .vae = {.latent_channels = 4, .in_channels = 3},
        .scheduler = {.train_timesteps = 1000},
    };
    return contract_symbols_of(&config, 49408, 2, 512, 768);
}

static void lengths_have_values(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t value;
    } rows[] = {
        {"batch", 2},
        {"batch*2", 4},
        {"tokens", 77},
        {"vocabulary", 49408},
        {"text_channels", 768},
        {"context_channels", 640},
        {"height", 512},
        {"width", 768},
        {"height/8", 64},
        {"width/8", 96},
        {"latent_channels*2", 8},
        {"image_channels", 3},
        {"train_timesteps", 1000},
    };
    const contract_symbols solved = symbols();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const contract_length length = {.text = rows[i].text};
        size_t value = 0;
        assert_true(contract_length_value(&length, &solved, &value));
        assert_int_equal(value, rows[i].value);
    }
    const contract_length number = {.number = 6};
    size_t value = 0;
    assert_true(contract_length_value(&number, &solved, &value));
    assert_int_equal(value, 6);
}

static void other_forms_have_none(void **state)
{
    (void)state;
    static const char *const rows[] = {"",         "heigth",    "heightx",   "height/",
                                       "height/0", "tokens/2",  "height*-1", "height/8/2",
                                       "8*height", "height/8 ", "height+1",  "height/99999999999"};
    const contract_symbols solved = symbols();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const contract_length length = {.text = rows[i]};
        size_t value = 0;
        if (contract_length_value(&length, &solved, &value)) fail_msg("\"%s\" has one", rows[i]);
    }
}

static void every_symbol_has_a_value(void **state)
{
    (void)state;
    const contract_symbols solved = symbols();
    size_t count = 0;
    for (; contract_symbol_name(count) != NULL; count++) assert_true(solved.value[count] > 0);
    assert_int_equal(count, CONTRACT_SYMBOLS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_have_values),
        cmocka_unit_test(other_forms_have_none),
        cmocka_unit_test(every_symbol_has_a_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
