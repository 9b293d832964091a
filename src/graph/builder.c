/* SPDX-License-Identifier: Apache-2.0 */

/* The builder: names, memory and the memory of the first failure. The operators are in build_ops.c. */
#include "graph/builder.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

graph_builder *graph_builder_create(const char *graph_name)
{
    graph_builder *g = mem_array(1, sizeof(*g));
    if (g == NULL) return NULL;
    g->made = mem_array(1, sizeof(*g->made));
    if (g->made != NULL) g->made->name = mem_string(graph_name);
    if (g->made == NULL || g->made->name == NULL) {
        graph_destroy(g->made);
        mem_free(g);
        return NULL;
    }
    return g;
}

sd14_status graph_builder_finish(graph_builder *g, graph **out_graph, sd14_error *error)
{
    const sd14_status status = g->status;
    if (status == SD14_OK) {
        *out_graph = g->made;
    } else {
        (void)error_set(error, status, "%s", g->failure.text);
        graph_destroy(g->made);
    }
    mem_free(g);
    return status;
}

void graph_enter(graph_builder *g, const char *format, ...)
{
    if (g->depth == BUILDER_DEPTH_MAX) {
        builder_fail(g, SD14_ERROR_MODEL, "modules nest too deeply");
        return;
    }
    g->length_before[g->depth++] = g->path_length;

    va_list arguments;
    va_start(arguments, format);
    const size_t room = sizeof(g->path) - g->path_length;
    const int length = vsnprintf(g->path + g->path_length, room, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length + 1 >= room) {
        builder_fail(g, SD14_ERROR_MODEL, "a module's name is too long");
        return;
    }
    g->path_length += (size_t)length;
    g->path[g->path_length++] = '.';
}

void graph_leave(graph_builder *g)
{
    if (g->depth > 0) g->path_length = g->length_before[--g->depth];
}

void builder_fail(graph_builder *g, sd14_status status, const char *format, ...)
{
    if (g->status != SD14_OK) return;
    g->status = status;

    char sentence[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    (void)error_set(&g->failure, status, "%s: %.*s%s", g->made->name, (int)g->path_length, g->path,
                    sentence);
}

/* path + name + suffix, owned by the graph. An empty name is the module itself: no dot at its end. */
static char *full_name(graph_builder *g, const char *name, const char *suffix)
{
    size_t path_length = g->path_length;
    if (name[0] == '\0' && path_length > 0) path_length--;

    const size_t length = path_length + strlen(name) + strlen(suffix);
    char *full = mem_array(length + 1, 1);
    if (full == NULL) {
        builder_fail(g, SD14_ERROR_OUT_OF_MEMORY, "not enough memory for the graph");
        return NULL;
    }
    (void)snprintf(full, length + 1, "%.*s%s%s", (int)path_length, g->path, name, suffix);
    return full;
}

/* Makes room for one more element: capacity doubles when a power of two is reached. */
static bool reserve(graph_builder *g, void **array, int count, size_t bytes)
{
    if (count != 0 && (count & (count - 1)) != 0) return true;
    void *grown = mem_resize(*array, count == 0 ? 1 : 2 * (size_t)count, bytes);
    if (grown == NULL) {
        builder_fail(g, SD14_ERROR_OUT_OF_MEMORY, "not enough memory for the graph");
        return false;
    }
    *array = grown;
    return true;
}

int builder_weight(graph_builder *g, const char *name, const char *suffix, shape of)
{
    if (g->status != SD14_OK) return -1;
    char *full = full_name(g, name, suffix);
    if (full == NULL) return -1;
    if (!reserve(g, (void **)&g->made->weights, g->made->n_weights, sizeof(graph_weight))) {
        mem_free(full);
        return -1;
    }
    g->made->weights[g->made->n_weights] = (graph_weight){.name = full, .shape = of};
    return g->made->n_weights++;
}

graph_value builder_node(graph_builder *g, const char *name, graph_node node)
{
    if (g->status != SD14_OK) return GRAPH_NONE;
    char *full = full_name(g, name, "");
    if (full == NULL) return GRAPH_NONE;
    if (!reserve(g, (void **)&g->made->nodes, g->made->n_nodes, sizeof(graph_node))) {
        mem_free(full);
        return GRAPH_NONE;
    }
    node.name = full;
    g->made->nodes[g->made->n_nodes] = node;
    return g->made->n_nodes++;
}

static void add_to_list(graph_builder *g, graph_value **list, int *count, graph_value value)
{
    if (g->status != SD14_OK || !reserve(g, (void **)list, *count, sizeof(**list))) return;
    (*list)[(*count)++] = value;
}

graph_value graph_input(graph_builder *g, const char *name, dtype type, shape of)
{
    const graph_value made = builder_node(g, name, builder_plain(OP_input, GRAPH_NONE, type, of));
    add_to_list(g, &g->made->inputs, &g->made->n_inputs, made);
    return made;
}

void graph_output(graph_builder *g, graph_value value)
{
    add_to_list(g, &g->made->outputs, &g->made->n_outputs, value);
}

shape graph_shape(const graph_builder *g, graph_value of)
{
    if (g->status != SD14_OK || of < 0) return (shape){0};
    return g->made->nodes[of].shape;
}

graph_node builder_plain(graph_op op, graph_value source, dtype type, shape of)
{
    return (graph_node){.op = op,
                        .src = {source, GRAPH_NONE, GRAPH_NONE, GRAPH_NONE},
                        .weight = {-1, -1},
                        .type = type,
                        .shape = of};
}
