/* SPDX-License-Identifier: Apache-2.0 */

/* Slots and calls: the program grows here, one ttnn function per C function. */
#include <stdio.h>
#include <string.h>

#include "backends/ttnn/lower.h"
#include "base/memory.h"

void lower_fail(lowering *l, sd14_status status, const char *format, ...)
{
    if (l->status != SD14_OK) return;
    char text[256];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    const char *node = l->node == GRAPH_NONE ? l->graph->name : l->graph->nodes[l->node].name;
    l->status = error_set(l->error, status, "%s: %s", node, text);
}

static void no_memory(lowering *l)
{
    lower_fail(l, SD14_ERROR_OUT_OF_MEMORY, "not enough memory for the device's program");
}

/* Room for one element more in one of the program's lists: whether there is. */
static bool grow(lowering *l, void **list, int count, int *capacity, size_t bytes)
{
    if (l->status != SD14_OK) return false;
    if (count < *capacity) return true;
    const int larger = *capacity == 0 ? 256 : 2 * *capacity;
    void *made = mem_resize(*list, (size_t)larger, bytes);
    if (made == NULL) {
        no_memory(l);
        return false;
    }
    *list = made;
    *capacity = larger;
    return true;
}

#define GROW(l, list, count, capacity)                                                             \
    grow((l), (void **)&(l)->program->list, (l)->program->count, &(l)->capacity,                   \
         sizeof(*(l)->program->list))

/* ---- slots ---------------------------------------------------------------------------------------- */

int lower_slot(lowering *l, tt_slot_kind kind, tt_tensor tensor)
{
    if (!GROW(l, slots, n_slots, capacity_slots)) return TT_NO_SLOT;
    const int made = l->program->n_slots++;
    l->program->slots[made] = (tt_slot){.kind = kind, .tensor = tensor, .storage = made};
    return made;
}

tt_tensor lower_tensor(const lowering *l, int slot)
{
    return slot < 0 ? (tt_tensor){.shape = {.rank = 4}} : l->program->slots[slot].tensor;
}

int lower_input(lowering *l, const tt_input *input)
{
    if (!GROW(l, inputs, n_inputs, capacity_inputs)) return TT_NO_SLOT;
    tt_tensor on_chip = input->tensor;
    if (input->shard >= 0) on_chip.shape.dim[input->shard] /= (size_t)l->program->settings.chips;
    tt_input *made = &l->program->inputs[l->program->n_inputs++];
    *made = *input;
    made->slot = lower_slot(l, TT_SLOT_INPUT, on_chip);
    return made->slot;
}

/* Takes over `key`. */
static int keyed_weight(lowering *l, const weight_recipe *recipe, char *key, tt_tensor tensor)
{
    if (key == NULL) no_memory(l);
    for (int i = 0; key != NULL && i < l->program->n_weights; i++) {
        if (strcmp(l->program->weights[i].key, key) == 0) {
            mem_free(key);
            return l->program->weights[i].slot;
        }
    }
    if (!GROW(l, weights, n_weights, capacity_weights)) {
        mem_free(key);
        return TT_NO_SLOT;
    }
    const int slot = lower_slot(l, TT_SLOT_WEIGHT, tensor);
    l->program->weights[l->program->n_weights++] =
        (tt_weight){.key = key, .slot = slot, .recipe = *recipe};
    return slot;
}

/* The recipe's key and how the device holds it; the caller's. */
static char *
device_key(const lowering *l, const weight_recipe *recipe, tt_dtype type, const char *held)
{
    char *recipe_key = weight_recipe_key(recipe, l->graph);
    if (recipe_key == NULL) return NULL;
    const size_t bytes = strlen(recipe_key) + strlen(held) + 24;
    char *key = mem_array(bytes, 1);
    if (key != NULL) {
        (void)snprintf(key, bytes, "%s %s %s", recipe_key, tt_dtype_names[type], held);
    }
    mem_free(recipe_key);
    return key;
}

int lower_weight(lowering *l, const weight_recipe *recipe, tt_dtype type, tt_layout layout)
{
    if (l->status != SD14_OK) return TT_NO_SLOT;
    const tt_tensor tensor = {
        .type = type, .layout = layout, .memory = TT_DRAM, .shape = recipe->to};
    return keyed_weight(
        l, recipe, device_key(l, recipe, type, layout == TT_TILE ? "tile" : "row major"), tensor);
}

int lower_conv_weight(lowering *l, const weight_recipe *recipe, const char *geometry)
{
    if (l->status != SD14_OK) return TT_NO_SLOT;
    /* bfloat8_b needs tiles, which conv2d makes of it: until then the host has float32. */
    const tt_dtype wanted = l->settings->weights;
    const tt_tensor tensor = {.type = wanted == TT_BFLOAT8_B ? TT_FLOAT32 : wanted,
                              .layout = TT_ROW_MAJOR,
                              .memory = TT_HOST,
                              .shape = recipe->to};
    return keyed_weight(l, recipe, device_key(l, recipe, wanted, geometry), tensor);
}

void lower_shard_weight(lowering *l, int slot, tt_grid grid)
{
    for (int i = 0; i < l->program->n_weights; i++) {
        tt_weight *weight = &l->program->weights[i];
        if (weight->slot != slot) continue;
        const size_t bytes = strlen(weight->key) + 64;
        char *key = mem_array(bytes, 1);
        if (key == NULL) {
            no_memory(l);
            return;
        }
        (void)snprintf(key, bytes, "%s on %zux%zu cores", weight->key, grid.rows, grid.columns);
        mem_free(weight->key);
        weight->key = key;
    }
}

/* ---- calls ------------------------------------------------------------------------------------------ */

json_t *arg_slot(int slot)
{
    return json_pack("{s:i}", "s", slot);
}

json_t *arg_name(const char *name)
{
    return json_pack("{s:s}", "t", name);
}

json_t *arg_sizes(const size_t *values, int n)
{
    json_t *list = json_array();
    for (int i = 0; i < n; i++)
        (void)json_array_append_new(list, json_integer((json_int_t)values[i]));
    return list;
}

json_t *arg_tuple(const size_t *values, int n)
{
    return json_pack("{s:o}", "tuple", arg_sizes(values, n));
}

static void call_into(lowering *l, tt_call *calls, int *n_calls, tt_call call)
{
    if (call.args == NULL || call.kwargs == NULL || call.out == NULL) no_memory(l);
    if (l->status == SD14_OK) {
        calls[(*n_calls)++] = call;
        return;
    }
    json_decref(call.args);
    json_decref(call.kwargs);
    json_decref(call.out);
}

void lower_append(lowering *l, tt_call call)
{
    (void)GROW(l, body, n_body, capacity_body);
    call_into(l, l->program->body, &l->program->n_body, call);
}

void lower_call(lowering *l, const char *function, json_t *args, json_t *kwargs, json_t *out)
{
    lower_append(
        l, (tt_call){
               .function = function, .args = args, .kwargs = kwargs, .out = out, .node = l->node});
}

int lower_object(lowering *l, const char *function, json_t *kwargs)
{
    const int slot = lower_slot(l, TT_SLOT_OBJECT, (tt_tensor){.shape = {.rank = 4}});
    const tt_call call = {.function = function,
                          .args = json_array(),
                          .kwargs = kwargs,
                          .out = json_integer(slot),
                          .node = GRAPH_NONE};
    (void)GROW(l, setup, n_setup, capacity_setup);
    call_into(l, l->program->setup, &l->program->n_setup, call);
    return slot;
}

json_t *arg_memory(tt_memory memory)
{
    return arg_name(memory == TT_L1 ? "L1_MEMORY_CONFIG" : "DRAM_MEMORY_CONFIG");
}

int lower_make(lowering *l, const char *function, json_t *args, json_t *kwargs, tt_tensor result)
{
    result.memory = TT_DRAM; /* lower_shard() and lower_place() may move it */
    result.grid = (tt_grid){0};
    const int slot = lower_slot(l, TT_SLOT_VALUE, result);
    (void)json_object_set_new(kwargs, "memory_config", arg_memory(result.memory));
    lower_call(l, function, args, kwargs, json_integer(slot));
    return slot;
}

static json_t *args_1(int x)
{
    return json_pack("[o]", arg_slot(x));
}

int lower_unary(lowering *l, const char *function, int x)
{
    return lower_make(l, function, args_1(x), json_object(), lower_tensor(l, x));
}

int lower_binary(lowering *l, const char *function, int a, int b)
{
    return lower_make(l, function, json_pack("[o,o]", arg_slot(a), arg_slot(b)), json_object(),
                      lower_tensor(l, a));
}

int lower_scalar(lowering *l, const char *function, int x, double value)
{
    return lower_make(l, function, json_pack("[o,f]", arg_slot(x), value), json_object(),
                      lower_tensor(l, x));
}

/* Whether the rows of a tile tensor stay where they are: ttnn then gives the same memory another shape. */
static bool reshape_is_view(const tt_tensor *from, shape to)
{
    if (shape_last(from->shape) != to.dim[3]) return false;
    const size_t rows = from->shape.dim[from->shape.rank - 2];
    return from->layout == TT_ROW_MAJOR || rows == to.dim[2] ||
           (rows % TT_TILE_SIDE == 0 && to.dim[2] % TT_TILE_SIDE == 0);
}

int lower_reshape(lowering *l, int x, shape to)
{
    tt_tensor result = lower_tensor(l, x);
    if (x < 0 || shape_equal(result.shape, to)) return x;
    const bool is_view = reshape_is_view(&result, to);
    result.shape = to;
    json_t *args = json_pack("[o,o]", arg_slot(x), arg_tuple(to.dim, 4));
    const int made = lower_slot(l, TT_SLOT_VALUE, result);
    lower_call(l, "reshape", args, json_object(), json_integer(made));
    if (made >= 0 && is_view) l->program->slots[made].storage = l->program->slots[x].storage;
    return made;
}

int lower_layout(lowering *l, int x, tt_layout layout)
{
    tt_tensor result = lower_tensor(l, x);
    if (result.layout == layout) return x;
    result.layout = layout;
    if (layout == TT_ROW_MAJOR && result.type == TT_BFLOAT8_B) result.type = TT_BFLOAT16;
    const char *name = layout == TT_TILE ? "TILE_LAYOUT" : "ROW_MAJOR_LAYOUT";
    return lower_make(l, "to_layout", json_pack("[o,o]", arg_slot(x), arg_name(name)),
                      json_object(), result);
}

int lower_typecast(lowering *l, int x, tt_dtype type)
{
    tt_tensor result = lower_tensor(l, x);
    if (result.type == type) return x;
    result.type = type;
    return lower_make(l, "typecast",
                      json_pack("[o,o]", arg_slot(x), arg_name(tt_dtype_names[type])),
                      json_object(), result);
}

int lower_slice(lowering *l, int x, int axis, size_t first, size_t count)
{
    tt_tensor result = lower_tensor(l, x);
    if (result.shape.dim[axis] == count) return x;
    size_t begin[4] = {0};
    size_t end[4];
    memcpy(end, result.shape.dim, sizeof(end));
    begin[axis] = first;
    end[axis] = first + count;
    result.shape.dim[axis] = count;
    return lower_make(l, "slice",
                      json_pack("[o,o,o]", arg_slot(x), arg_sizes(begin, 4), arg_sizes(end, 4)),
                      json_object(), result);
}

/* Whether the last tile of the axis has room: ttnn then writes the zeros where the tensor is. */
static bool pad_is_in_place(const tt_tensor *from, int axis, size_t to)
{
    return axis >= 2 && from->layout == TT_TILE &&
           tt_round_up(from->shape.dim[axis]) == tt_round_up(to);
}

int lower_pad(lowering *l, int x, int axis, size_t to)
{
    tt_tensor result = lower_tensor(l, x);
    if (result.shape.dim[axis] == to) return x;
    const bool in_place = pad_is_in_place(&result, axis, to);
    json_t *amounts = json_array();
    for (int i = 0; i < 4; i++) {
        const size_t pair[2] = {0, i == axis ? to - result.shape.dim[axis] : 0};
        (void)json_array_append_new(amounts, arg_tuple(pair, 2));
    }
    result.shape.dim[axis] = to;
    const int made = lower_make(l, "pad", json_pack("[o,o,f]", arg_slot(x), amounts, 0.0),
                                json_object(), result);
    if (made >= 0 && in_place) l->program->slots[made].storage = l->program->slots[x].storage;
    return made;
}

int lower_concat(lowering *l, int a, int b, int axis)
{
    tt_tensor result = lower_tensor(l, a);
    result.shape.dim[axis] += lower_tensor(l, b).shape.dim[axis];
    return lower_make(l, "concat", json_pack("[[o,o]]", arg_slot(a), arg_slot(b)),
                      json_pack("{s:i}", "dim", axis), result);
}

int lower_swap_heads(lowering *l, int x)
{
    static const size_t order[4] = {0, 2, 1, 3};
    tt_tensor result = lower_tensor(l, x);
    const size_t first = result.shape.dim[1];
    result.shape.dim[1] = result.shape.dim[2];
    result.shape.dim[2] = first;
    return lower_make(l, "permute", json_pack("[o,o]", arg_slot(x), arg_tuple(order, 4)),
                      json_object(), result);
}

int lower_product(lowering *l, int x, int weight, int bias, const char *activation)
{
    tt_tensor result = lower_tensor(l, x);
    result.type = l->settings->activations;
    result.shape.dim[3] = lower_tensor(l, weight).shape.dim[3];
    json_t *kwargs = json_pack("{s:o, s:o}", "dtype", arg_name(tt_dtype_names[result.type]),
                               "compute_kernel_config", arg_slot(l->kernel_config));
    if (bias >= 0) (void)json_object_set_new(kwargs, "bias", arg_slot(bias));
    if (activation != NULL)
        (void)json_object_set_new(kwargs, "activation", json_string(activation));
    return lower_make(l, "linear", json_pack("[o,o]", arg_slot(x), arg_slot(weight)), kwargs,
                      result);
}
