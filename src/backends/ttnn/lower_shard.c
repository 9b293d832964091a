/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Which values stay on the cores between calls, in block shards: every core keeps a block of rows and channels, and
 * a chain of calls works where they lie.
 *
 *     concat ─▶ typecast ─▶ group_norm ─▶ silu ─▶ conv2d ─▶ add ─▶ ...         all in shards
 *     add ──┬─▶ layer_norm ─▶ linear ─▶ (heads, attention: interleaved)
 *           └─▶ to_memory_config ─▶ (skip connection: waits in DRAM)
 *
 * What each function takes and gives is a table. Backwards it is found who would profit from a value's shards;
 * forwards each value that fits beside the others gets them, and where a reader wants the other placement, a copy
 * is made behind the call that makes the value.
 */
#include "backends/ttnn/lower_shard.h"

#include <string.h>

#include "backends/ttnn/device_plan.h"
#include "base/memory.h"

enum { ROOM_ELSEWHERE = 320 }; /* KiB, while a function that knows no shards runs */

static void no_memory(const sharder *s)
{
    lower_fail(s->l, SD14_ERROR_OUT_OF_MEMORY, "not enough memory for the device's program");
}

/* ---- who gets shards --------------------------------------------------------------------------------- */

/* The slot that has a value in shards, or interleaved, if one has. */
static int form_of(const sharder *s, int slot, bool in_shards)
{
    if (slot < 0 || tt_is_sharded(&shard_slot(s, slot)->tensor) == in_shards) return slot;
    return slot < s->n_slots ? s->copy[slot] : TT_NO_SLOT;
}

/* Whether there is room for a value from a call that makes it to its last reader; takes it. */
static bool reserve(const sharder *s, int call, int slot, tt_grid grid)
{
    tt_tensor as = shard_slot(s, slot)->tensor;
    as.grid = grid;
    const size_t bytes = device_bank_bytes(&as, device_wormhole.l1_banks);
    const int end = s->last[slot] > call ? s->last[slot] : call;
    for (int i = call; i <= end; i++) {
        const sharding *rule = shard_rule(&s->calls[i]);
        const size_t room = (rule == NULL ? ROOM_ELSEWHERE : rule->room) << 10;
        if (s->used[i] + bytes > room) return false;
    }
    for (int i = call; i <= end; i++) s->used[i] += bytes;
    return true;
}

static void release(const sharder *s, int call, int slot, tt_grid grid)
{
    tt_tensor as = shard_slot(s, slot)->tensor;
    as.grid = grid;
    const int end = s->last[slot] > call ? s->last[slot] : call;
    for (int i = call; i <= end; i++)
        s->used[i] -= device_bank_bytes(&as, device_wormhole.l1_banks);
}

static size_t items_of(const sharder *s, int call)
{
    return lower_shape(s->l, s->calls[call].node).dim[0];
}

static tt_grid image_grid(const sharder *s, int call, int slot)
{
    return lower_grid(s->l, &shard_slot(s, slot)->tensor, items_of(s, call));
}

/* The cores that a call could give its result on, its source being on those `from`; no rows: none. */
static tt_grid grid_for(const sharder *s, int call, const sharding *rule, tt_grid from)
{
    const int made = shard_result(&s->calls[call]);
    const tt_grid own = image_grid(s, call, made);
    const size_t channels = shape_last(shard_slot(s, made)->tensor.shape);
    const bool follows = from.rows != 0 && channels % (from.columns * TT_TILE_SIDE) == 0;
    if (!s->wants[made]) return (tt_grid){0};
    switch (rule->result) {
    case RESULT_FOLLOWS:
        return follows ? from : (tt_grid){0};
    case RESULT_KEEPS:
        return from.rows == own.rows && from.columns == own.columns ? own : (tt_grid){0};
    case RESULT_CONVOLVES:
        return from.rows != 0 ? own : (tt_grid){0};
    case RESULT_GATHERS:
        return s->seeks[made] ? own : (tt_grid){0};
    default:
        return follows ? from : own;
    }
}

static void set(const sharder *s, json_t *of, const char *key, json_t *value)
{
    if (json_object_set_new(of, key, value) != 0) no_memory(s);
}

/* A copy behind the call that makes the value: to shards with a grid, else from them. */
static void copy(sharder *s, int slot, tt_grid grid)
{
    tt_tensor tensor = shard_slot(s, slot)->tensor;
    json_t *args = json_pack("[o]", arg_slot(slot));
    const int made = lower_make(s->l, "to_memory_config", args, json_object(), tensor);
    if (s->l->status != SD14_OK) return;
    s->copy[slot] = made;
    if (grid.rows == 0) return;
    tt_tensor *copied = &shard_slot(s, made)->tensor;
    copied->memory = TT_L1;
    copied->grid = grid;
    tensor = *copied;
    const tt_program *program = s->l->program;
    json_t *kwargs = program->body[program->n_body - 1].kwargs;
    set(s, kwargs, "memory_config", lower_shards(s->l, &tensor));
}

/* ---- rewriting ---------------------------------------------------------------------------------------- */

/* An argument's slot becomes that of the form that is taken. */
static void replace(sharder *s, json_t *value, int call, bool takes)
{
    const int slot = shard_slot_in(value);
    if (!takes && form_of(s, slot, false) == TT_NO_SLOT) copy(s, slot, (tt_grid){0});
    const int found = form_of(s, slot, takes);
    if (found >= 0) set(s, value, "s", json_integer(found));
    (void)call;
}

/* A view shares the memory of the form that it now has for its source. */
static void share(const sharder *s, const tt_call *of)
{
    const int made = shard_result(of);
    const int source = shard_source(of);
    if (made >= 0 && source >= 0 && shard_is_view(s, made))
        shard_slot(s, made)->storage = shard_slot(s, source)->storage;
}

static void set_shards(const sharder *s, int call, tt_grid grid)
{
    tt_call *of = &s->calls[call];
    tt_slot *made = shard_slot(s, shard_result(of));
    made->tensor.memory = TT_L1;
    made->tensor.grid = grid;
    if (shard_is_view(s, shard_result(of))) return;
    const tt_tensor tensor = made->tensor;
    set(s, of->kwargs, "memory_config", lower_shards(s->l, &tensor));
    if (strcmp(of->function, "group_norm") == 0)
        set(s, of->kwargs, "core_grid", lower_core_grid(s->l, grid));
}

/* conv2d works otherwise on an image in shards, and prepares its weights for that. */
static void convolve_shards(const sharder *s, const tt_call *of)
{
    if (strcmp(of->function, "conv2d") != 0) return;
    const tt_grid grid = shard_slot(s, shard_source(of))->tensor.grid;
    if (grid.rows == 0) return;
    set(s, of->kwargs, "conv_config", lower_shard_conv_config(s->l));
    lower_shard_weight(s->l, shard_slot_in(json_object_get(of->kwargs, "weight_tensor")), grid);
    lower_shard_weight(s->l, shard_slot_in(json_object_get(of->kwargs, "bias_tensor")), grid);
}

static bool
gets_shards(const sharder *s, int call, const sharding *rule, tt_grid from, tt_grid *out_grid)
{
    const int made = shard_result(&s->calls[call]);
    if (rule == NULL || made < 0 || shard_slot(s, made)->kind != TT_SLOT_VALUE) return false;
    *out_grid = grid_for(s, call, rule, from);
    if (out_grid->rows == 0) return false;
    return shard_is_view(s, made) || reserve(s, call, made, *out_grid);
}

/* Moves an interleaved source to shards, if that is worth it: the cores that it is then on. */
static tt_grid move_source(sharder *s, int call, const sharding *rule)
{
    const int source = shard_source(&s->calls[call]);
    const int made = shard_result(&s->calls[call]);
    const bool found = source >= 0 && shard_slot(s, source)->kind == TT_SLOT_VALUE;
    if (!found || !shard_takes(s, &s->calls[call], rule)) return (tt_grid){0};
    const int there = form_of(s, source, true);
    if (there >= 0) return shard_slot(s, there)->tensor.grid;
    if (!shard_seeks_source(s, rule, made)) return (tt_grid){0};
    const tt_grid grid = image_grid(s, call, source);
    if (grid.rows == 0 || !reserve(s, call, source, grid)) return (tt_grid){0};
    tt_grid result;
    const bool serves = gets_shards(s, call, rule, grid, &result);
    if (serves && !shard_is_view(s, made)) release(s, call, made, result);
    if (serves || rule->gives_plain) {
        copy(s, source, grid);
        return grid;
    }
    release(s, call, source, grid);
    return (tt_grid){0};
}

static void rewrite(sharder *s, int call)
{
    tt_call *of = &s->calls[call];
    const sharding *rule = shard_rule(of);
    tt_grid grid = {0};
    s->l->node = of->node;
    const tt_grid from = move_source(s, call, rule);
    const bool sharded = gets_shards(s, call, rule, from, &grid);
    const bool takes = shard_takes(s, of, rule) && (sharded || rule->gives_plain);
    shard_visit(s, call, takes, replace);
    share(s, of);
    if (sharded) set_shards(s, call, grid);
    convolve_shards(s, of);
    const int made = shard_result(of);
    s->moved[call] = s->l->program->n_body;
    lower_append(s->l, *of);
    if (sharded && s->plain[made]) copy(s, made, (tt_grid){0});
}

static void rewrite_all(sharder *s)
{
    tt_program *program = s->l->program;
    program->body = NULL;
    program->n_body = s->l->capacity_body = 0;
    for (int i = 0; i < program->n_outputs; i++) { /* they stay after the run */
        s->wants[program->outputs[i].slot] = false;
        s->seeks[program->outputs[i].slot] = false;
    }
    for (int i = 0; i < s->n_calls; i++) rewrite(s, i);
    for (int i = 0; i < program->n_outputs; i++) {
        tt_output *output = &program->outputs[i];
        if (output->call >= 0) output->call = s->moved[output->call];
    }
    for (int i = 0; i < program->n_taps; i++) {
        tt_output *tap = &program->taps[i];
        if (tap->call >= 0) tap->call = s->moved[tap->call];
    }
}

static bool make_room(sharder *s)
{
    const size_t n_slots = (size_t)s->n_slots;
    const size_t n_calls = (size_t)s->n_calls;
    s->moved = mem_array(n_calls, sizeof(*s->moved));
    s->used = mem_array(n_calls, sizeof(*s->used));
    s->last = mem_array(n_slots, sizeof(*s->last));
    s->copy = mem_array(n_slots, sizeof(*s->copy));
    s->wants = mem_array(n_slots, sizeof(*s->wants));
    s->seeks = mem_array(n_slots, sizeof(*s->seeks));
    s->plain = mem_array(n_slots, sizeof(*s->plain));
    return s->moved != NULL && s->used != NULL && s->last != NULL && s->copy != NULL &&
           s->wants != NULL && s->seeks != NULL && s->plain != NULL;
}

static void give_back(const sharder *s)
{
    mem_free(s->moved);
    mem_free(s->used);
    mem_free(s->last);
    mem_free(s->copy);
    mem_free(s->wants);
    mem_free(s->seeks);
    mem_free(s->plain);
}

void lower_shard(lowering *l)
{
    if (l->settings->memory != TT_PLACEMENT_SHARDED || l->status != SD14_OK) return;
    sharder s = {.l = l,
                 .calls = l->program->body,
                 .n_calls = l->program->n_body,
                 .n_slots = l->program->n_slots};
    if (make_room(&s)) {
        for (int i = 0; i < s.n_slots; i++) s.last[i] = s.copy[i] = TT_NO_SLOT;
        for (int i = s.n_calls - 1; i >= 0; i--) shard_wish(&s, i);
        rewrite_all(&s);
        mem_free(s.calls);
    } else {
        no_memory(&s);
    }
    give_back(&s);
}
