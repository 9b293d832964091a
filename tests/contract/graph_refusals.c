/* SPDX-License-Identifier: Apache-2.0 */

/* What does not fit together is refused when the graph is described, with the node's name. */
#include <string.h>

#include "graph/graph.h"
#include "support/cmocka.h"

/* What each description begins with. */
typedef struct sources {
    graph_value image;  /* [2, 5, 7, 12] */
    graph_value tokens; /* [2, 35, 12] */
    graph_value row;    /* [2, 12] */
    graph_value ids;    /* int32 [2, 35] */
} sources;

typedef void describe(graph_builder *g, const sources *of);

#define REFUSED(name, expression)                                                                  \
    static void name(graph_builder *g, const sources *of)                                          \
    {                                                                                              \
        (void)of;                                                                                  \
        graph_output(g, expression);                                                               \
    }

REFUSED(view_of_other_size, graph_view(g, "op", of->image, shape_3(2, 35, 13)))
REFUSED(view_of_ids, graph_view(g, "op", of->ids, shape_1(70)))
REFUSED(linear_of_ids, graph_linear(g, "op", of->ids, 4, true))
REFUSED(conv_of_tokens, graph_conv2d(g, "op", of->tokens, 4, 3, 1, 1, 1))
REFUSED(conv_of_ids, graph_conv2d(g, "op", of->ids, 4, 3, 1, 1, 1))
REFUSED(conv_without_kernel, graph_conv2d(g, "op", of->image, 4, 0, 1, 0, 0))
REFUSED(conv_without_stride, graph_conv2d(g, "op", of->image, 4, 3, 0, 1, 1))
REFUSED(conv_larger_than_image, graph_conv2d(g, "op", of->image, 4, 6, 1, 0, 0))
REFUSED(groups_that_do_not_divide, graph_group_norm(g, "op", of->image, 5, 1e-5F))
REFUSED(no_groups, graph_group_norm(g, "op", of->image, 0, 1e-5F))
REFUSED(more_groups_than_channels, graph_group_norm(g, "op", of->image, 24, 1e-5F))
REFUSED(layer_norm_of_ids, graph_layer_norm(g, "op", of->ids, 1e-5F))
REFUSED(heads_that_do_not_divide,
        graph_attention(g, "op", of->tokens, of->tokens, of->tokens, 5, 1.0F, false))
REFUSED(no_heads, graph_attention(g, "op", of->tokens, of->tokens, of->tokens, 0, 1.0F, false))
REFUSED(attention_of_images,
        graph_attention(g, "op", of->image, of->image, of->image, 2, 1.0F, false))
REFUSED(attention_of_ids, graph_attention(g, "op", of->tokens, of->ids, of->tokens, 2, 1.0F, false))
REFUSED(odd_geglu, graph_unary(g, "op", OP_geglu, graph_linear(g, "before", of->tokens, 13, false)))
REFUSED(upsampled_tokens, graph_unary(g, "op", OP_upsample_nearest_2x, of->tokens))
REFUSED(silu_of_ids, graph_unary(g, "op", OP_silu, of->ids))
REFUSED(sum_of_other_shapes, graph_add(g, "op", of->tokens, of->image))
REFUSED(sum_the_wrong_way_round, graph_add(g, "op", of->row, of->tokens))
REFUSED(sum_with_ids, graph_add(g, "op", of->tokens, of->ids))
REFUSED(scaled_ids, graph_scale(g, "op", of->ids, 2.0F))
REFUSED(joined_other_rows, graph_concat_channels(g, "op", of->tokens, of->row))
REFUSED(embedding_of_floats, graph_embedding(g, "op", of->tokens, 7, 3))
REFUSED(odd_timestep_embedding, graph_timestep_embedding(g, "op", of->row, 5, true, 0.0F))
REFUSED(empty_timestep_embedding, graph_timestep_embedding(g, "op", of->row, 0, true, 0.0F))
REFUSED(
    guided_by_one_half,
    graph_guided_ddim_step(
        g, "op", of->row, of->row, graph_input(g, "k", DTYPE_F32, shape_1(6)), GRAPH_NONE, true))
REFUSED(
    too_few_coefficients,
    graph_guided_ddim_step(
        g, "op", of->row, of->row, graph_input(g, "k", DTYPE_F32, shape_1(5)), GRAPH_NONE, false))
REFUSED(
    noise_of_other_shape,
    graph_guided_ddim_step(
        g, "op", of->row, of->row, graph_input(g, "k", DTYPE_F32, shape_1(6)), of->tokens, false))
REFUSED(a_source_that_is_not_there, graph_scale(g, "op", GRAPH_NONE, 2.0F))
REFUSED(a_second_source_that_is_not_there, graph_add(g, "op", of->row, GRAPH_NONE))

/* Keys of another batch, other values than keys. */
static void attention_of_other_batches(graph_builder *g, const sources *of)
{
    const graph_value one = graph_input(g, "one", DTYPE_F32, shape_3(1, 35, 12));
    graph_output(g, graph_attention(g, "op", of->tokens, one, one, 2, 1.0F, false));
}

static void values_unlike_keys(graph_builder *g, const sources *of)
{
    const graph_value few = graph_input(g, "few", DTYPE_F32, shape_3(2, 34, 12));
    graph_output(g, graph_attention(g, "op", of->tokens, of->tokens, few, 2, 1.0F, false));
}

static const struct {
    const char *name;
    describe *describe;
} refusals[] = {
#define ROW(name)                                                                                  \
    {                                                                                              \
#        name, name                                                                                \
    }
    ROW(view_of_other_size),
    ROW(view_of_ids),
    ROW(linear_of_ids),
    ROW(conv_of_tokens),
    ROW(conv_of_ids),
    ROW(conv_without_kernel),
    ROW(conv_without_stride),
    ROW(conv_larger_than_image),
    ROW(groups_that_do_not_divide),
    ROW(no_groups),
    ROW(more_groups_than_channels),
    ROW(layer_norm_of_ids),
    ROW(heads_that_do_not_divide),
    ROW(no_heads),
    ROW(attention_of_images),
    ROW(attention_of_ids),
    ROW(attention_of_other_batches),
    ROW(values_unlike_keys),
    ROW(odd_geglu),
    ROW(upsampled_tokens),
    ROW(silu_of_ids),
    ROW(sum_of_other_shapes),
    ROW(sum_the_wrong_way_round),
    ROW(sum_with_ids),
    ROW(scaled_ids),
    ROW(joined_other_rows),
    ROW(embedding_of_floats),
    ROW(odd_timestep_embedding),
    ROW(empty_timestep_embedding),
    ROW(guided_by_one_half),
    ROW(too_few_coefficients),
    ROW(noise_of_other_shape),
    ROW(a_source_that_is_not_there),
    ROW(a_second_source_that_is_not_there),
#undef ROW
};

static sources make_sources(graph_builder *g)
{
    return (sources){
        .image = graph_input(g, "image", DTYPE_F32, shape_4(2, 5, 7, 12)),
        .tokens = graph_input(g, "tokens", DTYPE_F32, shape_3(2, 35, 12)),
        .row = graph_input(g, "row", DTYPE_F32, shape_2(2, 12)),
        .ids = graph_input(g, "ids", DTYPE_I32, shape_2(2, 35)),
    };
}

/* Everything after the first failure does nothing, and the first is what is told. */
static void go_on_after(graph_builder *g, const sources *of)
{
    const graph_value x = graph_linear(g, "later", of->tokens, 4, true);
    assert_int_equal(x, GRAPH_NONE);
    assert_int_equal(graph_shape(g, x).rank, 0);
    graph_enter(g, "later.%d", 1);
    graph_output(g, graph_add(g, "wrong", x, of->image));
    graph_leave(g);
    graph_leave(g);
    graph_leave(g);
}

static void what_does_not_fit_is_refused_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        sd14_error error = {{0}};
        graph *made = NULL;
        graph_builder *g = graph_builder_create("net");
        assert_non_null(g);
        const sources of = make_sources(g);
        graph_enter(g, "blocks.%d", 3);
        refusals[i].describe(g, &of);
        go_on_after(g, &of);
        if (graph_builder_finish(g, &made, &error) != SD14_ERROR_MODEL)
            fail_msg("%s: not refused", refusals[i].name);
        assert_null(made);
        if (strncmp(error.text, "net: blocks.3.op: ", 18) != 0)
            fail_msg("%s: \"%s\" does not name the node", refusals[i].name, error.text);
    }
}

static void names_too_long_or_too_deep_are_refused(void **state)
{
    (void)state;
    char name[400];
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    for (int deep = 0; deep < 2; deep++) {
        sd14_error error = {{0}};
        graph *made = NULL;
        graph_builder *g = graph_builder_create("net");
        assert_non_null(g);
        const sources of = make_sources(g);
        for (int i = 0; i < 40; i++) graph_enter(g, "%s", deep ? "m" : name);
        graph_output(g, graph_scale(g, "op", of.row, 2.0F));
        for (int i = 0; i < 50; i++) graph_leave(g);
        assert_int_equal(graph_builder_finish(g, &made, &error), SD14_ERROR_MODEL);
        assert_null(made);
        assert_non_null(strstr(error.text, deep ? "net: m.m." : "net: "));
        assert_non_null(strstr(error.text, deep ? "too deeply" : "too long"));
    }
}

/* Where a name ends does not depend on what was there: a long name alone is no failure. */
static void names_of_nodes_may_be_long(void **state)
{
    (void)state;
    char name[400];
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    sd14_error error = {{0}};
    graph *made = NULL;
    graph_builder *g = graph_builder_create("net");
    assert_non_null(g);
    const sources of = make_sources(g);
    graph_enter(g, "m");
    graph_output(g, graph_linear(g, name, of.row, 2, true));
    graph_output(g, graph_scale(g, "", of.row, 2.0F));
    graph_leave(g);
    assert_int_equal(graph_builder_finish(g, &made, &error), SD14_OK);
    assert_string_equal(made->nodes[made->outputs[0]].name + 2, name);
    assert_string_equal(made->nodes[made->outputs[1]].name, "m");
    assert_int_equal(strlen(made->weights[1].name), 2 + strlen(name) + strlen(".bias"));
    graph_destroy(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_fit_is_refused_by_name),
        cmocka_unit_test(names_too_long_or_too_deep_are_refused),
        cmocka_unit_test(names_of_nodes_may_be_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
