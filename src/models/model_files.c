/* SPDX-License-Identifier: Apache-2.0 */
#include "models/model_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file_digest.h"
#include "base/memory.h"
#include "models/folder.h"

/* Read where they are present. */
static const char *const small_files[] = {
    "model_index.json",
    "scheduler/scheduler_config.json",
    "sd14.json",
    "text_encoder/config.json",
    "tokenizer/added_tokens.json",
    "tokenizer/merges.txt",
    "tokenizer/special_tokens_map.json",
    "tokenizer/tokenizer.json",
    "tokenizer/tokenizer_config.json",
    "tokenizer/vocab.json",
    "unet/config.json",
    "vae/config.json",
};

typedef struct file_list {
    const char *folder;
    const char *digests; /* model.digests */
    model_file *files;
    size_t count;
    size_t room;
} file_list;

/* Hashes folder/name into the list; a name that is there already is not hashed again. */
static sd14_status add_file(file_list *list, const char *name, sd14_error *error)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->files[i].name, name) == 0) return SD14_OK;
    }
    if (list->count == list->room) {
        model_file *grown = mem_resize(list->files, 2 * list->room + 16, sizeof(*grown));
        if (grown == NULL) FAIL_NO_MEMORY(error, "a list of files");
        list->files = grown;
        list->room = 2 * list->room + 16;
    }
    char digits[SHA256_TEXT_BYTES];
    char *path = folder_path(list->folder, name);
    if (path == NULL) FAIL_NO_MEMORY(error, "a path");
    const sd14_status status = file_digest(path, list->digests, digits, error);
    mem_free(path);
    if (status == SD14_ERROR_FILE) return SD14_ERROR_MODEL;
    TRY(status);

    model_file *file = &list->files[list->count++];
    *file = (model_file){.name = mem_string(name), .sha256 = mem_string(digits)};
    if (file->name == NULL || file->sha256 == NULL) FAIL_NO_MEMORY(error, "a list of files");
    return SD14_OK;
}

static sd14_status add_small_files(file_list *list, sd14_error *error)
{
    for (size_t i = 0; i < sizeof(small_files) / sizeof(small_files[0]); i++) {
        char *path = folder_path(list->folder, small_files[i]);
        if (path == NULL) FAIL_NO_MEMORY(error, "a path");
        const bool there = access(path, F_OK) == 0;
        mem_free(path);
        if (there) TRY(add_file(list, small_files[i], error));
    }
    return SD14_OK;
}

static sd14_status add_weights(file_list *list, const weight_files *weights, sd14_error *error)
{
    TRY(add_file(list, weights->path + strlen(list->folder) + 1, error));
    if (weights->shards == NULL) return SD14_OK;
    for (size_t i = 0; i < safetensors_index_count(weights->shards); i++) {
        char name[512];
        (void)snprintf(name, sizeof(name), "%s/%s", weights->component,
                       safetensors_index_shard(weights->shards, i));
        TRY(add_file(list, name, error));
    }
    return SD14_OK;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const model_file *)a)->name, ((const model_file *)b)->name);
}

sd14_status
model_hash_files(const model *of, model_file **out_files, size_t *out_count, sd14_error *error)
{
    file_list list = {.folder = of->folder, .digests = of->digests};
    sd14_status status = add_small_files(&list, error);
    for (int i = 0; status == SD14_OK && i < MODEL_COMPONENTS; i++) {
        status = add_weights(&list, &of->files[i], error);
    }
    if (status != SD14_OK) {
        model_files_destroy(list.files, list.count);
        return status;
    }
    qsort(list.files, list.count, sizeof(*list.files), compare_names);
    *out_files = list.files;
    *out_count = list.count;
    return SD14_OK;
}

/* The VAE's folder serves two networks. */
static const weight_files *files_of(const model *of, model_part part)
{
    return &of->files[part == MODEL_VAE_ENCODER ? MODEL_VAE_DECODER : part];
}

sd14_status model_part_digest(const model *of,
                              model_part part,
                              char out_text[SHA256_TEXT_BYTES],
                              sd14_error *error)
{
    file_list list = {.folder = of->folder, .digests = of->digests};
    sha256 hash = {0};
    sd14_status status = add_weights(&list, files_of(of, part), error);
    if (status == SD14_OK) status = sha256_init(&hash, error);
    for (size_t i = 0; status == SD14_OK && i < list.count; i++)
        status = sha256_add(&hash, list.files[i].sha256, SHA256_TEXT_BYTES, error);
    if (status == SD14_OK) status = sha256_final(&hash, out_text, error);
    sha256_release(&hash);
    model_files_destroy(list.files, list.count);
    return status;
}

void model_files_destroy(model_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        mem_free(files[i].name);
        mem_free(files[i].sha256);
    }
    mem_free(files);
}
