/* SPDX-License-Identifier: Apache-2.0 */

/* Host arrays of ttnn's weights against what they mean: products with padded heads, masks, averages. */
#include "backends/ttnn/weight_recipe.h"

#include <string.h>

#include "base/memory.h"
#include "support/cmocka.h"

enum { IN = 5, HEADS = 2, HEAD_DIM = 3, PADDED = 4, OUT = HEADS * HEAD_DIM };

static float *filled(const weight_recipe *recipe, const tensor *weights)
{
    sd14_error error = {{0}};
    float *made = mem_array(shape_count(recipe->to), sizeof(float));
    assert_non_null(made);
    memset(made, 0x7F, shape_count(recipe->to) * sizeof(float)); /* what is not written shows */
    assert_int_equal(weight_recipe_fill(recipe, weights, made, &error), SD14_OK);
    return made;
}

/* Weight w has w · 1000 + its index in every place. */
static void make_weights(tensor weights[3], float values[3][OUT * IN], shape of)
{
    for (size_t w = 0; w < 3; w++) {
        for (size_t i = 0; i < OUT * IN; i++) values[w][i] = (float)(1000 * w + i);
        weights[w] = (tensor){.type = DTYPE_F32, .shape = of, .data = values[w]};
    }
}

static void linears_stand_side_by_side_with_padded_heads(void **state)
{
    (void)state;
    tensor weights[3];
    float values[3][OUT * IN];
    make_weights(weights, values, shape_4(OUT, IN, 1, 1));
    const size_t columns = 3 * HEADS * PADDED;
    const weight_recipe recipe = {
        .kind = RECIPE_LINEAR,
        .source = {2, 0, 1},
        .n_sources = 3,
        .to = shape_4(1, 1, IN, columns),
        .heads = HEADS,
        .head_dim = HEAD_DIM,
        .padded_head_dim = PADDED,
    };
    float *made = filled(&recipe, weights);
    for (size_t i = 0; i < IN; i++) {
        for (size_t c = 0; c < columns; c++) {
            const size_t source = (size_t)recipe.source[c / (HEADS * PADDED)];
            const size_t head = c / PADDED % HEADS;
            const size_t d = c % PADDED;
            const float expected =
                d < HEAD_DIM ? (float)(1000 * source + (head * HEAD_DIM + d) * IN + i) : 0.0F;
            assert_true(made[i * columns + c] == expected);
        }
    }
    mem_free(made);
}

static void rows_of_the_reader_are_padded_alike(void **state)
{
    (void)state;
    tensor weights[3];
    float values[3][OUT * IN];
    make_weights(weights, values, shape_2(IN, OUT)); /* 5 features of 2 heads of 3 channels */
    const weight_recipe recipe = {
        .kind = RECIPE_LINEAR,
        .source = {1},
        .n_sources = 1,
        .to = shape_4(1, 1, HEADS * PADDED, IN),
        .heads = HEADS,
        .head_dim = HEAD_DIM,
        .padded_head_dim = PADDED,
        .heads_go_in = true,
    };
    float *made = filled(&recipe, weights);
    for (size_t r = 0; r < HEADS * PADDED; r++) {
        for (size_t o = 0; o < IN; o++) {
            const size_t channel = r / PADDED * HEAD_DIM + r % PADDED;
            const float expected = r % PADDED < HEAD_DIM ? (float)(1000 + o * OUT + channel) : 0.0F;
            assert_true(made[r * IN + o] == expected);
        }
    }
    mem_free(made);
}

static void halves_are_cut_from_linear_and_bias(void **state)
{
    (void)state;
    tensor weights[3];
    float values[3][OUT * IN];
    make_weights(weights, values, shape_2(OUT, IN));
    weights[1].shape = shape_1(OUT);
    weight_recipe recipe = {.kind = RECIPE_LINEAR,
                            .source = {0},
                            .n_sources = 1,
                            .to = shape_4(1, 1, IN, 2),
                            .first_feature = 4,
                            .n_features = 2};
    float *made = filled(&recipe, weights);
    for (size_t i = 0; i < IN; i++) {
        assert_true(made[2 * i] == (float)(4 * IN + i) && made[2 * i + 1] == (float)(5 * IN + i));
    }
    mem_free(made);

    recipe.kind = RECIPE_BIAS;
    recipe.source[0] = 1;
    recipe.to = shape_4(1, 1, 1, 2);
    made = filled(&recipe, weights);
    assert_true(made[0] == 1004.0F && made[1] == 1005.0F);
    mem_free(made);
}

static void absent_biases_are_zeros(void **state)
{
    (void)state;
    tensor weights[3];
    float values[3][OUT * IN];
    make_weights(weights, values, shape_1(OUT));
    const weight_recipe recipe = {.kind = RECIPE_BIAS,
                                  .source = {-1, 2},
                                  .n_sources = 2,
                                  .to = shape_4(1, 1, 1, 2 * HEADS * PADDED),
                                  .heads = HEADS,
                                  .head_dim = HEAD_DIM,
                                  .padded_head_dim = PADDED};
    static const float second[HEADS * PADDED] = {2000, 2001, 2002, 0, 2003, 2004, 2005, 0};
    float *made = filled(&recipe, weights);
    for (size_t i = 0; i < HEADS * PADDED; i++) {
        assert_true(made[i] == 0.0F);
        assert_true(made[HEADS * PADDED + i] == second[i]);
    }
    mem_free(made);
}

static void masks_hide_padding_and_what_comes_later(void **state)
{
    (void)state;
    weight_recipe recipe = {.kind = RECIPE_MASK, .to = shape_4(1, 1, 4, 6), .keys = 5};
    for (int causal = 0; causal < 2; causal++) {
        recipe.causal = causal != 0;
        float *made = filled(&recipe, NULL);
        for (size_t q = 0; q < 4; q++) {
            for (size_t k = 0; k < 6; k++) {
                const bool seen = k < 5 && (causal == 0 || k <= q);
                assert_true(made[q * 6 + k] == (seen ? 0.0F : -1e9F));
            }
        }
        mem_free(made);
    }
}

static void averages_stay_inside_a_group(void **state)
{
    (void)state;
    const weight_recipe recipe = {
        .kind = RECIPE_GROUP_MEANS, .to = shape_4(1, 1, 6, 6), .groups = 3};
    float *made = filled(&recipe, NULL);
    for (size_t i = 0; i < 6; i++) {
        for (size_t k = 0; k < 6; k++) {
            assert_true(made[i * 6 + k] == (i / 2 == k / 2 ? 0.5F : 0.0F));
        }
    }
    mem_free(made);
}

/* 24 channels each: the second group begins in the first one's tile and ends in the next. */
static void a_mask_begins_with_its_tile(void **state)
{
    (void)state;
    const weight_recipe recipe = {
        .kind = RECIPE_GROUP_MASK, .to = shape_4(1, 4, 32, 64), .groups = 4, .of_group = 24};
    static const size_t first[4] = {0, 24, 16, 8};
    float *made = filled(&recipe, NULL);
    for (size_t g = 0; g < 4; g++) {
        for (size_t i = 0; i < (size_t)32 * 64; i++) {
            const bool inside = i % 64 >= first[g] && i % 64 < first[g] + 24;
            assert_true(made[g * 32 * 64 + i] == (inside ? 1.0F : 0.0F));
        }
    }
    mem_free(made);
}

static void a_key_tells_recipes_apart(void **state)
{
    (void)state;
    graph_weight names[2] = {{.name = "a.weight"}, {.name = "b.weight"}};
    const graph of = {.weights = names, .n_weights = 2};
    const weight_recipe one = {
        .kind = RECIPE_LINEAR, .source = {0}, .n_sources = 1, .to = shape_4(1, 1, 8, 8)};
    weight_recipe others[9];
    for (int i = 0; i < 9; i++) others[i] = one;
    others[0].kind = RECIPE_PLAIN;
    others[1].source[0] = 1;
    others[2].to.dim[3] = 16;
    others[3].first_feature = 4;
    others[4].n_features = 4;
    others[5].heads = 2;
    others[6].heads_go_in = true;
    others[7].n_sources = 2;
    others[8].of_group = 2;
    char *key = weight_recipe_key(&one, &of);
    assert_non_null(key);
    for (int i = 0; i < 9; i++) {
        char *other = weight_recipe_key(&others[i], &of);
        assert_non_null(other);
        assert_string_not_equal(key, other);
        mem_free(other);
    }
    char *same = weight_recipe_key(&one, &of);
    assert_string_equal(key, same);
    mem_free(same);
    mem_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linears_stand_side_by_side_with_padded_heads),
        cmocka_unit_test(rows_of_the_reader_are_padded_alike),
        cmocka_unit_test(halves_are_cut_from_linear_and_bias),
        cmocka_unit_test(absent_biases_are_zeros),
        cmocka_unit_test(masks_hide_padding_and_what_comes_later),
        cmocka_unit_test(averages_stay_inside_a_group),
        cmocka_unit_test(a_mask_begins_with_its_tile),
        cmocka_unit_test(a_key_tells_recipes_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
