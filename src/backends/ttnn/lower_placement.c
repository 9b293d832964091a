/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Which values live in the cores' L1 instead of DRAM: small ones that are soon read for the last time. They are
 * interleaved over all cores and share L1 with what each function needs while it runs, so only a part of it is
 * given away; skips of the UNet, which wait for long, stay in DRAM.
 */
#include <limits.h>
#include <string.h>

#include "backends/ttnn/device_plan.h"
#include "backends/ttnn/lower.h"
#include "base/memory.h"

enum {
    CORE_BYTES_MAX = 192 * 1024,        /* of each core, all interleaved values together */
    WITH_SHARDS_BYTES_MAX = 448 * 1024, /* and those in shards */
    CALLS_MAX = 16, /* from the call that makes a value to the one that drops it */
    STAYS = INT_MAX /* where such a call would be numbered: in DRAM, for good */
};

typedef struct placing {
    tt_program *program;
    int *last;   /* per slot: the last call that its memory is held for */
    size_t used; /* of each core, interleaved */
    size_t in_shards;
} placing;

static void find_ends(const placing *p)
{
    for (int i = 0; i < p->program->n_slots; i++) p->last[i] = -1;
    for (int i = 0; i < p->program->n_body; i++) {
        const tt_call *call = &p->program->body[i];
        for (int k = 0; k < call->n_drop; k++)
            p->last[p->program->slots[call->drop[k]].storage] = i;
    }
    for (int i = 0; i < p->program->n_outputs; i++)
        p->last[p->program->slots[p->program->outputs[i].slot].storage] = STAYS;
    for (int i = 0; i < p->program->n_taps; i++)
        p->last[p->program->slots[p->program->taps[i].slot].storage] = STAYS;
}

static int storage_read(const placing *p, const json_t *value)
{
    return p->program->slots[json_integer_value(json_object_get(value, "s"))].storage;
}

/* conv2d cuts an image in DRAM into slices that fit, one in L1 it does not; group_norm of ttnn 0.75 finds a grid of
 * cores only for DRAM. Both decide by themselves where they work. */
static bool wants_dram(const tt_call *call)
{
    return strcmp(call->function, "conv2d") == 0 || strcmp(call->function, "group_norm") == 0;
}

static bool shares_memory(const placing *p, const tt_call *call)
{
    const json_int_t made = json_integer_value(call->out);
    return json_is_integer(call->out) && p->program->slots[made].storage != made;
}

/* Backwards: what a reshape copies is where its source is. */
static void keep_images(const placing *p)
{
    for (int i = p->program->n_body - 1; i >= 0; i--) {
        const tt_call *call = &p->program->body[i];
        const bool reshapes = strcmp(call->function, "reshape") == 0;
        const json_t *source = json_object_get(call->kwargs, "input_tensor");
        if (source == NULL) source = json_array_get(call->args, 0);
        if (tt_is_sharded(&p->program->slots[storage_read(p, source)].tensor)) continue;
        if (wants_dram(call) || (shares_memory(p, call) && !reshapes))
            p->last[storage_read(p, source)] = STAYS;
        if (!reshapes) continue;
        const int from = storage_read(p, source);
        const int made = p->program->slots[json_integer_value(call->out)].storage;
        if (p->last[made] > p->last[from]) p->last[from] = p->last[made];
    }
}

/* Adds up what a call makes: a core's bytes and the last of its ends. */
static void add_made(const placing *p, const json_t *out, size_t *bytes, int *end)
{
    if (json_is_integer(out)) {
        const json_int_t slot = json_integer_value(out);
        const tt_slot *made = &p->program->slots[slot];
        if (made->kind != TT_SLOT_VALUE) return;
        *bytes += device_bank_bytes(&made->tensor, device_wormhole.l1_banks);
        if (p->last[slot] > *end) *end = p->last[slot];
    }
    for (size_t i = 0; i < json_array_size(out); i++)
        add_made(p, json_array_get(out, i), bytes, end);
}

static void set_memory(const placing *p, const json_t *out)
{
    if (json_is_integer(out)) {
        tt_slot *made = &p->program->slots[json_integer_value(out)];
        if (made->kind == TT_SLOT_VALUE) made->tensor.memory = TT_L1;
    }
    for (size_t i = 0; i < json_array_size(out); i++) set_memory(p, json_array_get(out, i));
}

/* A view is where its source is; so is what reshape copies. */
static void follow_source(const placing *p, const tt_call *call)
{
    const json_t *source = json_object_get(json_array_get(call->args, 0), "s");
    tt_slot *made = &p->program->slots[json_integer_value(call->out)];
    made->tensor.memory = p->program->slots[json_integer_value(source)].tensor.memory;
}

static size_t *taken_by(placing *p, const tt_slot *slot)
{
    return tt_is_sharded(&slot->tensor) ? &p->in_shards : &p->used;
}

/* What is dropped by a call gives its place back after it. */
static void give_back(placing *p, int call)
{
    for (int i = 0; i < p->program->n_slots; i++) {
        const tt_slot *slot = &p->program->slots[i];
        if (slot->kind != TT_SLOT_VALUE || slot->storage != i || p->last[i] != call) continue;
        if (slot->tensor.memory == TT_L1)
            *taken_by(p, slot) -= device_bank_bytes(&slot->tensor, device_wormhole.l1_banks);
    }
}

static bool may_move(const placing *p, const tt_call *call)
{
    /* The links between chips are fed from DRAM. */
    return json_object_get(call->kwargs, "memory_config") != NULL && !wants_dram(call) &&
           !shares_memory(p, call) && strcmp(call->function, "all_gather") != 0;
}

/* lower_shard() has placed what the call makes. */
static bool is_sharded(const placing *p, const tt_call *call)
{
    const json_t *out = json_is_array(call->out) ? json_array_get(call->out, 0) : call->out;
    return json_is_integer(out) &&
           tt_is_sharded(&p->program->slots[json_integer_value(out)].tensor);
}

static bool place(placing *p, int index)
{
    tt_call *call = &p->program->body[index];
    size_t bytes = 0;
    int end = index;
    add_made(p, call->out, &bytes, &end);
    if (is_sharded(p, call)) {
        if (!shares_memory(p, call)) p->in_shards += bytes;
        return true;
    }
    if (strcmp(call->function, "reshape") == 0) {
        follow_source(p, call);
        const json_int_t made = json_integer_value(call->out);
        const tt_slot *slot = &p->program->slots[made];
        if (slot->storage == made && slot->tensor.memory == TT_L1) p->used += bytes;
        return true;
    }
    if (!may_move(p, call) || end - index > CALLS_MAX || p->used + bytes > CORE_BYTES_MAX ||
        p->used + p->in_shards + bytes > WITH_SHARDS_BYTES_MAX)
        return true;
    set_memory(p, call->out);
    p->used += bytes;
    return json_object_set_new(call->kwargs, "memory_config", arg_memory(TT_L1)) == 0;
}

void lower_place(lowering *l)
{
    placing p = {.program = l->program};
    if (l->settings->memory == TT_PLACEMENT_DRAM) return;
    p.last = mem_array((size_t)p.program->n_slots, sizeof(*p.last));
    if (p.last == NULL) {
        lower_fail(l, SD14_ERROR_OUT_OF_MEMORY, "not enough memory for the device's program");
        return;
    }
    find_ends(&p);
    keep_images(&p);
    for (int i = 0; i < p.program->n_body; i++) {
        if (!place(&p, i)) {
            lower_fail(l, SD14_ERROR_OUT_OF_MEMORY, "not enough memory for the device's program");
            break;
        }
        give_back(&p, i);
    }
    mem_free(p.last);
}
