/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/golden_noise.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "formats/npy.h"
#include "models/folder.h"
#include "tensor/layout.h"

#define NOISE_FILE "noise.npy"

static sd14_status
check_values(const char *path, const tensor *noise, shape expected, sd14_error *error)
{
    char found_text[SHAPE_TEXT_BYTES], expected_text[SHAPE_TEXT_BYTES];
    if (noise->type != DTYPE_F32 || !shape_equal(noise->shape, expected)) {
        FAIL(error, FILE, "%s: %s %s, expected float32 %s", path, dtype_name(noise->type),
             shape_text(noise->shape, found_text), shape_text(expected, expected_text));
    }
    for (size_t i = 0; i < shape_count(expected); i++) {
        float value;
        memcpy(&value, (const char *)noise->data + i * sizeof(value), sizeof(value));
        if (!isfinite(value)) {
            FAIL(error, FILE, "%s: NaN or infinity at element %zu", path, i);
        }
    }
    return SD14_OK;
}

static sd14_status open_array(const golden_noise *noise,
                              const suite_item *item,
                              size_t channels,
                              size_t scale,
                              npy *out_array,
                              sd14_error *error)
{
    char name[SUITE_ID_MAX + 32];
    (void)snprintf(name, sizeof(name), "%s/" NOISE_FILE, item->id);
    char *path = folder_path(noise->folder, name);
    if (path == NULL) FAIL_NO_MEMORY(error, "a path");
    const shape expected =
        shape_4(1, channels, (size_t)item->height / scale, (size_t)item->width / scale);
    sd14_status status = npy_open(path, out_array, error);
    if (status == SD14_OK) status = check_values(path, &out_array->tensor, expected, error);
    if (status != SD14_OK) npy_close(out_array);
    mem_free(path);
    return status;
}

/* That the manifest's file is the one there. */
static sd14_status
check_whole(const golden_noise *noise, const json_node *item, const char *id, sd14_error *error)
{
    const json_node files = json_member(item, "files");
    for (size_t i = 0; i < json_array_size(files.value); i++) {
        const json_node file = json_element(&files, i);
        const char *name = json_string_value(json_object_get(file.value, "name"));
        const char *slash = name == NULL ? NULL : strchr(name, '/');
        if (slash == NULL || strcmp(slash + 1, NOISE_FILE) != 0) continue;
        golden_file_state state = GOLDEN_FILE_SAME;
        TRY(golden_manifest_check_file(noise->folder, &file, &name, &state, error));
        if (state == GOLDEN_FILE_SAME) return SD14_OK;
        FAIL(error, FILE, "%s/%s: not as its manifest says; record that run again", noise->folder,
             name);
    }
    return json_fail(item, error, "\"%s\" has no " NOISE_FILE " among its files", id);
}

static sd14_status check_item(const golden_noise *noise,
                              const suite_item *item,
                              size_t channels,
                              size_t scale,
                              sd14_error *error)
{
    const json_node root = json_document_root(&noise->manifest);
    const json_node items = json_member(&root, "items");
    const json_node found = golden_manifest_find(&items, item->id);
    if (found.value == NULL) {
        return json_fail(&items, error, "no item \"%s\", which the suite has", item->id);
    }
    const json_node seed = json_member(&found, "seed");
    int64_t theirs = 0;
    TRY(json_get_int(&seed, 0, INT64_MAX, &theirs, error));
    if (theirs != item->seed) {
        return json_fail(&seed, error, "%" PRId64 ", but the suite's \"%s\" has %" PRId64, theirs,
                         item->id, item->seed);
    }
    TRY(check_whole(noise, &found, item->id, error));
    npy array = {0};
    TRY(open_array(noise, item, channels, scale, &array, error));
    npy_close(&array);
    return SD14_OK;
}

sd14_status golden_noise_open(const char *folder,
                              const suite *suite,
                              size_t channels,
                              size_t scale,
                              golden_noise *out_noise,
                              sd14_error *error)
{
    *out_noise = (golden_noise){.folder = folder};
    TRY(golden_manifest_load(folder, GOLDEN_MANIFEST, &out_noise->manifest, error));
    sd14_status status = sha256_file(out_noise->manifest.name, out_noise->sha256, error);
    for (size_t i = 0; status == SD14_OK && i < suite->n_items; i++) {
        status = check_item(out_noise, &suite->items[i], channels, scale, error);
    }
    if (status != SD14_OK) golden_noise_release(out_noise);
    return status;
}

sd14_status golden_noise_read(const golden_noise *noise,
                              const suite_item *item,
                              size_t channels,
                              size_t scale,
                              float *dst,
                              sd14_error *error)
{
    npy array = {0};
    TRY(open_array(noise, item, channels, scale, &array, error));
    const size_t count = shape_count(array.tensor.shape);
    float *values = mem_array(count, sizeof(*values));
    if (values != NULL) {
        tensor_to_f32(&array.tensor, 0, count, values);
        layout_channels_last(values, channels, count / channels, dst);
        mem_free(values);
    }
    npy_close(&array);
    if (values == NULL) FAIL_NO_MEMORY(error, "the noise");
    return SD14_OK;
}

void golden_noise_release(golden_noise *noise)
{
    json_document_release(&noise->manifest);
    *noise = (golden_noise){0};
}
