/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/ttnn/forecast.h"

#include <string.h>

#include "backends/ttnn/device_plan.h"

/*
 * Products: the matrix engine multiplies 8x16 by 16x16 in a cycle at LoFi, at 1 GHz, and ttnn computes on 8x8 of a
 * Wormhole's cores: tt-metal, tech_reports/matrix_engine/matrix_engine.md, tech_reports/GEMM_FLOPS/GEMM_FLOPS.md
 * (best measured: 93 % of that). DRAM: 288 GB/s with GDDR6 at 12 Gb/s:
 * tech_reports/Saturating_DRAM_bandwidth (best measured: 92 %). L1: each core's interfaces to the two NoCs take and
 * give 32 bytes a cycle: tt-isa-documentation, WormholeB0/NoC/README.md.
 */
#define CORES 64.0
#define CLOCK 1e9

const forecast_chip forecast_wormhole = {
    .macs = CORES * 8 * 16 * 16 * CLOCK,
    .dram_bytes = 288e9,
    .l1_bytes = CORES * 2 * 2 * 32 * CLOCK,
};

static size_t whole_tiles(size_t n)
{
    return (n + 31) / 32 * 32;
}

/* ---- slots of a call --------------------------------------------------------------------------------- */

/* NULL: not a tensor. */
static const tt_slot *slot_of(const tt_program *program, const json_t *value)
{
    const json_t *number = json_object_get(value, "s");
    if (number == NULL) return NULL;
    const tt_slot *slot = &program->slots[json_integer_value(number)];
    return slot->kind == TT_SLOT_OBJECT ? NULL : slot;
}

static bool is_made(const tt_program *program, const json_t *out)
{
    if (!json_is_integer(out)) return false;
    const int slot = (int)json_integer_value(out);
    return program->slots[slot].kind == TT_SLOT_VALUE && program->slots[slot].storage == slot;
}

bool forecast_launches(const tt_program *program, const tt_call *call)
{
    if (is_made(program, call->out)) return true;
    for (size_t i = 0; i < json_array_size(call->out); i++) {
        if (is_made(program, json_array_get(call->out, i))) return true;
    }
    return false;
}

/* ---- traffic ----------------------------------------------------------------------------------------- */

static void pass(forecast *to, const tt_tensor *tensor)
{
    if (tensor->memory == TT_L1) {
        to->l1_bytes += tt_tensor_bytes(tensor);
    } else {
        to->dram_bytes += tt_tensor_bytes(tensor);
    }
}

static void read_slots(forecast *to, const tt_program *program, const json_t *value)
{
    const tt_slot *slot = slot_of(program, value);
    if (slot != NULL) {
        const tt_tensor tensor = device_plan_tensor(program, (int)(slot - program->slots));
        pass(to, &tensor);
    }
    for (size_t i = 0; i < json_array_size(value); i++)
        read_slots(to, program, json_array_get(value, i));
}

static void write_slots(forecast *to, const tt_program *program, const json_t *out)
{
    if (is_made(program, out)) pass(to, &program->slots[json_integer_value(out)].tensor);
    for (size_t i = 0; i < json_array_size(out); i++)
        write_slots(to, program, json_array_get(out, i));
}

static void count_traffic(forecast *to, const tt_program *program, const tt_call *call)
{
    write_slots(to, program, call->out);
    if (strcmp(call->function, "embedding") == 0) { /* of its table the rows that it gives */
        write_slots(to, program, call->out);
        return;
    }
    const char *name;
    json_t *value;
    read_slots(to, program, call->args);
    json_object_foreach(call->kwargs, name, value) read_slots(to, program, value);
}

/* ---- products ----------------------------------------------------------------------------------------- */

/* Elements on whole tiles. */
static uint64_t elements(shape of)
{
    return (uint64_t)of.dim[0] * of.dim[1] * whole_tiles(of.dim[2]) * whole_tiles(of.dim[3]);
}

static shape shape_of(const tt_program *program, const json_t *value)
{
    return program->slots[json_integer_value(json_object_get(value, "s"))].tensor.shape;
}

static uint64_t attention_macs(const tt_program *program, const tt_call *call)
{
    const shape q = shape_of(program, json_array_get(call->args, 0));
    const shape k = shape_of(program, json_array_get(call->args, 1));
    const bool causal = json_is_true(json_object_get(call->kwargs, "is_causal"));
    return elements(q) * whole_tiles(k.dim[2]) * (causal ? 1 : 2);
}

static uint64_t convolution_macs(const tt_program *program, const tt_call *call)
{
    const json_t *weight = json_object_get(call->kwargs, "weight_tensor");
    const int slot = (int)json_integer_value(json_object_get(weight, "s"));
    const shape prepared = device_plan_tensor(program, slot).shape;
    const json_t *made = json_array_get(call->out, 0);
    return elements(program->slots[json_integer_value(made)].tensor.shape) * prepared.dim[2];
}

static uint64_t product_macs(const tt_program *program, const tt_call *call)
{
    const shape x = shape_of(program, json_array_get(call->args, 0));
    return elements(program->slots[json_integer_value(call->out)].tensor.shape) *
           whole_tiles(x.dim[3]);
}

static uint64_t count_macs(const tt_program *program, const tt_call *call)
{
    const char *function = call->function;
    if (strcmp(function, "conv2d") == 0) return convolution_macs(program, call);
    if (strcmp(function, "linear") == 0 || strcmp(function, "matmul") == 0)
        return product_macs(program, call);
    if (strcmp(function, "transformer.scaled_dot_product_attention") == 0)
        return attention_macs(program, call);
    return 0;
}

/* ---- time --------------------------------------------------------------------------------------------- */

static double greatest(double a, double b, double c)
{
    const double of_two = a > b ? a : b;
    return of_two > c ? of_two : c;
}

forecast forecast_call(const tt_program *program, const tt_call *call, const forecast_chip *chip)
{
    static const double passes[TT_FIDELITIES] = {
        [TT_LOFI] = 1, [TT_HIFI2] = 2, [TT_HIFI3] = 3, [TT_HIFI4] = 4};
    const tt_component component = tt_component_of(program->graph->name);
    const tt_fidelity fidelity = program->settings.component[component].fidelity;
    forecast of = {0};
    if (!forecast_launches(program, call)) return of;
    of.macs = count_macs(program, call);
    count_traffic(&of, program, call);
    of.compute_seconds = (double)of.macs * passes[fidelity] / chip->macs;
    of.dram_seconds = (double)of.dram_bytes / chip->dram_bytes;
    of.l1_seconds = (double)of.l1_bytes / chip->l1_bytes;
    of.seconds = greatest(of.compute_seconds, of.dram_seconds, of.l1_seconds);
    return of;
}

void forecast_add(forecast *sum, const forecast *one)
{
    sum->macs += one->macs;
    sum->dram_bytes += one->dram_bytes;
    sum->l1_bytes += one->l1_bytes;
    sum->compute_seconds += one->compute_seconds;
    sum->dram_seconds += one->dram_seconds;
    sum->l1_seconds += one->l1_seconds;
    sum->seconds += one->seconds;
}
