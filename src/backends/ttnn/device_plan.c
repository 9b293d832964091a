/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/ttnn/device_plan.h"

#include "base/memory.h"
#include "base/sizes.h"

/* 12 channels of 1 GiB and 64 (N150: 72) cores of 1.5 MB, less what ttnn keeps, as 0.81.1 reports them. */
const device_memory device_wormhole = {
    .dram_banks = 12,
    .dram_bank_bytes = 1072693184,
    .l1_banks = 64,
    .l1_bank_bytes = 1393312,
};

enum { PAGE_ALIGNMENT = 32 };

size_t device_bank_bytes(const tt_tensor *of, size_t n_banks)
{
    const size_t bytes = tt_tensor_bytes(of);
    if (tt_is_sharded(of)) return bytes / (of->grid.rows * of->grid.columns);
    size_t page = of->type == TT_BFLOAT16 ? 2048 : of->type == TT_BFLOAT8_B ? 1088 : 4096;
    if (of->layout == TT_ROW_MAJOR) page = bytes / shape_rows(of->shape);
    return ceil_div(bytes / page, n_banks) * ceil_div(page, PAGE_ALIGNMENT) * PAGE_ALIGNMENT;
}

/* ---- weights ----------------------------------------------------------------------------------------- */

/* The matrix that conv2d makes of [out, in, k, k]: a row for each tap and channel. Channels that fill no tile are
 * padded to 8, and then each row of the kernel to tiles. */
static shape conv_matrix(shape of)
{
    const size_t in = of.dim[1];
    const size_t kernel = of.dim[2];
    const size_t rows = in % TT_TILE_SIDE == 0 ? kernel * kernel * in
                                               : kernel * tt_round_up(kernel * ceil_div(in, 8) * 8);
    return shape_4(1, 1, rows, of.dim[0]);
}

/* The same in shards on a grid of 7 or 8 columns, which depends on the image: each row of the kernel, and the
 * channels that come out, are filled up to as many tiles for every column. */
static shape sharded_matrix(shape of)
{
    shape matrix = conv_matrix(of);
    const size_t kernel = of.dim[2];
    const size_t tiles = ceil_div(matrix.dim[2] / kernel, TT_TILE_SIDE);
    const size_t across = ceil_div(matrix.dim[3], TT_TILE_SIDE);
    matrix.dim[2] = kernel * larger(ceil_div(tiles, 7) * 7, ceil_div(tiles, 8) * 8) * TT_TILE_SIDE;
    matrix.dim[3] = larger(ceil_div(across, 7) * 7, ceil_div(across, 8) * 8) * TT_TILE_SIDE;
    return matrix;
}

static const tt_weight *weight_in(const tt_program *program, int slot)
{
    const tt_weight *weight = program->weights;
    while (weight->slot != slot) weight++;
    return weight;
}

/* Of a convolution; its bias is prepared, too. */
static bool is_kernel(const tt_program *program, const tt_weight *weight)
{
    return program->graph->weights[weight->recipe.source[0]].shape.rank == 4;
}

tt_tensor device_plan_tensor(const tt_program *program, int slot)
{
    tt_tensor tensor = program->slots[slot].tensor;
    if (tensor.memory != TT_HOST) return tensor;
    if (is_kernel(program, weight_in(program, slot))) tensor.shape = conv_matrix(tensor.shape);
    tensor.type = program->settings.component[tt_component_of(program->graph->name)].weights;
    tensor.layout = TT_TILE;
    tensor.memory = TT_DRAM;
    return tensor;
}

/* Adds what a weight takes, once conv2d has replaced its own. */
static void add_weight(const tt_program *program,
                       const tt_weight *weight,
                       const device_memory *memory,
                       device_plan *plan)
{
    const tt_tensor *uploaded = &program->slots[weight->slot].tensor;
    tt_tensor tensor = device_plan_tensor(program, weight->slot);
    const size_t bytes = device_bank_bytes(&tensor, memory->dram_banks) * memory->dram_banks;
    plan->weights += bytes;
    if (uploaded->memory != TT_HOST) return;
    tensor.shape = sharded_matrix(is_kernel(program, weight)
                                      ? uploaded->shape
                                      : shape_4(uploaded->shape.dim[3], TT_TILE_SIDE, 1, 1));
    plan->padding += device_bank_bytes(&tensor, memory->dram_banks) * memory->dram_banks - bytes;
}

/* ---- values ------------------------------------------------------------------------------------------- */

/* One kind of memory while the body runs. */
typedef struct usage {
    const tt_program *program;
    tt_memory kind;
    size_t n_banks;
    int *holders; /* per slot: living slots that share its memory */
    size_t now, most;
    int fullest;
} usage;

static size_t bytes_of(const usage *in, int slot)
{
    const tt_tensor *tensor = &in->program->slots[slot].tensor;
    return tensor->memory == in->kind ? device_bank_bytes(tensor, in->n_banks) : 0;
}

static bool is_value(const usage *in, int slot)
{
    return in->program->slots[slot].kind == TT_SLOT_VALUE;
}

static void hold(usage *in, int slot)
{
    const int storage = in->program->slots[slot].storage;
    if (is_value(in, storage) && in->holders[storage]++ == 0) in->now += bytes_of(in, storage);
}

static void let_go(usage *in, int slot)
{
    const int storage = in->program->slots[slot].storage;
    if (is_value(in, storage) && --in->holders[storage] == 0) in->now -= bytes_of(in, storage);
}

static void hold_out(usage *in, const json_t *out)
{
    if (json_is_integer(out) && is_value(in, (int)json_integer_value(out)))
        hold(in, (int)json_integer_value(out));
    for (size_t i = 0; i < json_array_size(out); i++) hold_out(in, json_array_get(out, i));
}

/* The last run's outputs, which a new one replaces when it has made its own. */
static size_t old_outputs(const usage *in, int made_by)
{
    size_t bytes = 0;
    for (int i = 0; i < in->program->n_outputs; i++) {
        const tt_output *output = &in->program->outputs[i];
        if (output->call >= made_by)
            bytes += bytes_of(in, in->program->slots[output->slot].storage);
    }
    return bytes;
}

static void walk(usage *in)
{
    for (int i = 0; i < in->program->n_body; i++) {
        const tt_call *call = &in->program->body[i];
        hold_out(in, call->out);
        const size_t now = in->now + old_outputs(in, i);
        if (now > in->most) {
            in->most = now;
            in->fullest = i;
        }
        for (int k = 0; k < call->n_drop; k++) let_go(in, call->drop[k]);
    }
}

sd14_status device_plan_make(const tt_program *program,
                             const device_memory *memory,
                             device_plan *out_plan,
                             sd14_error *error)
{
    const size_t n_slots = (size_t)program->n_slots;
    usage dram = {.program = program, .kind = TT_DRAM, .n_banks = memory->dram_banks};
    usage l1 = {.program = program, .kind = TT_L1, .n_banks = memory->l1_banks};
    dram.holders = mem_array(n_slots, sizeof(*dram.holders));
    l1.holders = mem_array(n_slots, sizeof(*l1.holders));
    const bool enough = dram.holders != NULL && l1.holders != NULL;
    if (enough) {
        walk(&dram);
        walk(&l1);
    }
    mem_free(dram.holders);
    mem_free(l1.holders);
    if (!enough) FAIL_NO_MEMORY(error, "the device's memory plan");

    device_plan made = {
        .values = dram.most * memory->dram_banks, .fullest = dram.fullest, .l1_values = l1.most};
    for (int i = 0; i < program->n_weights; i++)
        add_weight(program, &program->weights[i], memory, &made);
    for (int i = 0; i < program->n_inputs; i++) {
        const tt_tensor *input = &program->slots[program->inputs[i].slot].tensor;
        made.inputs += device_bank_bytes(input, memory->dram_banks) * memory->dram_banks;
    }
    *out_plan = made;
    return SD14_OK;
}

/* ---- what fits ------------------------------------------------------------------------------------------- */

size_t
device_plan_l1_left(const device_plan *plan, const device_memory *memory, size_t l1_small_size)
{
    const size_t used = plan->l1_values + l1_small_size;
    return used < memory->l1_bank_bytes ? memory->l1_bank_bytes - used : 0;
}

sd14_status device_plan_check(const device_plan *plans,
                              const char *const *names,
                              int n_plans,
                              const device_memory *memory,
                              sd14_error *error)
{
    const size_t there = memory->dram_banks * memory->dram_bank_bytes;
    size_t stays = 0;
    int fullest = 0;
    for (int i = 0; i < n_plans; i++) {
        stays += plans[i].weights + plans[i].padding + plans[i].inputs;
        if (plans[i].values > plans[fullest].values) fullest = i;
    }
    if (n_plans == 0 || stays + plans[fullest].values <= there) return SD14_OK;
    FAIL(error, DEVICE,
         "the device has %zu MiB of memory; weights and inputs take %zu MiB and the values of %s "
         "%zu MiB; use bfloat8_b or a smaller size",
         there >> 20, stays >> 20, names[fullest], plans[fullest].values >> 20);
}
