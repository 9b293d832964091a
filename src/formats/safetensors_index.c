/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/safetensors_index.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "formats/json.h"
#include "formats/safetensors.h"

typedef struct entry {
    const char *name;  /* borrowed from the index's JSON */
    const char *shard; /* likewise */
    const safetensors *file;
} entry;

struct safetensors_index {
    json_document document;
    entry *entries; /* sorted by name */
    size_t count;
    safetensors **shards;
    size_t shard_count;
};

/* A name that stays in the folder: a model may not make us open files elsewhere. */
static bool plain_name(const char *name)
{
    return name[0] != '\0' && name[0] != '.' && strpbrk(name, "/\\") == NULL;
}

static sd14_status read_weight_map(safetensors_index *index, sd14_error *error)
{
    const json_node root = json_document_root(&index->document);
    const json_node map = json_member(&root, "weight_map");
    TRY(json_get_object(&map, error));

    index->entries = mem_array(json_object_size(map.value), sizeof(entry));
    if (index->entries == NULL) FAIL_NO_MEMORY(error, index->document.name);
    const char *name = NULL;
    while ((name = json_next_key(&map, name)) != NULL) {
        const json_node shard = json_member(&map, name);
        entry *to = &index->entries[index->count++];
        to->name = name;
        TRY(json_get_string(&shard, &to->shard, error));
        if (!plain_name(to->shard)) {
            return json_fail(&shard, error, "\"%.100s\" is not the plain name of a file beside it",
                             to->shard);
        }
    }
    return SD14_OK;
}

static int compare_shards(const void *a, const void *b)
{
    return strcmp(((const entry *)a)->shard, ((const entry *)b)->shard);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const entry *)a)->name, ((const entry *)b)->name);
}

static sd14_status open_shard(safetensors_index *index, const char *name, sd14_error *error)
{
    const char *path = index->document.name;
    const char *slash = strrchr(path, '/');
    text shard_path = {0};
    if (slash != NULL) text_add_bytes(&shard_path, path, (size_t)(slash - path) + 1);
    text_add(&shard_path, "%s", name);

    sd14_status status = SD14_OK;
    if (text_failed(&shard_path)) {
        status = error_set(error, SD14_ERROR_OUT_OF_MEMORY, "%s: not enough memory", path);
    } else {
        safetensors **to = &index->shards[index->shard_count];
        status = safetensors_open(text_get(&shard_path), to, error);
    }
    if (status == SD14_OK) index->shard_count++;
    text_release(&shard_path);
    return status;
}

/* Each file once: entries are taken in the order of their shards. */
static sd14_status open_shards(safetensors_index *index, sd14_error *error)
{
    size_t names = 0;
    qsort(index->entries, index->count, sizeof(entry), compare_shards);
    for (size_t i = 0; i < index->count; i++) {
        names += i == 0 || compare_shards(&index->entries[i - 1], &index->entries[i]) != 0;
    }
    index->shards = mem_array(names, sizeof(*index->shards));
    if (index->shards == NULL) FAIL_NO_MEMORY(error, index->document.name);

    for (size_t i = 0; i < index->count; i++) {
        entry *at = &index->entries[i];
        if (i == 0 || compare_shards(at - 1, at) != 0) TRY(open_shard(index, at->shard, error));
        at->file = index->shards[index->shard_count - 1];
        if (!safetensors_has(at->file, at->name)) {
            FAIL(error, MODEL, "%s: %s is not in %s, where the index says it is",
                 index->document.name, at->name, at->shard);
        }
    }
    qsort(index->entries, index->count, sizeof(entry), compare_names);
    return SD14_OK;
}

sd14_status
safetensors_index_open(const char *path, safetensors_index **out_index, sd14_error *error)
{
    *out_index = NULL;
    safetensors_index *index = mem_array(1, sizeof(*index));
    if (index == NULL) FAIL_NO_MEMORY(error, path);
    sd14_status status = json_document_load(path, SD14_ERROR_MODEL, &index->document, error);
    if (status == SD14_OK) status = read_weight_map(index, error);
    if (status == SD14_OK) status = open_shards(index, error);
    if (status != SD14_OK) {
        safetensors_index_close(index);
        return status;
    }
    *out_index = index;
    return SD14_OK;
}

void safetensors_index_close(safetensors_index *index)
{
    if (index == NULL) return;
    for (size_t i = 0; i < index->shard_count; i++) safetensors_close(index->shards[i]);
    mem_free((void *)index->shards);
    mem_free(index->entries);
    json_document_release(&index->document);
    mem_free(index);
}

size_t safetensors_index_count(const safetensors_index *index)
{
    return index->count;
}

const char *safetensors_index_shard(const safetensors_index *index, size_t i)
{
    return index->entries[i].shard;
}

const char *safetensors_index_name(const safetensors_index *index, size_t i)
{
    return index->entries[i].name;
}

sd14_status safetensors_index_at(const safetensors_index *index,
                                 size_t i,
                                 tensor *out_tensor,
                                 sd14_error *error)
{
    const entry *at = &index->entries[i];
    return safetensors_find(at->file, at->name, out_tensor, error);
}

static const entry *search(const safetensors_index *index, const char *name)
{
    const entry key = {.name = name};
    return bsearch(&key, index->entries, index->count, sizeof(entry), compare_names);
}

bool safetensors_index_has(const safetensors_index *index, const char *name)
{
    return search(index, name) != NULL;
}

sd14_status safetensors_index_find(const safetensors_index *index,
                                   const char *name,
                                   tensor *out_tensor,
                                   sd14_error *error)
{
    const entry *found = search(index, name);
    if (found == NULL) {
        FAIL(error, MODEL, "%s: has no tensor %s; is it the right model?", index->document.name,
             name);
    }
    return safetensors_find(found->file, name, out_tensor, error);
}
