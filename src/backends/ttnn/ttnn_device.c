/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/ttnn/ttnn_device.h"

#include <stdio.h>
#include <string.h>

#include "backends/ttnn/channel.h"
#include "backends/ttnn/device_program.h"
#include "backends/ttnn/python_find.h"
#include "backends/ttnn/ttnn_simulator.h"
#include "base/clock.h"
#include "base/memory.h"

enum { CLOSE_MS = 20000 };

struct tt_device {
    channel *channel;
    const log_target *log;
    ttnn_options options;
    tt_device_facts facts;
    ttnn_cache cache;
    uint8_t *memory;
    int *free_slots; /* a stack */
    int n_free, capacity, n_slots;
    int n_programs;
    int64_t busy_ns; /* in ttnn's functions, of all requests */
};

/* ---- requests ----------------------------------------------------------------------------------- */

/* While kernels are compiled: says how far it is, no oftener than every few seconds. */
typedef struct compiling {
    const log_target *log;
    const char *what;
    int64_t start_ns, said_ns;
} compiling;

static void say_compiling(void *user, const json_t *note)
{
    static const int64_t first_ns = 2000000000, next_ns = 10000000000;
    compiling *of = user;
    const int64_t now = clock_ns();
    if (now - of->start_ns < first_ns || now - of->said_ns < next_ns) return;
    of->said_ns = now;
    log_write(of->log, LOG_LEVEL_INFO,
              "%s: compiling kernels, call %lld of %lld (once: they are kept)", of->what,
              (long long)json_integer_value(json_object_get(note, "index")) + 1,
              (long long)json_integer_value(json_object_get(note, "of")));
}

/* Names the node whose call ttnn refused. */
static sd14_status
explain(const tt_device *device, const tt_task *task, sd14_status status, sd14_error *error)
{
    const channel_refusal *refusal = channel_last_refusal(device->channel);
    if (status != SD14_ERROR_DEVICE || refusal == NULL || task->graph == NULL ||
        refusal->node < 0 || refusal->node >= task->graph->n_nodes || error == NULL)
        return status;
    const graph_node *node = &task->graph->nodes[refusal->node];
    const sd14_error said = *error;
    return error_set(error, status, "%s: %s (%s): %s", task->graph->name, node->name,
                     op_name(node->op), said.text);
}

/* Takes `message` over. */
static sd14_status ask(tt_device *device,
                       json_t *message,
                       const tt_task *task,
                       int64_t silence_ms,
                       json_t **out_reply,
                       sd14_error *error)
{
    if (message == NULL) FAIL_NO_MEMORY(error, "a request to the device");
    compiling progress = {.log = device->log, .what = task->what, .start_ns = clock_ns()};
    const channel_request request = {.message = message,
                                     .stage = task->what,
                                     .silence_ms = silence_ms,
                                     .total_ms = task->compiles ? 0 : silence_ms,
                                     .note = say_compiling,
                                     .note_user = &progress,
                                     .cancel = task->cancel};
    json_t *reply = NULL;
    const sd14_status status = channel_ask(device->channel, &request, &reply, error);
    json_decref(message);
    device->busy_ns += json_integer_value(json_object_get(reply, "busy_ns"));
    if (out_reply != NULL && status == SD14_OK) {
        *out_reply = reply;
    } else {
        json_decref(reply);
    }
    return status == SD14_OK ? status : explain(device, task, status, error);
}

static int64_t patience(const tt_device *device, const tt_task *task)
{
    return task->compiles ? device->options.compile_ms : device->options.step_ms;
}

/* ---- opening and closing ------------------------------------------------------------------------ */

static void copy_text(char *to, size_t room, const json_t *reply, const char *key)
{
    const char *text = json_string_value(json_object_get(reply, key));
    (void)snprintf(to, room, "%s", text == NULL ? "unknown" : text);
}

static size_t number_at(const json_t *reply, const char *object, const char *key)
{
    const json_t *value = json_object_get(json_object_get(reply, object), key);
    return json_integer_value(value) > 0 ? (size_t)json_integer_value(value) : 0;
}

static void read_facts(tt_device *device, const machine *on, const json_t *reply)
{
    tt_device_facts *facts = &device->facts;
    copy_text(facts->ttnn, sizeof(facts->ttnn), reply, "ttnn");
    copy_text(facts->arch, sizeof(facts->arch), reply, "arch");
    facts->chips = (int)json_integer_value(json_object_get(reply, "chips"));
    facts->dram_banks = number_at(reply, "dram", "banks");
    facts->dram_bytes = facts->dram_banks * number_at(reply, "dram", "bytes_per_bank");
    facts->mock = machine_variable(on, "TT_METAL_MOCK_CLUSTER_DESC_PATH") != NULL;
    facts->traces = !facts->mock && ttnn_dispatches_fast(on);
}

static sd14_status start(tt_device *device, const machine *on, sd14_error *error)
{
    char program[PATH_MAX];
    TRY(device_program_find(on, program, error));
    channel_options options = {.program = program, .log = device->log};
    const char **environment = NULL;
    TRY(ttnn_simulator_environment(on, &environment, error));
    options.environment = environment;
    const sd14_status status = channel_start(&options, &device->channel, error);
    mem_free((void *)environment);
    return status;
}

/* What the mock gives back means nothing, and a stand-in is quicker than the disk. */
static void open_cache(tt_device *device, const machine *on)
{
    const tt_device_facts *facts = &device->facts;
    const bool real = !facts->mock && !facts->stand_in;
    const tt_switch asked = device->options.cache;
    if (asked == TT_OFF || (asked == TT_AUTO && !real)) return;
    char what[128];
    (void)snprintf(what, sizeof(what), "ttnn %s, %s, %d chips, %s", facts->ttnn, facts->arch,
                   facts->chips,
                   facts->mock       ? "mock"
                   : facts->stand_in ? "stand-in"
                                     : "device");
    ttnn_cache_open(&device->cache, on, what, device->log);
}

static sd14_status
open_with(tt_device *device, const ttnn_python *python, const machine *on, sd14_error *error)
{
    const ttnn_options *options = &device->options;
    const tt_task task = {.what = "opening the device", .compiles = true};
    json_t *reply = NULL;
    TRY(ttnn_python_check_device(on, python, error));
    TRY(start(device, on, error));
    json_t *message =
        json_pack("{s:s, s:i, s:I, s:I}", "do", "open", "chips", options->settings.chips,
                  "l1_small_size", (json_int_t)options->settings.l1_small_size, "trace_region_size",
                  (json_int_t)options->trace_region_size);
    if (message == NULL) FAIL_NO_MEMORY(error, "a request to the device");
    const sd14_status status = ttnn_python_describe(python, message, error);
    if (status != SD14_OK) {
        json_decref(message);
        return status;
    }
    TRY(ask(device, message, &task, options->open_ms, &reply, error));
    read_facts(device, on, reply);
    device->facts.stand_in = !python->native;
    json_decref(reply);
    open_cache(device, on);
    return SD14_OK;
}

sd14_status tt_device_open(const ttnn_options *options,
                           const log_target *log,
                           tt_device **out_device,
                           sd14_error *error)
{
    const machine here = machine_here();
    tt_device *made = mem_array(1, sizeof(*made));
    if (made == NULL) FAIL_NO_MEMORY(error, "the TT-NN backend");
    made->options = *options;
    ttnn_simulator_allow(&here, &made->options);
    made->log = log;
    ttnn_python python = {0};
    const char *wanted = options->python[0] == '\0' ? NULL : options->python;
    sd14_status status = ttnn_python_find(&here, wanted, &python, error);
    if (status == SD14_OK) status = open_with(made, &python, &here, error);
    ttnn_python_release(&python);
    if (status != SD14_OK) {
        tt_device_close(made);
        return status;
    }
    *out_device = made;
    return SD14_OK;
}

void tt_device_close(tt_device *device)
{
    if (device == NULL) return;
    channel_close(device->channel, CLOSE_MS);
    mem_free(device->free_slots);
    mem_free(device);
}

const tt_device_facts *tt_device_get_facts(const tt_device *device)
{
    return &device->facts;
}

const ttnn_options *tt_device_get_options(const tt_device *device)
{
    return &device->options;
}

int64_t tt_device_busy_ns(const tt_device *device)
{
    return device->busy_ns;
}

ttnn_cache *tt_device_cache(tt_device *device)
{
    return &device->cache;
}

/* ---- slots -------------------------------------------------------------------------------------- */

int tt_device_take_slot(tt_device *device)
{
    if (device->n_free > 0) return device->free_slots[--device->n_free];
    /* Room to give every slot back without asking for memory. */
    if (device->n_slots == device->capacity) {
        const int capacity = 2 * device->capacity + 256;
        int *grown = mem_array((size_t)capacity, sizeof(*grown));
        if (grown == NULL) return TT_SLOT_NONE;
        mem_free(device->free_slots); /* nothing is on the stack */
        device->free_slots = grown;
        device->capacity = capacity;
    }
    return device->n_slots++;
}

void tt_device_drop_slots(tt_device *device, const int *slots, int count)
{
    json_t *list = json_array();
    for (int i = 0; i < count; i++) {
        if (slots[i] == TT_SLOT_NONE) continue;
        (void)json_array_append_new(list, json_integer(slots[i]));
        device->free_slots[device->n_free++] = slots[i];
    }
    const tt_task task = {.what = "giving back the device's memory"};
    sd14_error ignored;
    if (json_array_size(list) > 0 && channel_alive(device->channel)) {
        (void)ask(device, json_pack("{s:s, s:o}", "do", "drop", "slots", list), &task,
                  device->options.open_ms, NULL, &ignored);
    } else {
        json_decref(list);
    }
}

/* ---- memory -------------------------------------------------------------------------------------- */

sd14_status tt_device_memory(tt_device *device, size_t bytes, void **out_memory, sd14_error *error)
{
    TRY(channel_reserve(device->channel, bytes, &device->memory, error));
    *out_memory = device->memory;
    return SD14_OK;
}

static json_t *shape_list(shape of)
{
    json_t *list = json_array();
    for (int i = 0; i < of.rank; i++)
        (void)json_array_append_new(list, json_integer((json_int_t)of.dim[i]));
    return list;
}

sd14_status tt_device_upload(tt_device *device,
                             int slot,
                             const tt_tensor *tensor,
                             dtype type,
                             int shard,
                             const tt_task *task,
                             sd14_error *error)
{
    static const char *const layouts[] = {[TT_TILE] = "tile", [TT_ROW_MAJOR] = "row_major"};
    static const char *const memories[] = {[TT_DRAM] = "dram", [TT_L1] = "l1", [TT_HOST] = "host"};
    json_t *message =
        json_pack("{s:s, s:i, s:i, s:s, s:o, s:s, s:s, s:s, s:o}", "do", "upload", "slot", slot,
                  "offset", 0, "dtype", dtype_name(type), "shape", shape_list(tensor->shape), "as",
                  tt_dtype_names[tensor->type], "layout", layouts[tensor->layout], "memory",
                  memories[tensor->memory], "shard", shard < 0 ? json_null() : json_integer(shard));
    return ask(device, message, task, device->options.open_ms, NULL, error);
}

static sd14_status ask_of_file(
    tt_device *device, json_t *message, const char *path, const tt_task *task, sd14_error *error)
{
    /* A path need not be UTF-8. */
    if (message != NULL && json_object_set_new(message, "path", json_string_nocheck(path)) != 0) {
        json_decref(message);
        message = NULL;
    }
    return ask(device, message, task, device->options.open_ms, NULL, error);
}

sd14_status tt_device_save(
    tt_device *device, int slot, const char *path, const tt_task *task, sd14_error *error)
{
    return ask_of_file(device, json_pack("{s:s, s:i}", "do", "save", "slot", slot), path, task,
                       error);
}

sd14_status tt_device_load(
    tt_device *device, int slot, const char *path, const tt_task *task, sd14_error *error)
{
    json_t *message = json_pack("{s:s, s:i, s:s}", "do", "load", "slot", slot, "memory", "dram");
    return ask_of_file(device, message, path, task, error);
}

sd14_status tt_device_download(
    tt_device *device, int slot, int chip, size_t count, const tt_task *task, sd14_error *error)
{
    const size_t bytes = count * sizeof(float);
    json_t *reply = NULL;
    json_t *message = json_pack("{s:s, s:i, s:i, s:I, s:i}", "do", "download", "slot", slot,
                                "offset", 0, "capacity", (json_int_t)bytes, "chip", chip);
    TRY(ask(device, message, task, patience(device, task), &reply, error));
    size_t found = 1, i;
    const json_t *axis;
    json_array_foreach(json_object_get(reply, "shape"), i, axis) found *=
        (size_t)json_integer_value(axis);
    json_decref(reply);
    if (found != count) {
        FAIL(error, DEVICE, "%s: the device gave %zu numbers where %zu were expected", task->what,
             found, count);
    }
    return SD14_OK;
}

/* ---- calls and programs -------------------------------------------------------------------------- */

sd14_status tt_device_call(tt_device *device, json_t *calls, const tt_task *task, sd14_error *error)
{
    if (calls == NULL) FAIL_NO_MEMORY(error, "calls to the device");
    json_t *message = json_pack("{s:s, s:o}", "do", "call", "calls", calls);
    return ask(device, message, task, patience(device, task), NULL, error);
}

sd14_status tt_device_define(
    tt_device *device, json_t *calls, int *out_program, const tt_task *task, sd14_error *error)
{
    if (calls == NULL) FAIL_NO_MEMORY(error, "calls to the device");
    json_t *message =
        json_pack("{s:s, s:i, s:o}", "do", "define", "program", device->n_programs, "calls", calls);
    TRY(ask(device, message, task, device->options.open_ms, NULL, error));
    *out_program = device->n_programs++;
    return SD14_OK;
}

sd14_status tt_device_run(
    tt_device *device, int program, int first, int last, const tt_task *task, sd14_error *error)
{
    json_t *message = json_pack("{s:s, s:i, s:i, s:i, s:b, s:b}", "do", "run", "program", program,
                                "first", first, "last", last, "watch", task->compiles, "wait", 1);
    return ask(device, message, task, patience(device, task), NULL, error);
}

static sd14_status ask_of_program(
    tt_device *device, const char *what, int program, const tt_task *task, sd14_error *error)
{
    json_t *message = json_pack("{s:s, s:i, s:b}", "do", what, "program", program, "wait", 1);
    return ask(device, message, task, patience(device, task), NULL, error);
}

sd14_status
tt_device_capture(tt_device *device, int program, const tt_task *task, sd14_error *error)
{
    return ask_of_program(device, "capture", program, task, error);
}

sd14_status tt_device_replay(tt_device *device, int program, const tt_task *task, sd14_error *error)
{
    return ask_of_program(device, "replay", program, task, error);
}

void tt_device_release(tt_device *device, int program)
{
    const tt_task task = {.what = "giving back a program"};
    sd14_error ignored;
    if (channel_alive(device->channel))
        (void)ask_of_program(device, "release", program, &task, &ignored);
}

sd14_status tt_device_usage(tt_device *device, json_t **out_usage, sd14_error *error)
{
    const tt_task task = {.what = "asking for the device's memory"};
    return ask(device, json_pack("{s:s}", "do", "memory"), &task, device->options.open_ms,
               out_usage, error);
}
