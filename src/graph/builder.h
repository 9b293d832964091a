/* SPDX-License-Identifier: Apache-2.0 */

/** The builder's inside, shared by builder.c (names, memory, failure) and build_ops.c (shape rules). */
#ifndef SD14_GRAPH_BUILDER_H
#define SD14_GRAPH_BUILDER_H

#include "graph/graph.h"

enum { BUILDER_DEPTH_MAX = 16, BUILDER_PATH_BYTES = 256 };

struct graph_builder {
    graph *made;
    char path
        [BUILDER_PATH_BYTES]; /**< "down_blocks.0.resnets.1." : what graph_enter() put in front */
    size_t path_length;
    size_t length_before[BUILDER_DEPTH_MAX];
    int depth;
    sd14_status status; /**< of the first failure; after it nothing more happens */
    sd14_error failure;
};

/** Remembers the first failure: "unet: down_blocks.0.conv: ...". */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void builder_fail(graph_builder *g, sd14_status status, const char *format, ...);

/** Declares path + name + suffix as a weight. @return its index, -1 after a failure. */
int builder_weight(graph_builder *g, const char *name, const char *suffix, shape of);

/** Appends a node under path + name. @return its value, GRAPH_NONE after a failure. */
graph_value builder_node(graph_builder *g, const char *name, graph_node node);

/** A node with one source, no weights and no numbers. */
graph_node builder_plain(graph_op op, graph_value source, dtype type, shape of);

#endif /* SD14_GRAPH_BUILDER_H */
