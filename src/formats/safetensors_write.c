/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/safetensors_write.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_write.h"
#include "base/memory.h"
#include "base/text.h"
#include "formats/json.h"
#include "formats/safetensors_dtype.h"

enum { LENGTH_BYTES = 8 };

static size_t item_bytes(const safetensors_item *item)
{
    return shape_count(item->tensor.shape) * dtype_bytes(item->tensor.type);
}

static int compare_names(const void *a, const void *b)
{
    const safetensors_item *left = *(const safetensors_item *const *)a;
    const safetensors_item *right = *(const safetensors_item *const *)b;
    return strcmp(left->name, right->name);
}

/* Large elements first, then by name. */
static int compare_items(const void *a, const void *b)
{
    const safetensors_item *left = *(const safetensors_item *const *)a;
    const safetensors_item *right = *(const safetensors_item *const *)b;
    const safetensors_dtype *x = safetensors_dtype_of(left->tensor.type);
    const safetensors_dtype *y = safetensors_dtype_of(right->tensor.type);
    if (x != y) return x > y ? -1 : 1; /* places in one table */
    return strcmp(left->name, right->name);
}

/* Appends a quoted string; jansson refuses what is not UTF-8. */
static sd14_status add_string(text *to, const char *string, sd14_error *error)
{
    json_t *value = json_string(string);
    if (value == NULL) {
        FAIL(error, INVALID_ARGUMENT, "\"%.60s\": a name in a safetensors file must be UTF-8",
             string);
    }
    json_canonical(value, to);
    json_decref(value);
    return SD14_OK;
}

static sd14_status
add_notes(text *to, const safetensors_note *notes, size_t count, sd14_error *error)
{
    text_add(to, "\"__metadata__\":{");
    for (size_t i = 0; i < count; i++) {
        if (i > 0) text_add(to, ",");
        TRY(add_string(to, notes[i].key, error));
        text_add(to, ":");
        TRY(add_string(to, notes[i].value, error));
    }
    text_add(to, "}");
    return SD14_OK;
}

static sd14_status
add_item(text *to, const safetensors_item *item, size_t *offset, sd14_error *error)
{
    char dims[SHAPE_TEXT_BYTES];
    TRY(add_string(to, item->name, error));
    text_add(to, ":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%zu,%zu]}",
             safetensors_dtype_of(item->tensor.type)->name, shape_text(item->tensor.shape, dims),
             *offset, *offset + item_bytes(item));
    *offset += item_bytes(item);
    return SD14_OK;
}

/* The length, then the JSON, filled with spaces to a multiple of 8. */
static sd14_status build_header(text *to,
                                const safetensors_item *const *items,
                                size_t item_count,
                                const safetensors_note *notes,
                                size_t note_count,
                                sd14_error *error)
{
    size_t offset = 0;
    text_add_bytes(to, "\0\0\0\0\0\0\0", LENGTH_BYTES);
    text_add(to, "{");
    if (note_count > 0) TRY(add_notes(to, notes, note_count, error));
    for (size_t i = 0; i < item_count; i++) {
        if (i > 0 || note_count > 0) text_add(to, ",");
        TRY(add_item(to, items[i], &offset, error));
    }
    text_add(to, "}");
    while (to->length % LENGTH_BYTES != 0 && !text_failed(to)) text_add(to, " ");
    if (text_failed(to)) FAIL_NO_MEMORY(error, "the header of a safetensors file");

    const size_t length = to->length - LENGTH_BYTES;
    for (size_t i = 0; i < LENGTH_BYTES; i++) {
        to->bytes[i] = (char)(unsigned char)(length >> (8 * i) & 0xFF);
    }
    return SD14_OK;
}

static sd14_status sort_items(const safetensors_item **sorted, size_t count, sd14_error *error)
{
    qsort((void *)sorted, count, sizeof(*sorted), compare_names);
    for (size_t i = 0; i < count; i++) {
        const char *name = sorted[i]->name;
        if (strcmp(name, "__metadata__") == 0) {
            FAIL(error, INVALID_ARGUMENT, "__metadata__ is not a name for a tensor; use a note");
        }
        if (i > 0 && strcmp(name, sorted[i - 1]->name) == 0) {
            FAIL(error, INVALID_ARGUMENT, "\"%s\": two tensors have this name", name);
        }
    }
    qsort((void *)sorted, count, sizeof(*sorted), compare_items);
    return SD14_OK;
}

static sd14_status write_sorted(const char *path,
                                const text *header,
                                const safetensors_item *const *items,
                                size_t count,
                                sd14_error *error)
{
    file_write file;
    TRY(file_write_open(path, &file, error));
    TRY(file_write_append(&file, header->bytes, header->length, error));
    for (size_t i = 0; i < count; i++) {
        TRY(file_write_append(&file, items[i]->tensor.data, item_bytes(items[i]), error));
    }
    return file_write_commit(&file, error);
}

sd14_status safetensors_write(const char *path,
                              const safetensors_item *items,
                              size_t item_count,
                              const safetensors_note *notes,
                              size_t note_count,
                              sd14_error *error)
{
    text header = {0};
    const safetensors_item **sorted = mem_array(item_count, sizeof(*sorted));
    if (sorted == NULL) FAIL_NO_MEMORY(error, path);
    for (size_t i = 0; i < item_count; i++) sorted[i] = &items[i];

    sd14_status status = sort_items(sorted, item_count, error);
    if (status == SD14_OK) {
        status = build_header(&header, sorted, item_count, notes, note_count, error);
    }
    if (status == SD14_OK) status = write_sorted(path, &header, sorted, item_count, error);
    text_release(&header);
    mem_free((void *)sorted);
    return status;
}
