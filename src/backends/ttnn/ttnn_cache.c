/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/ttnn/ttnn_cache.h"

#include <stdio.h>
#include <string.h>

#include "base/folder_write.h"
#include "base/sha256.h"

_Static_assert((int)SHA256_TEXT_BYTES == (int)TTNN_CACHE_NAME, "a name is a digest");

void ttnn_cache_give_up(ttnn_cache *cache, const char *why)
{
    cache->folder[0] = '\0';
    log_write(cache->log, LOG_LEVEL_WARNING,
              "converted weights are not kept, every start converts them again: %s", why);
}

static sd14_status make_folder(ttnn_cache *cache, const char *base, sd14_error *error)
{
    if (!machine_join(cache->folder, "%s/sd14/ttnn", base))
        FAIL(error, FILE, "%s: too long for a path", base);
    return folder_write_make_all(cache->folder, error);
}

void ttnn_cache_open(ttnn_cache *out, const machine *on, const char *device, const log_target *log)
{
    char base[PATH_MAX];
    sd14_error error = {{0}};
    *out = (ttnn_cache){.log = log};
    (void)snprintf(out->device, sizeof(out->device), "%s", device);
    if (!machine_cache_folder(on, base)) {
        ttnn_cache_give_up(out, "neither XDG_CACHE_HOME nor HOME is set");
    } else if (make_folder(out, base, &error) != SD14_OK) {
        ttnn_cache_give_up(out, error.text);
    }
}

static sd14_status add_text(sha256 *hash, const char *text, sd14_error *error)
{
    return sha256_add(hash, text, strlen(text) + 1, error);
}

/* The model's bytes behind a weight. */
static sd14_status
add_sources(sha256 *hash, const weight_recipe *recipe, const tensor *tensors, sd14_error *error)
{
    for (int i = 0; i < recipe->n_sources; i++) {
        if (recipe->source[i] < 0) continue;
        const tensor *from = &tensors[recipe->source[i]];
        const size_t bytes = shape_count(from->shape) * dtype_bytes(from->type);
        TRY(add_text(hash, dtype_name(from->type), error));
        TRY(sha256_add(hash, from->data, bytes, error));
    }
    return SD14_OK;
}

static sd14_status add_all(sha256 *hash,
                           const ttnn_cache *cache,
                           const tt_program *program,
                           const tt_weight *weight,
                           const tensor *tensors,
                           const char *calls,
                           sd14_error *error)
{
    char form[96];
    const tt_tensor *as = &program->slots[weight->slot].tensor;
    (void)snprintf(form, sizeof(form), "%s, layout %d, memory %d", tt_dtype_names[as->type],
                   (int)as->layout, (int)as->memory);
    TRY(add_text(hash, cache->device, error));
    TRY(add_text(hash, form, error));
    TRY(add_text(hash, weight->key, error));
    TRY(add_text(hash, calls, error));
    return add_sources(hash, &weight->recipe, tensors, error);
}

sd14_status ttnn_cache_name(const ttnn_cache *cache,
                            const tt_program *program,
                            const tt_weight *weight,
                            const tensor *tensors,
                            const char *calls,
                            char out[TTNN_CACHE_NAME],
                            sd14_error *error)
{
    sha256 hash = {0};
    TRY(sha256_init(&hash, error));
    sd14_status status = add_all(&hash, cache, program, weight, tensors, calls, error);
    if (status == SD14_OK) status = sha256_final(&hash, out, error);
    sha256_release(&hash);
    return status;
}

bool ttnn_cache_file(const ttnn_cache *cache, const char *name, char out[PATH_MAX])
{
    return machine_join(out, "%s/%s.tensorbin", cache->folder, name);
}

static int add_piece(const char *piece, size_t size, void *hash)
{
    return sha256_add(hash, piece, size, NULL) == SD14_OK ? 0 : -1;
}

static bool add_calls(sha256 *hash, const tt_call *calls, int n_calls)
{
    json_t *list = tt_program_calls_json(calls, n_calls, NULL);
    const bool added = list != NULL && json_dump_callback(list, add_piece, hash,
                                                          JSON_COMPACT | JSON_SORT_KEYS) == 0;
    json_decref(list);
    return added;
}

sd14_status
ttnn_cache_calls(const tt_program *program, char out_digest[TTNN_CACHE_NAME], sd14_error *error)
{
    sha256 hash = {0};
    TRY(sha256_init(&hash, error));
    const bool added = add_calls(&hash, program->setup, program->n_setup) &&
                       add_calls(&hash, program->body, program->n_body);
    const sd14_status status = added ? sha256_final(&hash, out_digest, error)
                                     : error_set(error, SD14_ERROR_OUT_OF_MEMORY,
                                                 "not enough memory for a program's calls");
    sha256_release(&hash);
    return status;
}
