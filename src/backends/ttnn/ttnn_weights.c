/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "backends/ttnn/ttnn_run.h"
#include "base/memory.h"

bool ttnn_weights_recall(const backend_weights *weights,
                         int slot,
                         const char *name,
                         const tt_task *task)
{
    const ttnn_cache *cache = tt_device_cache(weights->device);
    char path[PATH_MAX];
    sd14_error why = {{0}};
    if (!ttnn_cache_file(cache, name, path) || access(path, R_OK) != 0) return false;
    if (tt_device_load(weights->device, slot, path, task, &why) == SD14_OK) return true;
    log_write(cache->log, LOG_LEVEL_WARNING, "%s: not used, made again: %s", path, why.text);
    return false;
}

void ttnn_weights_keep(const backend_weights *weights,
                       int slot,
                       const char *name,
                       const tt_task *task)
{
    ttnn_cache *cache = tt_device_cache(weights->device);
    char path[PATH_MAX];
    sd14_error why = {{0}};
    if (!ttnn_cache_file(cache, name, path)) {
        ttnn_cache_give_up(cache, "the folder's name is too long");
    } else if (tt_device_save(weights->device, slot, path, task, &why) != SD14_OK) {
        ttnn_cache_give_up(cache, why.text);
    }
}

/* Makes the array and uploads it. */
static sd14_status convert(const backend_weights *weights,
                           const tt_program *program,
                           const tt_weight *weight,
                           int slot,
                           const tt_task *task,
                           sd14_error *error)
{
    const tt_tensor *tensor = &program->slots[weight->slot].tensor;
    void *memory = NULL;
    TRY(tt_device_memory(weights->device, shape_count(weight->recipe.to) * sizeof(float), &memory,
                         error));
    TRY(weight_recipe_fill(&weight->recipe, weights->tensors, memory, error));
    return tt_device_upload(weights->device, slot, tensor, DTYPE_F32, -1, task, error);
}

sd14_status ttnn_weights_upload(const backend_weights *weights,
                                const tt_program *program,
                                const tt_weight *weight,
                                int slot,
                                const tt_task *task,
                                sd14_error *error)
{
    const ttnn_cache *cache = tt_device_cache(weights->device);
    char name[TTNN_CACHE_NAME];
    if (cache->folder[0] == '\0' || program->slots[weight->slot].tensor.memory == TT_HOST)
        return convert(weights, program, weight, slot, task, error);
    TRY(ttnn_cache_name(cache, program, weight, weights->tensors, "", name, error));
    if (ttnn_weights_recall(weights, slot, name, task)) return SD14_OK;
    TRY(convert(weights, program, weight, slot, task, error));
    ttnn_weights_keep(weights, slot, name, task);
    return SD14_OK;
}

/* Room for one more. */
static sd14_status grow(backend_weights *weights, sd14_error *error)
{
    const size_t count = (size_t)weights->n_kept;
    if (weights->n_kept < weights->capacity) return SD14_OK;
    const int capacity = 2 * weights->capacity + 64;
    char **keys = mem_array((size_t)capacity, sizeof(*keys));
    int *slots = mem_array((size_t)capacity, sizeof(*slots));
    if (keys == NULL || slots == NULL) {
        mem_free(keys);
        mem_free(slots);
        FAIL_NO_MEMORY(error, "a list of weights");
    }
    if (count > 0) memcpy(keys, weights->keys, count * sizeof(*keys));
    if (count > 0) memcpy(slots, weights->slots, count * sizeof(*slots));
    mem_free(weights->keys);
    mem_free(weights->slots);
    weights->keys = keys;
    weights->slots = slots;
    weights->capacity = capacity;
    return SD14_OK;
}

sd14_status ttnn_weights_find(backend_weights *weights,
                              const tt_program *program,
                              const tt_weight *weight,
                              const tt_task *task,
                              int *out_slot,
                              sd14_error *error)
{
    for (int i = 0; i < weights->n_kept; i++) {
        if (strcmp(weights->keys[i], weight->key) != 0) continue;
        *out_slot = weights->slots[i];
        return SD14_OK;
    }
    TRY(grow(weights, error));
    char *key = mem_string(weight->key);
    const int slot = key == NULL ? TT_SLOT_NONE : tt_device_take_slot(weights->device);
    if (slot == TT_SLOT_NONE) {
        mem_free(key);
        FAIL_NO_MEMORY(error, "a list of weights");
    }
    weights->keys[weights->n_kept] = key;
    weights->slots[weights->n_kept] = slot;
    weights->n_kept++;
    weights->bytes += tt_tensor_bytes(&program->slots[weight->slot].tensor);
    *out_slot = slot;
    return ttnn_weights_upload(weights, program, weight, slot, task, error);
}

/* Those that no program prepares for its own sizes. */
static sd14_status upload_all(backend_weights *weights,
                              const tt_program *program,
                              const atomic_bool *cancel,
                              sd14_error *error)
{
    const tt_task task = {
        .what = "taking the weights to the device", .cancel = cancel, .compiles = true};
    for (int i = 0; i < program->n_weights; i++) {
        const tt_weight *weight = &program->weights[i];
        int slot;
        if (program->slots[weight->slot].tensor.memory == TT_HOST) continue;
        TRY(ttnn_weights_find(weights, program, weight, &task, &slot, error));
    }
    return SD14_OK;
}

sd14_status ttnn_load_weights(backend *self,
                              const graph *graph,
                              const tensor *tensors,
                              const char *content,
                              size_t weights_cap,
                              const atomic_bool *cancel,
                              backend_weights **out_weights,
                              sd14_error *error)
{
    (void)content;     /* its own cache goes by each weight's bytes */
    (void)weights_cap; /* they stay in the device's memory */
    tt_device *device = ((ttnn_backend *)self)->device;
    const size_t count = (size_t)graph->n_weights;
    backend_weights *made = mem_array(1, sizeof(*made));
    tt_program *program = NULL;
    sd14_status status = SD14_OK;
    if (made == NULL) FAIL_NO_MEMORY(error, "weights");
    made->device = device;
    made->tensors = mem_array(count == 0 ? 1 : count, sizeof(*made->tensors));
    if (made->tensors == NULL) FAIL_DONE(error, OUT_OF_MEMORY, "not enough memory for weights");
    if (count > 0) memcpy(made->tensors, tensors, count * sizeof(*tensors));
    TRY_DONE(
        tt_program_create(graph, &tt_device_get_options(device)->settings, false, &program, error));
    TRY_DONE(ttnn_check_room(device, program, 0, error));
    TRY_DONE(upload_all(made, program, cancel, error));
    *out_weights = made;
    made = NULL;
done:
    tt_program_destroy(program);
    ttnn_weights_destroy(made);
    return status;
}

void ttnn_weights_destroy(backend_weights *weights)
{
    if (weights == NULL) return;
    tt_device_drop_slots(weights->device, weights->slots, weights->n_kept);
    for (int i = 0; i < weights->n_kept; i++) mem_free(weights->keys[i]);
    mem_free(weights->keys);
    mem_free(weights->slots);
    mem_free(weights->tensors);
    mem_free(weights);
}

size_t ttnn_weights_bytes(const backend_weights *weights)
{
    return weights->bytes;
}
