/* SPDX-License-Identifier: Apache-2.0 */

/* A graph as a program on the device, and one run of it. */
#include "backends/ttnn/ttnn_run.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/sizes.h"

/* ---- making ------------------------------------------------------------------------------------- */

static size_t output_bytes(const tt_program *program, const tt_output *outputs, int count)
{
    size_t bytes = 0;
    for (int i = 0; i < count; i++)
        bytes = larger(bytes, tt_output_count(program, &outputs[i]) * sizeof(float));
    return bytes;
}

/* The largest thing that goes to the device or comes back, weights apart. */
static size_t transfer_bytes(const tt_program *program)
{
    size_t bytes = output_bytes(program, program->outputs, program->n_outputs);
    bytes = larger(bytes, output_bytes(program, program->taps, program->n_taps));
    for (int i = 0; i < program->n_inputs; i++)
        bytes = larger(bytes, tt_input_bytes(&program->inputs[i]));
    return bytes;
}

/* Weights that the program prepares for itself: as it prepared them in an earlier start, where that was kept. */
static sd14_status fill_own(backend_program *program, const tt_task *task, sd14_error *error)
{
    const tt_program *lowered = program->lowered;
    const backend_weights *weights = program->weights;
    const ttnn_cache *cache = tt_device_cache(program->device);
    const bool keeps = cache->folder[0] != '\0';
    char calls[TTNN_CACHE_NAME];
    if (keeps) TRY(ttnn_cache_calls(lowered, calls, error));
    for (int i = 0; i < lowered->n_weights; i++) {
        const tt_weight *weight = &lowered->weights[i];
        const int slot = program->slots[weight->slot];
        char *name = program->kept_as[i];
        if (!program->own[weight->slot]) continue;
        if (keeps)
            TRY(ttnn_cache_name(cache, lowered, weight, weights->tensors, calls, name, error));
        if (keeps && ttnn_weights_recall(weights, slot, name, task)) {
            name[0] = '\0'; /* it is kept */
        } else {
            TRY(ttnn_weights_upload(weights, lowered, weight, slot, task, error));
        }
    }
    return SD14_OK;
}

/* After the first run: what it prepared is kept for the next start. */
static void keep_own(backend_program *program)
{
    const tt_program *lowered = program->lowered;
    const ttnn_cache *cache = tt_device_cache(program->device);
    const tt_task task = {.what = "keeping prepared weights", .compiles = true};
    for (int i = 0; i < lowered->n_weights && cache->folder[0] != '\0'; i++) {
        if (program->kept_as[i][0] == '\0') continue;
        ttnn_weights_keep(program->weights, program->slots[lowered->weights[i].slot],
                          program->kept_as[i], &task);
    }
}

/* A slot of the device for each of the program's. What a first call of conv2d makes of its weights fits that
 * program's sizes alone, so those are the program's own; all others are shared. */
static sd14_status bind_slots(backend_program *program,
                              backend_weights *weights,
                              const tt_task *task,
                              sd14_error *error)
{
    const tt_program *lowered = program->lowered;
    for (int i = 0; i < lowered->n_weights; i++) {
        const tt_weight *weight = &lowered->weights[i];
        if (lowered->slots[weight->slot].tensor.memory == TT_HOST) continue;
        TRY(ttnn_weights_find(weights, lowered, weight, task, &program->slots[weight->slot],
                              error));
    }
    for (int i = 0; i < lowered->n_slots; i++) {
        if (program->slots[i] != TT_SLOT_NONE) continue;
        program->slots[i] = tt_device_take_slot(program->device);
        if (program->slots[i] == TT_SLOT_NONE) FAIL_NO_MEMORY(error, "a program");
        program->own[i] = true;
    }
    return fill_own(program, task, error);
}

static sd14_status define(backend_program *program, const tt_task *task, sd14_error *error)
{
    const tt_program *lowered = program->lowered;
    if (lowered->n_setup > 0) {
        TRY(tt_device_call(program->device,
                           tt_program_calls_json(lowered->setup, lowered->n_setup, program->slots),
                           task, error));
    }
    return tt_device_define(program->device,
                            tt_program_calls_json(lowered->body, lowered->n_body, program->slots),
                            &program->id, task, error);
}

static sd14_status
build(backend_program *program, const backend_weights *weights, bool keep_nodes, sd14_error *error)
{
    const tt_settings *settings = &tt_device_get_options(program->device)->settings;
    char what[64];
    (void)snprintf(what, sizeof(what), "preparing %s on the device", program->graph->name);
    const tt_task task = {.what = what, .graph = program->graph, .compiles = true};
    TRY(tt_program_create(program->graph, settings, keep_nodes, &program->lowered, error));

    const size_t count = (size_t)program->lowered->n_slots;
    program->slots = mem_array(count, sizeof(*program->slots));
    program->own = mem_array(count, sizeof(*program->own));
    program->kept_as =
        mem_array((size_t)program->lowered->n_weights + 1, sizeof(*program->kept_as));
    if (program->slots == NULL || program->own == NULL || program->kept_as == NULL)
        FAIL_NO_MEMORY(error, "a program");
    for (size_t i = 0; i < count; i++) program->slots[i] = TT_SLOT_NONE;
    program->transfer_bytes = transfer_bytes(program->lowered);
    TRY(ttnn_check_room(program->device, program->lowered, weights->bytes, error));
    /* The set of weights only grows by what this program needs beside it. */
    TRY(bind_slots(program, (backend_weights *)(uintptr_t)weights, &task, error));
    return define(program, &task, error);
}

sd14_status ttnn_compile(backend *self,
                         const graph *graph,
                         const backend_weights *weights,
                         const backend_compile_options *options,
                         backend_program **out_program,
                         sd14_error *error)
{
    backend_program *made = mem_array(1, sizeof(*made));
    if (made == NULL) FAIL_NO_MEMORY(error, "a program");
    made->device = ((ttnn_backend *)self)->device;
    made->graph = graph;
    made->weights = weights;
    made->id = -1;
    const sd14_status status = build(made, weights, options->keep_nodes, error);
    if (status != SD14_OK) {
        ttnn_program_destroy(made);
        return status;
    }
    *out_program = made;
    return SD14_OK;
}

void ttnn_program_destroy(backend_program *program)
{
    if (program == NULL) return;
    if (program->id >= 0) tt_device_release(program->device, program->id);
    const int count =
        program->slots == NULL || program->own == NULL ? 0 : program->lowered->n_slots;
    for (int i = 0; i < count; i++) {
        if (!program->own[i]) program->slots[i] = TT_SLOT_NONE;
    }
    tt_device_drop_slots(program->device, program->slots, count);
    tt_program_destroy(program->lowered);
    mem_free(program->slots);
    mem_free(program->own);
    mem_free(program->kept_as);
    mem_free(program);
}

backend_memory ttnn_program_memory(const backend_program *program)
{
    return (backend_memory){.scratch = program->transfer_bytes};
}

/* Of the host's memory: what is on the device is counted by the device's plan. */
sd14_status ttnn_plan(backend *self,
                      const graph *graph,
                      const tensor *tensors,
                      size_t weights_cap,
                      const backend_compile_options *options,
                      backend_plan *out_plan,
                      sd14_error *error)
{
    (void)tensors;
    (void)weights_cap;
    const ttnn_backend *backend = (const ttnn_backend *)self;
    tt_program *program = NULL;
    TRY(tt_program_create(graph, &tt_device_get_options(backend->device)->settings,
                          options->keep_nodes, &program, error));
    *out_plan = (backend_plan){.program = {.scratch = transfer_bytes(program)}};
    for (int i = 0; i < program->n_weights; i++) {
        const size_t bytes = shape_count(program->weights[i].recipe.to) * sizeof(float);
        out_plan->loading = larger(out_plan->loading, bytes);
    }
    tt_program_destroy(program);
    return SD14_OK;
}

/* ---- moving numbers ----------------------------------------------------------------------------- */

sd14_status ttnn_program_upload(backend_program *program,
                                const tt_input *input,
                                const void *data,
                                int slot,
                                const tt_task *task,
                                sd14_error *error)
{
    void *memory = NULL;
    const dtype type = input->prepare == TT_PREPARE_IDS ? DTYPE_I32 : DTYPE_F32;
    TRY(tt_device_memory(program->device, program->transfer_bytes, &memory, error));
    TRY(tt_input_fill(program->lowered, input, data, memory, error));
    return tt_device_upload(program->device, slot, &input->tensor, type, input->shard, task, error);
}

sd14_status ttnn_program_download(backend_program *program,
                                  const tt_output *output,
                                  int slot,
                                  float *out,
                                  const tt_task *task,
                                  sd14_error *error)
{
    const size_t count = tt_output_count(program->lowered, output);
    void *memory = NULL;
    TRY(tt_device_memory(program->device, program->transfer_bytes, &memory, error));
    for (int chip = 0; chip < output->chips; chip++) {
        TRY(tt_device_download(program->device, slot, chip, count, task, error));
        tt_output_take(program->lowered, output, chip, memory, out);
    }
    return SD14_OK;
}

/* ---- running ------------------------------------------------------------------------------------ */

static tt_task task_of(const backend_program *program, const atomic_bool *cancel)
{
    return (tt_task){.what = program->graph->name,
                     .graph = program->graph,
                     .cancel = cancel,
                     .compiles = !program->warm};
}

void ttnn_program_note_run(backend_program *program, int64_t before_ns)
{
    const int64_t ns = tt_device_busy_ns(program->device) - before_ns;
    if (!program->warm) {
        program->first_ns = ns;
        keep_own(program);
    } else if (program->later_ns == 0 || ns < program->later_ns) {
        program->later_ns = ns;
    }
    program->warm = true;
}

sd14_status
ttnn_program_execute(backend_program *program, const atomic_bool *cancel, sd14_error *error)
{
    const tt_task task = task_of(program, cancel);
    const int64_t before_ns = tt_device_busy_ns(program->device);
    TRY(tt_device_run(program->device, program->id, 0, program->lowered->n_body, &task, error));
    ttnn_program_note_run(program, before_ns);
    return SD14_OK;
}

/* Runs up to each value that is tapped, while it is there. */
static sd14_status
run_tapped(backend_program *program, const backend_run *run, float *values, sd14_error *error)
{
    const tt_program *lowered = program->lowered;
    const tt_task task = task_of(program, run->cancel);
    const int64_t before_ns = tt_device_busy_ns(program->device);
    int done = 0;
    for (int i = 0; i < lowered->n_taps; i++) {
        const tt_output *tap = &lowered->taps[i];
        if (tap->call >= done) {
            TRY(tt_device_run(program->device, program->id, done, tap->call + 1, &task, error));
            done = tap->call + 1;
        }
        TRY(ttnn_program_download(program, tap, program->slots[tap->slot], values, &task, error));
        run->tap(run->tap_user, program->graph, tap->node, values);
    }
    TRY(tt_device_run(program->device, program->id, done, lowered->n_body, &task, error));
    ttnn_program_note_run(program, before_ns);
    return SD14_OK;
}

static sd14_status tapped(backend_program *program, const backend_run *run, sd14_error *error)
{
    size_t count = 1;
    for (int i = 0; i < program->graph->n_nodes; i++)
        count = larger(count, shape_count(program->graph->nodes[i].shape));
    float *values = mem_array(count, sizeof(float));
    if (values == NULL) FAIL_NO_MEMORY(error, "a node's values");
    const sd14_status status = run_tapped(program, run, values, error);
    mem_free(values);
    return status;
}

sd14_status ttnn_run(backend_program *program, const backend_run *run, sd14_error *error)
{
    const tt_program *lowered = program->lowered;
    const tt_task task = task_of(program, run->cancel);
    for (int i = 0; i < lowered->n_inputs; i++) {
        const tt_input *input = &lowered->inputs[i];
        TRY(ttnn_program_upload(program, input, run->inputs[input->input],
                                program->slots[input->slot], &task, error));
    }
    TRY(run->tap == NULL ? ttnn_program_execute(program, run->cancel, error)
                         : tapped(program, run, error));
    for (int i = 0; i < lowered->n_outputs; i++) {
        const tt_output *output = &lowered->outputs[i];
        TRY(ttnn_program_download(program, output, program->slots[output->slot], run->outputs[i],
                                  &task, error));
    }
    return SD14_OK;
}
