/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The loop on the device. What all steps read is there before the first: tables (timesteps' features,
 * coefficients) as one tensor per step. What goes round never leaves the device.
 *
 * Without a trace an input slot is made to hold another tensor. A trace knows the places its inputs had when it
 * was recorded, so from then on values are copied there:
 *
 *     step 0: run (compiles kernels, prepares weights)   step 1: record, replay   step 2 ...: replay
 */
#include <string.h>

#include "backends/ttnn/ttnn_run.h"
#include "base/memory.h"

typedef struct ttnn_loop {
    backend_loop base;
    backend_program *program;
    int *table; /* device slots [n_inputs, steps]; TT_SLOT_NONE where an input is no table */
    int spare;  /* what was given, before it is copied to its place */
    int steps;
    bool begun; /* the output's slot holds the carried value */
} ttnn_loop;

/* From the loop's description: loop_begin() fills in the base only afterwards. */
static loop_source source_of(const loop_description *of, const tt_input *input)
{
    return of->inputs[input->input].source;
}

static int *table_of(const ttnn_loop *loop, int input)
{
    return loop->table + (size_t)input * (size_t)loop->steps;
}

static void end(backend_loop *loop)
{
    ttnn_loop *self = (ttnn_loop *)loop;
    if (self->table != NULL) {
        const int count = self->program->lowered->n_inputs * self->steps;
        tt_device_drop_slots(self->program->device, self->table, count);
    }
    tt_device_drop_slots(self->program->device, &self->spare, 1);
    mem_free(self->table);
    mem_free(self);
}

/* ---- moving what is on the device --------------------------------------------------------------- */

/* The call that brings the tensor of one slot to an input. */
static json_t *move(const backend_program *program, int from, int to)
{
    return program->traced
               ? json_pack("{s:s, s:[{s:i}, {s:i}], s:n}", "f", "copy", "a", "s", from, "s", to,
                           "o")
               : json_pack("{s:s, s:[{s:i}], s:i}", "f", "helper.same", "a", "s", from, "o", to);
}

/* Uploads to an input, wherever its place is. */
static sd14_status put(ttnn_loop *loop,
                       const tt_input *input,
                       const void *data,
                       const tt_task *task,
                       sd14_error *error)
{
    backend_program *program = loop->program;
    const int place = program->slots[input->slot];
    if (!program->traced) return ttnn_program_upload(program, input, data, place, task, error);
    TRY(ttnn_program_upload(program, input, data, loop->spare, task, error));
    return tt_device_call(program->device, json_pack("[o]", move(program, loop->spare, place)),
                          task, error);
}

static sd14_status fill_table(
    ttnn_loop *loop, const loop_description *of, int which, const tt_task *task, sd14_error *error)
{
    const tt_input *input = &loop->program->lowered->inputs[which];
    int *slots = table_of(loop, which);
    for (int step = 0; step < loop->steps; step++) {
        slots[step] = tt_device_take_slot(loop->program->device);
        if (slots[step] == TT_SLOT_NONE) FAIL_NO_MEMORY(error, "a loop");
        TRY(ttnn_program_upload(loop->program, input, loop_input_at(of, input->input, step, NULL),
                                slots[step], task, error));
    }
    return SD14_OK;
}

/* ---- the loop's functions ------------------------------------------------------------------------ */

static sd14_status fill(ttnn_loop *loop, const loop_description *of, sd14_error *error)
{
    const tt_task task = {.what = "taking the inputs of the steps to the device",
                          .graph = of->graph};
    const tt_program *lowered = loop->program->lowered;
    for (int i = 0; i < lowered->n_inputs; i++) {
        const tt_input *input = &lowered->inputs[i];
        const loop_source source = source_of(of, input);
        if (source == LOOP_TABLE) TRY(fill_table(loop, of, i, &task, error));
        if (source == LOOP_FIXED || source == LOOP_CARRIED)
            TRY(put(loop, input, of->inputs[input->input].data, &task, error));
    }
    return SD14_OK;
}

static sd14_status begin(const loop_description *of, backend_loop **out_loop, sd14_error *error)
{
    const size_t count = (size_t)of->program->lowered->n_inputs * (size_t)of->steps;
    ttnn_loop *made = mem_array(1, sizeof(*made));
    if (made == NULL) FAIL_NO_MEMORY(error, "a loop");
    made->program = of->program;
    made->steps = of->steps;
    made->spare = tt_device_take_slot(of->program->device);
    made->table = mem_array(count, sizeof(*made->table));
    for (size_t i = 0; made->table != NULL && i < count; i++) made->table[i] = TT_SLOT_NONE;
    sd14_status status = SD14_OK;
    if (made->table == NULL || made->spare == TT_SLOT_NONE)
        status = error_set(error, SD14_ERROR_OUT_OF_MEMORY, "not enough memory for a loop");
    if (status == SD14_OK) status = fill(made, of, error);
    if (status != SD14_OK) {
        end(&made->base);
        return status;
    }
    *out_loop = &made->base;
    return SD14_OK;
}

/* Brings every input to what it is at this step. */
static sd14_status set_inputs(
    ttnn_loop *loop, int step, const void *const *given, const tt_task *task, sd14_error *error)
{
    const backend_program *program = loop->program;
    const tt_program *lowered = program->lowered;
    const loop_description *of = &loop->base.description;
    json_t *moves = json_array();
    sd14_status status = SD14_OK;
    for (int i = 0; i < lowered->n_inputs; i++) {
        const tt_input *input = &lowered->inputs[i];
        const int place = program->slots[input->slot];
        const loop_source source = source_of(of, input);
        if (source == LOOP_TABLE)
            (void)json_array_append_new(moves, move(program, table_of(loop, i)[step], place));
        if (source == LOOP_CARRIED && loop->begun)
            (void)json_array_append_new(
                moves, move(program, program->slots[lowered->outputs[0].slot], place));
        if (source == LOOP_GIVEN) TRY_DONE(put(loop, input, given[input->input], task, error));
    }
    return tt_device_call(program->device, moves, task, error);
done:
    json_decref(moves);
    return status;
}

static bool wants_trace(const backend_program *program)
{
    const tt_device_facts *facts = tt_device_get_facts(program->device);
    const tt_switch asked = tt_device_get_options(program->device)->trace;
    return asked == TT_ON || (asked == TT_AUTO && facts->traces);
}

static sd14_status step(backend_loop *loop,
                        int step,
                        const void *const *given,
                        const atomic_bool *cancel,
                        sd14_error *error)
{
    ttnn_loop *self = (ttnn_loop *)loop;
    backend_program *program = self->program;
    const tt_task task = {.what = "denoising step", .graph = program->graph, .cancel = cancel};
    TRY(set_inputs(self, step, given, &task, error));
    if (!program->warm || !wants_trace(program)) {
        TRY(ttnn_program_execute(program, cancel, error));
    } else {
        if (!program->traced) TRY(tt_device_capture(program->device, program->id, &task, error));
        program->traced = true;
        const int64_t before_ns = tt_device_busy_ns(program->device);
        TRY(tt_device_replay(program->device, program->id, &task, error));
        ttnn_program_note_run(program, before_ns);
    }
    self->begun = true;
    return SD14_OK;
}

/* Before the first step the value is where it was put. */
static sd14_status read_value(backend_loop *loop, float *value, sd14_error *error)
{
    ttnn_loop *self = (ttnn_loop *)loop;
    const backend_program *program = self->program;
    const tt_program *lowered = program->lowered;
    const tt_task task = {.what = "fetching the latent", .graph = program->graph};
    int from = lowered->outputs[0].slot;
    for (int i = 0; i < lowered->n_inputs && !self->begun; i++) {
        if (source_of(&loop->description, &lowered->inputs[i]) == LOOP_CARRIED)
            from = lowered->inputs[i].slot;
    }
    return ttnn_program_download(self->program, &lowered->outputs[0], program->slots[from], value,
                                 &task, error);
}

const backend_loop_vtable ttnn_loop_vtable = {
    .begin = begin, .step = step, .read = read_value, .end = end};
