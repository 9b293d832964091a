/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/ttnn/ttnn_program.h"

#include "base/memory.h"

static void calls_destroy(tt_call *calls, int n_calls)
{
    for (int i = 0; i < n_calls; i++) {
        json_decref(calls[i].args);
        json_decref(calls[i].kwargs);
        json_decref(calls[i].out);
        mem_free(calls[i].drop);
    }
    mem_free(calls);
}

void tt_program_destroy(tt_program *program)
{
    if (program == NULL) return;
    calls_destroy(program->setup, program->n_setup);
    calls_destroy(program->body, program->n_body);
    for (int i = 0; i < program->n_weights; i++) mem_free(program->weights[i].key);
    mem_free(program->weights);
    mem_free(program->slots);
    mem_free(program->inputs);
    mem_free(program->outputs);
    mem_free(program->taps);
    mem_free(program);
}

/* ---- calls as JSON -------------------------------------------------------------------------------- */

static json_t *device_slot(json_int_t slot, const int *slots)
{
    return json_integer(slots == NULL ? slot : slots[slot]);
}

/* A copy of a value with the device's slots. */
static json_t *value_json(const json_t *value, const int *slots)
{
    const json_t *slot = json_object_get(value, "s");
    if (slot != NULL) return json_pack("{s:o}", "s", device_slot(json_integer_value(slot), slots));
    if (json_is_array(value)) {
        json_t *made = json_array();
        for (size_t i = 0; i < json_array_size(value); i++) {
            if (json_array_append_new(made, value_json(json_array_get(value, i), slots)) != 0) {
                json_decref(made);
                return NULL;
            }
        }
        return made;
    }
    return json_deep_copy(value);
}

static json_t *kwargs_json(const json_t *kwargs, const int *slots)
{
    json_t *made = json_object();
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)kwargs, name, value)
    {
        if (json_object_set_new(made, name, value_json(value, slots)) != 0) {
            json_decref(made);
            return NULL;
        }
    }
    return made;
}

/* What a call binds: slots, nulls, and lists of them. */
static json_t *out_json(const json_t *out, const int *slots)
{
    if (json_is_integer(out)) return device_slot(json_integer_value(out), slots);
    if (!json_is_array(out)) return json_null();
    json_t *made = json_array();
    for (size_t i = 0; i < json_array_size(out); i++) {
        if (json_array_append_new(made, out_json(json_array_get(out, i), slots)) != 0) {
            json_decref(made);
            return NULL;
        }
    }
    return made;
}

static json_t *drop_json(const tt_call *call, const int *slots)
{
    json_t *made = json_array();
    for (int i = 0; i < call->n_drop; i++) {
        if (json_array_append_new(made, device_slot(call->drop[i], slots)) != 0) {
            json_decref(made);
            return NULL;
        }
    }
    return made;
}

json_t *tt_program_calls_json(const tt_call *calls, int n_calls, const int *slots)
{
    json_t *made = json_array();
    for (int i = 0; i < n_calls; i++) {
        const tt_call *call = &calls[i];
        json_t *one =
            json_pack("{s:s, s:o, s:o, s:o, s:o, s:i}", "f", call->function, "a",
                      value_json(call->args, slots), "k", kwargs_json(call->kwargs, slots), "o",
                      out_json(call->out, slots), "d", drop_json(call, slots), "n", call->node);
        if (json_array_append_new(made, one) != 0) {
            json_decref(made);
            return NULL;
        }
    }
    return made;
}

size_t tt_tensor_bytes(const tt_tensor *of)
{
    static const size_t tile_bytes[TT_DTYPES] = {2048, 1088, 4096, 4096};
    static const size_t element_bytes[TT_DTYPES] = {2, 1, 4, 4};
    if (of->layout == TT_ROW_MAJOR) return shape_count(of->shape) * element_bytes[of->type];
    const int rank = of->shape.rank;
    size_t tiles = 1;
    for (int i = 0; i < rank; i++) {
        const size_t n = of->shape.dim[i];
        tiles *= i < rank - 2 ? n : tt_round_up(n) / TT_TILE_SIDE;
    }
    return tiles * tile_bytes[of->type];
}
