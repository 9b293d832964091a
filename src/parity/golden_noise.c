/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/golden_noise.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "formats/npy.h"
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
    char *path = run_folder_path(&noise->run, name);
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
static sd14_status check_whole(const run_folder *run, const run_item *item, sd14_error *error)
{
    for (size_t i = 0; i < item->file_count; i++) {
        const run_file *file = &item->files[i];
        if (strcmp(file->name + strlen(item->id) + 1, NOISE_FILE) != 0) continue;
        run_file_state state = RUN_FILE_SAME;
        TRY(run_folder_check_file(run, file, &state, error));
        if (state == RUN_FILE_SAME) return SD14_OK;
        FAIL(error, FILE, "%s/%s: not as its manifest says; record that run again", run->path,
             file->name);
    }
    FAIL(error, FILE, "%s: item %s has no " NOISE_FILE " among its files", run->path, item->id);
}

static sd14_status check_item(const golden_noise *noise,
                              const suite_item *item,
                              size_t channels,
                              size_t scale,
                              sd14_error *error)
{
    const run_folder *run = &noise->run;
    const run_item *theirs = run_folder_find(run, item->id);
    if (theirs == NULL) {
        FAIL(error, FILE, "%s: no item %s, which the suite has", run->path, item->id);
    }
    const json_t *seed = json_object_get(theirs->all, "seed"); /* a string from 2^63 on */
    if (!json_is_integer(seed) || json_integer_value(seed) != item->seed) {
        FAIL(error, FILE, "%s: item %s has another seed than the suite's, %" PRId64, run->path,
             item->id, item->seed);
    }
    TRY(check_whole(run, theirs, error));
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
    *out_noise = (golden_noise){0};
    TRY(run_folder_open(folder, &out_noise->run, error));
    sd14_status status = sha256_file(out_noise->run.manifest.name, out_noise->sha256, error);
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
    run_folder_close(&noise->run);
    *noise = (golden_noise){0};
}
