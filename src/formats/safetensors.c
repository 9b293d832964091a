/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/safetensors.h"

#include <stdlib.h>
#include <string.h>

#include "base/file_map.h"
#include "base/memory.h"
#include "formats/json.h"
#include "formats/mistaken_file.h"
#include "formats/safetensors_dtype.h"

enum { LENGTH_BYTES = 8, HEADER_MAX = 100000000 }; /* the reference's limit */

typedef struct entry {
    const char *name; /* borrowed from the header's JSON, like all text here */
    const safetensors_dtype *type;
    shape shape;
    size_t rank; /* the file's: may be more than a shape holds */
    size_t start;
    size_t end; /* in the data */
} entry;

struct safetensors {
    file_map map;
    json_document header;
    const uint8_t *data;
    size_t data_bytes;
    entry *entries; /* sorted by name */
    size_t count;
};

/* The header's length, once it is sure that there is a header. */
static sd14_status
check_length(const file_map *map, const char *path, size_t *out_length, sd14_error *error)
{
    uint64_t length = 0;
    for (size_t i = 0; i < LENGTH_BYTES && i < map->size; i++) {
        length |= (uint64_t)map->bytes[i] << (8 * i);
    }
    const bool braced = map->size > LENGTH_BYTES && map->bytes[LENGTH_BYTES] == '{';
    if (!braced || length > HEADER_MAX) {
        const char *instead = mistaken_file(map->bytes, map->size);
        if (instead != NULL) FAIL(error, MODEL, "%s: not a safetensors file but %s", path, instead);
    }
    if (map->size < LENGTH_BYTES) {
        FAIL(error, MODEL, "%s: only %zu bytes; the download is incomplete, fetch it again", path,
             map->size);
    }
    if (length > HEADER_MAX) {
        FAIL(error, MODEL, "%s: not a safetensors file: its header would be %llu bytes", path,
             (unsigned long long)length);
    }
    if (length > map->size - LENGTH_BYTES) {
        FAIL(error, MODEL,
             "%s: the file ends inside its header (%llu bytes announced, %zu there); the download "
             "is incomplete, fetch it again",
             path, (unsigned long long)length, map->size - LENGTH_BYTES);
    }
    if (!braced) FAIL(error, MODEL, "%s: not a safetensors file: its header is not JSON", path);
    *out_length = (size_t)length;
    return SD14_OK;
}

static sd14_status read_shape(const json_node *node, entry *to, size_t *out_bits, sd14_error *error)
{
    TRY(json_get_count(node, 0, SIZE_MAX, &to->rank, error));
    size_t bits = 1;
    for (size_t i = 0; i < to->rank; i++) {
        const json_node axis = json_element(node, i);
        int64_t dim = 0;
        TRY(json_get_int(&axis, 0, INT64_MAX, &dim, error));
        if (i < SHAPE_RANK_MAX) to->shape.dim[i] = (size_t)dim;
        if (__builtin_mul_overflow(bits, (size_t)dim, &bits)) {
            return json_fail(node, error, "the shape is too large");
        }
    }
    to->shape.rank = to->rank <= SHAPE_RANK_MAX ? (int)to->rank : 0;
    if (__builtin_mul_overflow(bits, to->type->bits, out_bits)) {
        return json_fail(node, error, "the shape is too large");
    }
    return SD14_OK;
}

static sd14_status read_offsets(const json_node *node, entry *to, sd14_error *error)
{
    size_t count = 0;
    int64_t start = 0;
    int64_t end = 0;
    TRY(json_get_count(node, 2, 2, &count, error));
    const json_node first = json_element(node, 0);
    const json_node second = json_element(node, 1);
    TRY(json_get_int(&first, 0, INT64_MAX, &start, error));
    TRY(json_get_int(&second, start, INT64_MAX, &end, error));
    to->start = (size_t)start;
    to->end = (size_t)end;
    return SD14_OK;
}

static sd14_status read_entry(const json_node *node, entry *to, sd14_error *error)
{
    const json_node dtype_node = json_member(node, "dtype");
    const json_node shape_node = json_member(node, "shape");
    const json_node offsets_node = json_member(node, "data_offsets");
    const char *type_name = NULL;
    size_t bits = 0;

    TRY(json_get_object(node, error));
    TRY(json_get_string(&dtype_node, &type_name, error));
    to->type = safetensors_dtype_find(type_name);
    if (to->type == NULL)
        return json_fail(&dtype_node, error, "unknown dtype \"%.20s\"", type_name);
    TRY(read_shape(&shape_node, to, &bits, error));
    TRY(read_offsets(&offsets_node, to, error));
    if (bits % 8 != 0 || to->end - to->start != bits / 8) {
        return json_fail(node, error, "%zu bytes of data, but %s and its shape make %zu bits",
                         to->end - to->start, type_name, bits);
    }
    return SD14_OK;
}

static sd14_status read_metadata(const json_node *node, sd14_error *error)
{
    if (!json_present(node)) return SD14_OK;
    TRY(json_get_object(node, error));
    const char *key = NULL;
    while ((key = json_next_key(node, key)) != NULL) {
        const json_node value = json_member(node, key);
        const char *string = NULL;
        TRY(json_get_string(&value, &string, error));
    }
    return SD14_OK;
}

static int compare_places(const void *a, const void *b)
{
    const entry *left = a;
    const entry *right = b;
    if (left->start != right->start) return left->start < right->start ? -1 : 1;
    return (left->end > right->end) - (left->end < right->end);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const entry *)a)->name, ((const entry *)b)->name);
}

/* Side by side from the first byte to the last: no overlap, no hole, no rest. */
static sd14_status check_places(safetensors *file, sd14_error *error)
{
    const char *path = file->header.name;
    size_t end = 0;
    qsort(file->entries, file->count, sizeof(entry), compare_places);
    for (size_t i = 0; i < file->count; i++) {
        const entry *at = &file->entries[i];
        if (at->start != end) {
            FAIL(error, MODEL, "%s: %s: its data starts at %zu, but %s %zu; the file is damaged",
                 path, at->name, at->start,
                 at->start < end ? "other tensors reach to" : "those before end at", end);
        }
        end = at->end;
    }
    if (end > file->data_bytes) {
        FAIL(error, MODEL,
             "%s: the file is cut short: %zu bytes of data are there, its header promises %zu; the "
             "download is incomplete, fetch it again",
             path, file->data_bytes, end);
    }
    if (end < file->data_bytes) {
        FAIL(error, MODEL, "%s: %zu bytes after the last tensor; the file is damaged", path,
             file->data_bytes - end);
    }
    return SD14_OK;
}

static sd14_status read_entries(safetensors *file, sd14_error *error)
{
    const json_node root = json_document_root(&file->header);
    TRY(json_get_object(&root, error));
    const json_node metadata = json_member(&root, "__metadata__");
    TRY(read_metadata(&metadata, error));

    file->entries = mem_array(json_object_size(root.value), sizeof(entry));
    if (file->entries == NULL) FAIL_NO_MEMORY(error, file->header.name);
    const char *name = NULL;
    while ((name = json_next_key(&root, name)) != NULL) {
        if (strcmp(name, "__metadata__") == 0) continue;
        const json_node node = json_member(&root, name);
        entry *to = &file->entries[file->count++];
        to->name = name;
        TRY(read_entry(&node, to, error));
    }
    TRY(check_places(file, error));
    qsort(file->entries, file->count, sizeof(entry), compare_names);
    return SD14_OK;
}

static sd14_status read_file(safetensors *file, const char *path, sd14_error *error)
{
    size_t length = 0;
    const sd14_status opened = file_map_open(path, &file->map, error);
    if (opened != SD14_OK) return opened == SD14_ERROR_FILE ? SD14_ERROR_MODEL : opened;
    TRY(check_length(&file->map, path, &length, error));
    TRY(json_document_parse((const char *)file->map.bytes + LENGTH_BYTES, length, path,
                            SD14_ERROR_MODEL, &file->header, error));
    file->data = file->map.bytes + LENGTH_BYTES + length;
    file->data_bytes = file->map.size - LENGTH_BYTES - length;
    return read_entries(file, error);
}

sd14_status safetensors_open(const char *path, safetensors **out_file, sd14_error *error)
{
    *out_file = NULL;
    safetensors *file = mem_array(1, sizeof(*file));
    if (file == NULL) FAIL_NO_MEMORY(error, path);
    const sd14_status status = read_file(file, path, error);
    if (status != SD14_OK) {
        safetensors_close(file);
        return status;
    }
    *out_file = file;
    return SD14_OK;
}

void safetensors_close(safetensors *file)
{
    if (file == NULL) return;
    mem_free(file->entries);
    json_document_release(&file->header);
    file_map_close(&file->map);
    mem_free(file);
}

size_t safetensors_count(const safetensors *file)
{
    return file->count;
}

const char *safetensors_name(const safetensors *file, size_t i)
{
    return file->entries[i].name;
}

sd14_status safetensors_at(const safetensors *file, size_t i, tensor *out_tensor, sd14_error *error)
{
    const entry *at = &file->entries[i];
    if (at->type->type == DTYPE_COUNT) {
        FAIL(error, MODEL, "%s: %s: dtype %s is not supported; convert it to F32, F16 or BF16",
             file->header.name, at->name, at->type->name);
    }
    if (at->rank > SHAPE_RANK_MAX) {
        FAIL(error, MODEL, "%s: %s: %zu axes are not supported; the most is %d", file->header.name,
             at->name, at->rank, SHAPE_RANK_MAX);
    }
    *out_tensor = (tensor){at->type->type, at->shape, file->data + at->start};
    return SD14_OK;
}

static const entry *search(const safetensors *file, const char *name)
{
    const entry key = {.name = name};
    return bsearch(&key, file->entries, file->count, sizeof(entry), compare_names);
}

bool safetensors_has(const safetensors *file, const char *name)
{
    return search(file, name) != NULL;
}

sd14_status
safetensors_find(const safetensors *file, const char *name, tensor *out_tensor, sd14_error *error)
{
    const entry *found = search(file, name);
    if (found == NULL) {
        FAIL(error, MODEL, "%s: has no tensor %s; is it the right model?", file->header.name, name);
    }
    return safetensors_at(file, (size_t)(found - file->entries), out_tensor, error);
}

const char *safetensors_metadata(const safetensors *file, const char *key)
{
    return json_string_value(
        json_object_get(json_object_get(file->header.root, "__metadata__"), key));
}
