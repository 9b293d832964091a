/* SPDX-License-Identifier: Apache-2.0 */

/* One network: the reference's nodes put aside, side A's compared with them as they appear; or each node of side A
 * run by itself on the reference's inputs. */
#include <stdio.h>
#include <string.h>

#include "base/file_map.h"
#include "base/memory.h"
#include "base/spill.h"
#include "graph/node_graph.h"
#include "graph/run_once.h"
#include "parity/divergence_parts.h"
#include "pipeline/text_to_image_plan.h"

/* What taps write to. A tap cannot fail: the first failure is kept, and ends the run. */
typedef struct visit {
    divergence_run *run;
    const divergence_network *network;
    spill kept;
    size_t *first; /**< per node: where its value begins in `kept` */
    bool *keep;    /**< per node: whether its value is needed */
    sd14_status status;
    atomic_bool stop;
    sd14_error *error;
} visit;

static void visited(visit *to, sd14_status status)
{
    to->status = status;
    if (status != SD14_OK) atomic_store(&to->stop, true);
}

/* A network whose nodes are all kept takes more than in a picture: the cap is looked at again. */
static sd14_status
check_cap(const divergence_side *side, const graph *graph, const tensor *tensors, sd14_error *error)
{
    const size_t cap = side->backend->memory_cap;
    const backend_compile_options options = {.keep_nodes = true};
    backend_plan plan;
    if (cap == 0) return SD14_OK;
    TRY(side->backend->vtable->plan(side->backend, graph, tensors, WEIGHTS_ALL, &options, &plan,
                                    error));
    const size_t working = plan.program.activations + plan.program.scratch;
    const size_t most = working > plan.loading ? working : plan.loading;
    const size_t needed = plan.weights + most + TEXT_TO_IMAGE_PROGRAM_BYTES;
    if (needed <= cap) return SD14_OK;
    FAIL(error, OUT_OF_MEMORY,
         "%s with every node kept needs %zu MiB of memory, and the cap is %zu MiB; raise it or "
         "choose "
         "a smaller size",
         graph->name, (needed >> 20) + 1, cap >> 20);
}

/* Runs a whole network with a tap. A failure of the tap comes before that of the run it ended.
 * @param output  of the network; NULL: not wanted */
static sd14_status run_tapped(visit *to,
                              const divergence_side *side,
                              const graph *graph,
                              const tensor *tensors,
                              float *output,
                              backend_tap *tap)
{
    float *own = NULL;
    TRY(check_cap(side, graph, tensors, to->error));
    if (output == NULL) {
        own = mem_array(shape_count(graph->nodes[graph->outputs[0]].shape), sizeof(float));
        if (own == NULL) FAIL_NO_MEMORY(to->error, "a network's output");
        output = own;
    }
    const backend_run run = {.inputs = to->network->inputs,
                             .outputs = &output,
                             .cancel = &to->stop,
                             .tap = tap,
                             .tap_user = to};
    sd14_error stopped;
    const sd14_status status = run_once(side->backend, graph, tensors, &run, &stopped);
    mem_free(own);
    if (to->status != SD14_OK) return to->status;
    if (status != SD14_OK) return error_set(to->error, status, "%s", stopped.text);
    return SD14_OK;
}

/* ---- which nodes ---------------------------------------------------------------------------------- */

/* Views compute nothing: their value is their source's. */
static bool is_compared(const divergence_run *run, divergence_stage stage, const graph_node *node)
{
    return node->op != OP_input && node->op != OP_view && divergence_wants(run, stage, node->name);
}

bool divergence_wants_network(const divergence_run *run, divergence_stage stage, const graph *of)
{
    for (int i = 0; i < of->n_nodes; i++) {
        if (is_compared(run, stage, &of->nodes[i])) return true;
    }
    return false;
}

static void choose_nodes(visit *to)
{
    const graph *graph = to->network->theirs;
    for (graph_value i = 0; i < graph->n_nodes; i++) {
        const graph_node *node = &graph->nodes[i];
        if (!is_compared(to->run, to->network->stage, node)) continue;
        to->keep[i] = true;
        for (int s = 0; to->run->params->isolate && s < OP_SOURCES_MAX; s++) {
            if (node->src[s] != GRAPH_NONE) to->keep[graph_storage(graph, node->src[s])] = true;
        }
    }
}

static sd14_status check_same_graph(const graph *ours, const graph *theirs, sd14_error *error)
{
    for (int i = 0; i < ours->n_nodes && i < theirs->n_nodes; i++) {
        const graph_node *a = &ours->nodes[i], *b = &theirs->nodes[i];
        if (a->op == b->op && strcmp(a->name, b->name) == 0 && shape_equal(a->shape, b->shape))
            continue;
        char a_shape[SHAPE_TEXT_BYTES], b_shape[SHAPE_TEXT_BYTES];
        FAIL(error, INVALID_ARGUMENT,
             "the two models' %s are not the same network: %s %s here, %s %s there; compare models "
             "of "
             "one architecture",
             ours->name, a->name, shape_text(a->shape, a_shape), b->name,
             shape_text(b->shape, b_shape));
    }
    if (ours->n_nodes == theirs->n_nodes) return SD14_OK;
    FAIL(error, INVALID_ARGUMENT,
         "the two models' %s are not the same network: %d nodes here, %d there; compare models of "
         "one "
         "architecture",
         ours->name, ours->n_nodes, theirs->n_nodes);
}

/* ---- against a live reference --------------------------------------------------------------------- */

static void keep_node(void *user, const graph *graph, graph_value value, const float *data)
{
    visit *to = user;
    if (to->status != SD14_OK || !to->keep[value]) return;
    const size_t count = shape_count(graph->nodes[value].shape);
    visited(to, spill_add(&to->kept, data, count, &to->first[value], to->error));
}

static divergence_subject subject_of(const visit *of, const graph *graph, graph_value value)
{
    const graph_node *node = &graph->nodes[value];
    return (divergence_subject){.stage = of->network->stage,
                                .name = node->name,
                                .op = op_name(node->op),
                                .shape = node->shape};
}

static void compare_node(void *user, const graph *graph, graph_value value, const float *data)
{
    visit *to = user;
    if (to->status != SD14_OK || !to->keep[value]) return;
    const divergence_subject subject = subject_of(to, graph, value);
    const float *theirs = spill_at(&to->kept, to->first[value]);
    visited(to, divergence_add(to->run, &subject, data, theirs, to->error));
    file_map_forget(theirs, shape_count(subject.shape) * sizeof(float));
}

/* The reference's value, wherever it is. */
static const void *their_value(const visit *of, graph_value value)
{
    const graph *graph = of->network->theirs;
    const graph_value storage = graph_storage(graph, value);
    for (int i = 0; i < graph->n_inputs; i++) {
        if (graph->inputs[i] == storage) return of->network->inputs[i];
    }
    return spill_at(&of->kept, of->first[storage]);
}

/* Side A's node on the reference's sources. */
static sd14_status isolate_node(visit *to, graph_value value)
{
    const divergence_network *network = to->network;
    const graph_node *node = &network->ours->nodes[value];
    const void *sources[OP_SOURCES_MAX];
    tensor weights[OP_WEIGHTS_MAX];
    graph *alone = NULL;
    float *output = NULL;
    sd14_status status = SD14_OK;
    int n_sources = 0, n_weights = 0;
    for (int s = 0; s < OP_SOURCES_MAX; s++) {
        if (node->src[s] != GRAPH_NONE) sources[n_sources++] = their_value(to, node->src[s]);
    }
    for (int w = 0; w < OP_WEIGHTS_MAX; w++) {
        if (node->weight[w] >= 0) weights[n_weights++] = network->our_tensors[node->weight[w]];
    }
    TRY_DONE(node_graph(network->ours, value, &alone, to->error));
    output = mem_aligned_array(shape_count(node->shape), sizeof(float));
    if (output == NULL) FAIL_DONE(to->error, OUT_OF_MEMORY, "not enough memory for a node's value");
    const backend_run run = {.inputs = sources, .outputs = &output};
    TRY_DONE(run_once(to->run->params->ours.backend, alone, weights, &run, to->error));
    const divergence_subject subject = subject_of(to, network->ours, value);
    status =
        divergence_add(to->run, &subject, output, spill_at(&to->kept, to->first[value]), to->error);
done:
    mem_free(output);
    graph_destroy(alone);
    return status;
}

static sd14_status compare_ours(visit *to)
{
    const divergence_network *network = to->network;
    const divergence_params *params = to->run->params;
    if (!params->isolate)
        return run_tapped(to, &params->ours, network->ours, network->our_tensors, NULL,
                          compare_node);
    for (graph_value i = 0; i < network->ours->n_nodes; i++) {
        if (!is_compared(to->run, network->stage, &network->ours->nodes[i])) continue;
        TRY(isolate_node(to, i));
    }
    return SD14_OK;
}

sd14_status
divergence_compare_live(divergence_run *run, const divergence_network *network, sd14_error *error)
{
    const size_t n_nodes = (size_t)network->theirs->n_nodes;
    visit to = {.run = run, .network = network, .error = error};
    sd14_status status = SD14_OK;
    atomic_init(&to.stop, false);
    TRY(check_same_graph(network->ours, network->theirs, error));
    to.first = mem_array(n_nodes, sizeof(*to.first));
    to.keep = mem_array(n_nodes, sizeof(*to.keep));
    if (to.first == NULL || to.keep == NULL)
        FAIL_DONE(error, OUT_OF_MEMORY, "not enough memory for a list of nodes");
    choose_nodes(&to);
    TRY_DONE(spill_open(&to.kept, error));
    TRY_DONE(run_tapped(&to, &run->params->theirs, network->theirs, network->their_tensors,
                        network->output, keep_node));
    if (to.kept.count == 0) goto done; /* run for its output alone */
    TRY_DONE(spill_map(&to.kept, error));
    status = compare_ours(&to);
done:
    spill_close(&to.kept);
    mem_free(to.first);
    mem_free(to.keep);
    return status;
}

/* ---- against a recording -------------------------------------------------------------------------- */

/* A node may be what its own module returns, or what a module around it returns. */
static void compare_modules(void *user, const graph *graph, graph_value value, const float *data)
{
    visit *to = user;
    const recording *recorded = to->run->params->recorded;
    char module[DIVERGENCE_NAME_BYTES], name[DIVERGENCE_NAME_BYTES];
    (void)snprintf(module, sizeof(module), "%s", graph->nodes[value].name);
    for (char *end = module + strlen(module); end != NULL && to->status == SD14_OK;
         end = strrchr(module, '.')) {
        *end = '\0';
        (void)snprintf(name, sizeof(name), "%s/%.400s", to->network->prefix, module);
        if (!recording_has(recorded, name) || graph_find_module(graph, module) != value) continue;
        divergence_subject subject = subject_of(to, graph, value);
        subject.name = module;
        recorded_values theirs = {0};
        visited(to, recording_read(recorded, name, &theirs, to->error));
        if (to->status != SD14_OK) return;
        visited(to, divergence_add_recorded(to->run, &subject, data, &theirs, to->error));
        mem_free(theirs.values);
    }
}

sd14_status divergence_compare_recorded(divergence_run *run,
                                        const divergence_network *network,
                                        sd14_error *error)
{
    visit to = {.run = run, .network = network, .error = error};
    atomic_init(&to.stop, false);
    return run_tapped(&to, &run->params->ours, network->ours, network->our_tensors, NULL,
                      compare_modules);
}
