/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/ttnn/weight_recipe.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"

/* Far below any score, and nothing overflows when it is added to one in bfloat16. */
static const float not_seen = -1e9F;

/* Where channel i of a source stands once every head is padded. */
static size_t padded_place(const weight_recipe *recipe, bool going_in, size_t i)
{
    if (recipe->heads == 0 || recipe->heads_go_in != going_in) return i;
    return i / recipe->head_dim * recipe->padded_head_dim + i % recipe->head_dim;
}

/* Columns that each source gets. */
static size_t features_of(const weight_recipe *recipe)
{
    return shape_last(recipe->to) / (size_t)recipe->n_sources;
}

static sd14_status
fill_linear(const weight_recipe *recipe, const tensor *weights, float *out, sd14_error *error)
{
    const size_t columns = shape_last(recipe->to);
    for (int s = 0; s < recipe->n_sources; s++) {
        const tensor *from = &weights[recipe->source[s]];
        const size_t in = shape_count(from->shape) / from->shape.dim[0];
        const size_t features = recipe->n_features != 0 ? recipe->n_features : from->shape.dim[0];
        float *row = mem_array(in, sizeof(float));
        if (row == NULL) FAIL_NO_MEMORY(error, "a row of weights");
        for (size_t o = 0; o < features; o++) {
            tensor_to_f32(from, (recipe->first_feature + o) * in, in, row);
            float *column = out + (size_t)s * features_of(recipe) + padded_place(recipe, false, o);
            for (size_t i = 0; i < in; i++) {
                column[padded_place(recipe, true, i) * columns] = row[i];
            }
        }
        mem_free(row);
    }
    return SD14_OK;
}

static sd14_status
fill_bias(const weight_recipe *recipe, const tensor *weights, float *out, sd14_error *error)
{
    for (int s = 0; s < recipe->n_sources; s++) {
        if (recipe->source[s] < 0) continue;
        const tensor *from = &weights[recipe->source[s]];
        const size_t features =
            recipe->n_features != 0 ? recipe->n_features : shape_count(from->shape);
        float *values = mem_array(features, sizeof(float));
        if (values == NULL) FAIL_NO_MEMORY(error, "a bias");
        tensor_to_f32(from, recipe->first_feature, features, values);
        for (size_t o = 0; o < features; o++) {
            out[(size_t)s * features_of(recipe) + padded_place(recipe, false, o)] = values[o];
        }
        mem_free(values);
    }
    return SD14_OK;
}

static void fill_group_means(const weight_recipe *recipe, float *out)
{
    const size_t channels = shape_last(recipe->to);
    const size_t of_group = channels / recipe->groups;
    for (size_t i = 0; i < channels; i++) {
        for (size_t k = 0; k < of_group; k++) {
            out[i * channels + i / of_group * of_group + k] = 1.0F / (float)of_group;
        }
    }
}

static void fill_group_mask(const weight_recipe *recipe, float *out)
{
    const size_t rows = recipe->to.dim[2]; /* of a tile, which has as many columns */
    const size_t columns = shape_last(recipe->to);
    for (size_t g = 0; g < recipe->groups; g++) {
        const size_t first = g * recipe->of_group % rows;
        for (size_t row = 0; row < rows; row++) {
            float *at = out + (g * rows + row) * columns + first;
            for (size_t k = 0; k < recipe->of_group; k++) at[k] = 1.0F;
        }
    }
}

static void fill_mask(const weight_recipe *recipe, float *out)
{
    const size_t columns = shape_last(recipe->to);
    const size_t queries = shape_rows(recipe->to);
    for (size_t q = 0; q < queries; q++) {
        for (size_t k = 0; k < columns; k++) {
            const bool seen = k < recipe->keys && (!recipe->causal || k <= q);
            out[q * columns + k] = seen ? 0.0F : not_seen;
        }
    }
}

sd14_status weight_recipe_fill(const weight_recipe *recipe,
                               const tensor *weights,
                               float *out,
                               sd14_error *error)
{
    memset(out, 0, shape_count(recipe->to) * sizeof(float));
    switch (recipe->kind) {
    case RECIPE_LINEAR:
        return fill_linear(recipe, weights, out, error);
    case RECIPE_BIAS:
        return fill_bias(recipe, weights, out, error);
    case RECIPE_GROUP_MEANS:
        fill_group_means(recipe, out);
        return SD14_OK;
    case RECIPE_GROUP_MASK:
        fill_group_mask(recipe, out);
        return SD14_OK;
    case RECIPE_MASK:
        fill_mask(recipe, out);
        return SD14_OK;
    default:
        tensor_to_f32(&weights[recipe->source[0]], 0, shape_count(recipe->to), out);
        return SD14_OK;
    }
}

char *weight_recipe_key(const weight_recipe *recipe, const graph *of)
{
    static const char *const kinds[] = {"plain",       "linear",     "bias",
                                        "group means", "group mask", "mask"};
    char numbers[256];
    char to[SHAPE_TEXT_BYTES];
    (void)snprintf(numbers, sizeof(numbers), "%s %s %zu+%zu %zux%zu:%zu%s g%zu:%zu k%zu%s",
                   kinds[recipe->kind], shape_text(recipe->to, to), recipe->first_feature,
                   recipe->n_features, recipe->heads, recipe->head_dim, recipe->padded_head_dim,
                   recipe->heads_go_in ? " in" : "", recipe->groups, recipe->of_group, recipe->keys,
                   recipe->causal ? " causal" : "");
    const char *names[RECIPE_SOURCES_MAX] = {"", "", ""};
    size_t bytes = strlen(numbers) + 1;
    for (int s = 0; s < recipe->n_sources; s++) {
        names[s] = recipe->source[s] < 0 ? "-" : of->weights[recipe->source[s]].name;
    }
    for (int s = 0; s < RECIPE_SOURCES_MAX; s++) bytes += strlen(names[s]) + 1;
    char *key = mem_array(bytes, 1);
    if (key == NULL) return NULL;
    (void)snprintf(key, bytes, "%s %s %s %s", numbers, names[0], names[1], names[2]);
    return key;
}
