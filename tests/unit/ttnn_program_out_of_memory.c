/* SPDX-License-Identifier: Apache-2.0 */

/* Lowering and filling recipes with every allocation failed in turn. */
#include "backends/ttnn/ttnn_program.h"
#include "base/memory.h"
#include "support/cmocka.h"
#include "support/fail_alloc.h"
#include "support/op_cases.h"

static void check_lowering(const graph *of, tt_placement placement)
{
    tt_settings settings = tt_settings_default();
    for (int i = 0; i < TT_COMPONENTS; i++) settings.component[i].memory = placement;
    for (int n = 1;; n++) {
        sd14_error error = {{0}};
        tt_program *program = NULL;
        fail_alloc_at(n);
        const sd14_status status = tt_program_create(of, &settings, n % 2 == 0, &program, &error);
        const bool failed = fail_alloc_happened();
        assert_int_equal(status, failed ? SD14_ERROR_OUT_OF_MEMORY : SD14_OK);
        assert_true(failed ? error.text[0] != '\0' : program != NULL);
        tt_program_destroy(program);
        if (!failed) break;
    }
}

static void lowering_reports_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < OP_CASE_COUNT; i++) {
        sd14_error error = {{0}};
        graph *of = NULL;
        assert_int_equal(op_case_graph(&op_cases[i], &of, &error), SD14_OK);
        check_lowering(of, TT_PLACEMENT_DRAM);
        check_lowering(of, TT_PLACEMENT_SHARDED);
        graph_destroy(of);
    }
}

static void recipes_report_it(void **state)
{
    (void)state;
    static const float values[6] = {1, 2, 3, 4, 5, 6};
    const tensor weight = {.type = DTYPE_F32, .shape = shape_2(2, 3), .data = values};
    float out[6];
    for (int kind = RECIPE_LINEAR; kind <= RECIPE_BIAS; kind++) {
        const weight_recipe recipe = {
            .kind = (recipe_kind)kind, .n_sources = 1, .to = shape_4(1, 1, 1, 6)};
        sd14_error error = {{0}};
        fail_alloc_at(1);
        assert_int_equal(weight_recipe_fill(&recipe, &weight, out, &error),
                         SD14_ERROR_OUT_OF_MEMORY);
        assert_true(fail_alloc_happened());
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lowering_reports_it),
        cmocka_unit_test(recipes_report_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
