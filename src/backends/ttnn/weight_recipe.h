/* SPDX-License-Identifier: Apache-2.0 */

/** How a host array that ttnn takes is made of a graph's weights, or of nothing: masks, averaging matrices. */
#ifndef SD14_TTNN_WEIGHT_RECIPE_H
#define SD14_TTNN_WEIGHT_RECIPE_H

#include "base/status.h"
#include "graph/graph.h"

typedef enum recipe_kind {
    RECIPE_PLAIN,       /**< the weight as it is, under another shape */
    RECIPE_LINEAR,      /**< [out, in] transposed to [in, out]; several weights side by side */
    RECIPE_BIAS,        /**< the biases of such weights, one after another; absent ones are zeros */
    RECIPE_GROUP_MEANS, /**< [c, c]: 1 / channels of a group where row and column are of one group */
    RECIPE_GROUP_MASK, /**< [1, groups, 32, c]: in every row 1 for the group's channels, in tiles from its first */
    RECIPE_MASK /**< [queries, keys]: 0 where a query sees a key, -1e9 where it does not */
} recipe_kind;

enum { RECIPE_SOURCES_MAX = 3 };

typedef struct weight_recipe {
    recipe_kind kind;
    int source[RECIPE_SOURCES_MAX]; /**< weights of the graph; -1 for an absent bias */
    int n_sources;
    shape to; /**< of the array: float32, row-major */

    /* RECIPE_LINEAR, RECIPE_BIAS: features of each source that are taken, all with n_features 0 */
    size_t first_feature, n_features;
    /* Heads are padded with zeros to a multiple of 32 channels; heads 0: no. On the side of the features
     * that come out, or of those that go in. */
    size_t heads, head_dim, padded_head_dim;
    bool heads_go_in;

    size_t groups;   /**< RECIPE_GROUP_MEANS, RECIPE_GROUP_MASK */
    size_t of_group; /**< RECIPE_GROUP_MASK: channels of each */
    size_t keys;     /**< RECIPE_MASK: those that are there; the columns after them are padding */
    bool causal;     /**< RECIPE_MASK: query i sees keys 0 .. i */
} weight_recipe;

/**
 * @param weights  of the graph; not read by recipes made of nothing
 * @param out      shape_count(recipe->to) numbers
 * @return SD14_OK; SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status weight_recipe_fill(const weight_recipe *recipe,
                                              const tensor *weights,
                                              float *out,
                                              sd14_error *error);

/** A text that two recipes of one graph share if and only if their arrays are equal; the caller's to
 * mem_free(). NULL without memory. */
char *weight_recipe_key(const weight_recipe *recipe, const graph *of);

#endif /* SD14_TTNN_WEIGHT_RECIPE_H */
