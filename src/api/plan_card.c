/* SPDX-License-Identifier: Apache-2.0 */
#include "api/plan_card.h"

#include <stdlib.h>
#include <string.h>

#include "backends/ttnn/device_plan.h"
#include "backends/ttnn/forecast.h"
#include "base/memory.h"

static sd14_forecast to_public(const forecast *from)
{
    return (sd14_forecast){.macs = from->macs,
                           .dram_bytes = from->dram_bytes,
                           .l1_bytes = from->l1_bytes,
                           .compute_seconds = from->compute_seconds,
                           .dram_seconds = from->dram_seconds,
                           .l1_seconds = from->l1_seconds,
                           .seconds = from->seconds};
}

/* "" for a call that belongs to no node. */
static const char *node_name(const graph *of, const tt_call *call)
{
    return call->node == GRAPH_NONE ? "" : of->nodes[call->node].name;
}

static bool equal(const sd14_device_call *a, const sd14_device_call *b)
{
    return strcmp(a->function, b->function) == 0 && a->forecast.macs == b->forecast.macs &&
           a->forecast.dram_bytes == b->forecast.dram_bytes &&
           a->forecast.l1_bytes == b->forecast.l1_bytes;
}

static void count_call(sd14_device_call *calls, size_t *n_calls, const sd14_device_call *call)
{
    size_t at = 0;
    while (at < *n_calls && !equal(&calls[at], call)) at++;
    if (at == *n_calls) calls[(*n_calls)++] = *call;
    calls[at].count++;
}

static int longest_first(const void *a, const void *b)
{
    const sd14_device_call *x = a, *y = b;
    const double in_all = x->count * x->forecast.seconds, other = y->count * y->forecast.seconds;
    return (in_all < other) - (in_all > other);
}

static sd14_status
forecast_network(const tt_program *program, sd14_device_network *network, sd14_error *error)
{
    size_t n_calls = 0;
    sd14_device_call *calls = mem_array((size_t)program->n_body, sizeof(*calls));
    if (calls == NULL) FAIL_NO_MEMORY(error, "the forecast");
    forecast sum = {0};
    network->calls = program->n_body;
    for (int i = 0; i < program->n_body; i++) {
        const tt_call *call = &program->body[i];
        if (!forecast_launches(program, call)) continue;
        const forecast one = forecast_call(program, call, &forecast_wormhole);
        const sd14_device_call made = {.function = call->function,
                                       .node = node_name(program->graph, call),
                                       .forecast = to_public(&one)};
        network->kernel_calls++;
        forecast_add(&sum, &one);
        count_call(calls, &n_calls, &made);
    }
    network->forecast = to_public(&sum);
    qsort(calls, n_calls, sizeof(*calls), longest_first);
    network->n_slowest = n_calls < SD14_PLAN_CALLS ? n_calls : SD14_PLAN_CALLS;
    memcpy(network->slowest, calls, network->n_slowest * sizeof(*calls));
    mem_free(calls);
    return SD14_OK;
}

static void describe_memory(const tt_program *program,
                            const device_plan *plan,
                            const device_memory *memory,
                            sd14_device_network *network)
{
    const tt_call *fullest = &program->body[plan->fullest];
    network->weights_bytes = plan->weights;
    network->padding_bytes = plan->padding;
    network->inputs_bytes = plan->inputs;
    network->values_bytes = plan->values;
    network->fullest_function = fullest->function;
    network->fullest_node = node_name(program->graph, fullest);
    network->l1_values_bytes = plan->l1_values;
    network->l1_left_bytes = device_plan_l1_left(plan, memory, program->settings.l1_small_size);
}

static sd14_status plan_network(const ttnn_options *options,
                                const device_memory *memory,
                                const graph *of,
                                sd14_device_network *network,
                                device_plan *out_plan,
                                sd14_error *error)
{
    tt_program *program = NULL;
    TRY(tt_program_create(of, &options->settings, false, &program, error));
    sd14_status status = device_plan_make(program, memory, out_plan, error);
    if (status == SD14_OK) {
        network->name = of->name;
        describe_memory(program, out_plan, memory, network);
        status = forecast_network(program, network, error);
    }
    tt_program_destroy(program);
    return status;
}

/* What is left of a chip's memory when the device is open. */
static device_memory open_memory(const ttnn_options *options)
{
    device_memory memory = device_wormhole;
    const size_t kept = (options->trace_region_size + memory.dram_banks - 1) / memory.dram_banks;
    memory.dram_bank_bytes = kept < memory.dram_bank_bytes ? memory.dram_bank_bytes - kept : 0;
    return memory;
}

static void add_up(const sd14_device_network *network, uint64_t *values, sd14_card_plan *card)
{
    card->needed_bytes += network->weights_bytes + network->padding_bytes + network->inputs_bytes;
    if (network->values_bytes > *values) {
        card->needed_bytes += network->values_bytes - *values;
        *values = network->values_bytes;
    }
    card->picture_seconds += network->runs * network->forecast.seconds;
}

sd14_status plan_card_make(const ttnn_options *options,
                           graph *const graphs[SD14_PLAN_NETWORKS],
                           const int32_t runs[SD14_PLAN_NETWORKS],
                           sd14_card_plan *out_card,
                           sd14_error *out_problem,
                           sd14_error *error)
{
    const device_memory memory = open_memory(options);
    device_plan plans[SD14_PLAN_NETWORKS];
    const char *names[SD14_PLAN_NETWORKS];
    uint64_t values = 0;
    *out_card = (sd14_card_plan){.chips = options->settings.chips,
                                 .dram_bytes = memory.dram_banks * memory.dram_bank_bytes};
    for (int i = 0; i < SD14_PLAN_NETWORKS; i++) {
        sd14_device_network *network = &out_card->networks[i];
        TRY(plan_network(options, &memory, graphs[i], network, &plans[i], error));
        network->runs = runs[i];
        names[i] = network->name;
        add_up(network, &values, out_card);
    }
    if (device_plan_check(plans, names, SD14_PLAN_NETWORKS, &memory, out_problem) != SD14_OK)
        out_card->problem = out_problem->text;
    return SD14_OK;
}
