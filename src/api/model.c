/* SPDX-License-Identifier: Apache-2.0 */
#include "api/model.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "models/model_files.h"

enum { SIDE_MIN = 64, SIDE_MAX = 2048 };

/* The two scales are the same, name by name. */
static void forward_log(void *user, log_level level, const char *text)
{
    const sd14_log *log = user;
    log->write(log->user, (sd14_log_level)level, text);
}

sd14_status
model_check_side(const model_config *config, const char *name, int32_t side, sd14_error *error)
{
    const size_t multiple = model_pixel_multiple(config);
    if (side >= SIDE_MIN && side <= SIDE_MAX && (size_t)side % multiple == 0) return SD14_OK;
    FAIL(error, INVALID_ARGUMENT, "%s %d: must be a multiple of %zu from %d to %d", name, (int)side,
         multiple, SIDE_MIN, SIDE_MAX);
}

/* "models/emoji/" -> "emoji". */
static char *last_part(const char *path)
{
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/') end--;
    size_t start = end;
    while (start > 0 && path[start - 1] != '/') start--;
    char *name = mem_array(end - start + 1, 1);
    if (name != NULL) memcpy(name, path + start, end - start);
    return name;
}

char *model_name_of(const char *path)
{
    char resolved[PATH_MAX];
    char *name = last_part(path);
    if (name == NULL || (strcmp(name, ".") != 0 && strcmp(name, "..") != 0)) return name;
    if (realpath(path, resolved) == NULL) return name;
    mem_free(name);
    return last_part(resolved);
}

sd14_status
sd14_model_load(const sd14_model_params *params, sd14_model **out_model, sd14_error *error)
{
    if (out_model == NULL) FAIL(error, INVALID_ARGUMENT, "no place for the model given");
    char digests[PATH_MAX];
    sd14_status status = SD14_OK;
    sd14_model *made = mem_array(1, sizeof(*made));
    if (made == NULL) FAIL_NO_MEMORY(error, "a model");
    made->public_log = params->log;
    made->log.user = &made->public_log;
    made->log.write = params->log.write == NULL ? NULL : forward_log;
    TRY_DONE(model_backend_create(params, &made->log, &made->backend, error));
    TRY_DONE(model_fallback_create(params, &made->log, &made->fallback, error));
    TRY_DONE(model_load(params->path, &made->model, error));
    if (model_cache_folder(params, "sha256", digests)) made->model->digests = mem_string(digests);
    made->name = model_name_of(params->path);
    if (made->name == NULL) FAIL_DONE(error, OUT_OF_MEMORY, "not enough memory for a model");
    if (made->model->config.warning[0] != '\0') {
        log_write(&made->log, LOG_LEVEL_WARNING, "%s", made->model->config.warning);
    }
    *out_model = made;
    made = NULL;
done:
    sd14_model_destroy(made);
    return status;
}

void sd14_model_destroy(sd14_model *model)
{
    if (model == NULL) return;
    for (size_t i = 0; i < model->n_files; i++) {
        mem_free((void *)(uintptr_t)model->files[i].name);
        mem_free((void *)(uintptr_t)model->files[i].sha256);
    }
    mem_free(model->files);
    mem_free(model->name);
    model_destroy(model->model);
    if (model->backend != NULL) model->backend->vtable->destroy(model->backend);
    if (model->fallback != NULL) model->fallback->vtable->destroy(model->fallback);
    mem_free(model);
}

void sd14_model_get_info(const sd14_model *model, sd14_model_info *out_info)
{
    const model_config *config = &model->model->config;
    *out_info = (sd14_model_info){
        .path = model->model->folder,
        .name = model->name,
        .width = (int32_t)config->defaults.width,
        .height = (int32_t)config->defaults.height,
        .steps = config->defaults.steps,
        .guidance = (float)config->defaults.guidance_scale,
        .pixel_multiple = (int32_t)model_pixel_multiple(config),
        .max_prompt_tokens = (int32_t)config->text_encoder.max_position_embeddings - 2,
        .description = model->model->card.description,
        .prompts = (const char *const *)model->model->card.prompts,
        .n_prompts = model->model->card.n_prompts,
    };
    model_backend_describe(model->backend, out_info);
}

sd14_status sd14_model_hash_files(sd14_model *model,
                                  const sd14_model_file **out_files,
                                  size_t *out_n_files,
                                  sd14_error *error)
{
    if (model == NULL || out_files == NULL || out_n_files == NULL)
        FAIL(error, INVALID_ARGUMENT, "no model or no place for its files given");
    if (model->files == NULL) {
        model_file *hashed = NULL;
        size_t count = 0;
        TRY(model_hash_files(model->model, &hashed, &count, error));
        model->files = mem_array(count, sizeof(*model->files));
        if (model->files == NULL) {
            model_files_destroy(hashed, count);
            FAIL_NO_MEMORY(error, "a list of files");
        }
        for (size_t i = 0; i < count; i++) {
            model->files[i] = (sd14_model_file){.name = hashed[i].name, .sha256 = hashed[i].sha256};
        }
        model->n_files = count;
        mem_free(hashed); /* its strings have moved */
    }
    *out_files = model->files;
    *out_n_files = model->n_files;
    return SD14_OK;
}
