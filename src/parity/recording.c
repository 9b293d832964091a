/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/recording.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "formats/json.h"
#include "formats/safetensors.h"

struct recording {
    char *path;
    safetensors *file;
    json_document manifest;
    recording_settings settings;
};

/* ---- the manifest --------------------------------------------------------------------------------- */

static sd14_status read_int(
    const json_node *root, const char *key, int64_t min, int64_t max, int *out, sd14_error *error)
{
    const json_node node = json_member(root, key);
    int64_t value = 0;
    TRY(json_get_int(&node, min, max, &value, error));
    *out = (int)value;
    return SD14_OK;
}

static sd14_status read_settings(recording *of, sd14_error *error)
{
    const json_node root = json_document_root(&of->manifest);
    recording_settings *s = &of->settings;
    const json_node prompt = json_member(&root, "prompt");
    const json_node negative = json_member(&root, "negative_prompt");
    const json_node guidance = json_member(&root, "guidance_scale");
    const json_node seed = json_member(&root, "seed");
    double number = 0.0;
    int64_t whole = 0;
    TRY(json_get_string(&prompt, &s->prompt, error));
    TRY(json_get_string(&negative, &s->negative_prompt, error));
    TRY(json_get_number(&guidance, 0.0, 100.0, &number, error));
    TRY(json_get_int(&seed, 0, INT64_MAX, &whole, error));
    TRY(read_int(&root, "steps", 1, 1000, &s->steps, error));
    TRY(read_int(&root, "width", 64, 2048, &s->width, error));
    TRY(read_int(&root, "height", 64, 2048, &s->height, error));
    s->guidance = (float)number;
    s->seed = (uint64_t)whole;
    return SD14_OK;
}

/* manifest.json in the folder of `path`. */
static sd14_status open_manifest(recording *of, sd14_error *error)
{
    const char *slash = strrchr(of->path, '/');
    text name = {0};
    text_add(&name, "%.*smanifest.json", slash == NULL ? 0 : (int)(slash - of->path) + 1, of->path);
    sd14_status status = SD14_OK;
    if (text_failed(&name)) {
        status = error_set(error, SD14_ERROR_OUT_OF_MEMORY, "not enough memory for a path");
    } else {
        status = json_document_load(text_get(&name), SD14_ERROR_FILE, &of->manifest, error);
    }
    text_release(&name);
    return status == SD14_OK ? read_settings(of, error) : status;
}

sd14_status recording_open(const char *path, recording **out_recording, sd14_error *error)
{
    sd14_status status = SD14_OK;
    recording *made = mem_array(1, sizeof(*made));
    if (made == NULL || (made->path = mem_string(path)) == NULL) {
        mem_free(made);
        FAIL_NO_MEMORY(error, "a recording");
    }
    TRY_DONE(safetensors_open(path, &made->file, error));
    TRY_DONE(open_manifest(made, error));
    *out_recording = made;
    made = NULL;
done:
    recording_close(made);
    return status;
}

void recording_close(recording *of)
{
    if (of == NULL) return;
    safetensors_close(of->file);
    json_document_release(&of->manifest);
    mem_free(of->path);
    mem_free(of);
}

recording_settings recording_get_settings(const recording *of)
{
    return of->settings;
}

/* ---- tensors -------------------------------------------------------------------------------------- */

bool recording_has(const recording *of, const char *name)
{
    return safetensors_has(of->file, name);
}

bool recording_has_prefix(const recording *of, const char *prefix)
{
    const size_t length = strlen(prefix);
    for (size_t i = 0; i < safetensors_count(of->file); i++) {
        if (strncmp(safetensors_name(of->file, i), prefix, length) == 0) return true;
    }
    return false;
}

/* Elements may lie anywhere in the file, not only on multiples of their size. */
static bool to_floats(const tensor *from, float *dst)
{
    const size_t count = shape_count(from->shape);
    const uint8_t *bytes = from->data;
    if (dtype_is_float(from->type)) {
        tensor_to_f32(from, 0, count, dst);
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        int32_t id = 0;
        if (from->type == DTYPE_U8) {
            id = bytes[i];
        } else if (from->type == DTYPE_I32) {
            memcpy(&id, bytes + i * sizeof(id), sizeof(id));
        } else {
            return false;
        }
        dst[i] = (float)id;
    }
    return true;
}

/* Of elements: a whole number, which NaN is not. */
static bool is_count(double value)
{
    return value >= 1.0 && value < 0x1p53 && floor(value) >= value;
}

/* The sums beside a tensor, if there are any: "<name>.stats". */
static sd14_status
read_sums(const recording *of, const char *name, recorded_values *values, sd14_error *error)
{
    char sums_name[512];
    tensor sums;
    double stats[4];
    (void)snprintf(sums_name, sizeof(sums_name), "%s.stats", name);
    if (!safetensors_has(of->file, sums_name)) return SD14_OK;
    TRY(safetensors_find(of->file, sums_name, &sums, error));
    if (sums.type != DTYPE_F64 || shape_count(sums.shape) != 4) {
        FAIL(error, FILE, "%s: %s: expected float64 [4]: sum, sum of squares, count, stride",
             of->path, sums_name);
    }
    memcpy(stats, sums.data, sizeof(stats));
    const bool sane = stats[1] >= 0.0 && is_count(stats[2]) && is_count(stats[3]) &&
                      (double)(values->count - 1) * stats[3] < stats[2];
    if (values->count == 0 || !sane) {
        FAIL(error, FILE, "%s: %s: contradicts its samples; record it again", of->path, sums_name);
    }
    values->digest = true;
    values->sum = stats[0];
    values->squares = stats[1];
    values->whole = (size_t)stats[2];
    values->stride = (size_t)stats[3];
    return SD14_OK;
}

sd14_status recording_read(const recording *of,
                           const char *name,
                           recorded_values *out_values,
                           sd14_error *error)
{
    tensor found;
    recorded_values read = {0};
    const sd14_status status = safetensors_find(of->file, name, &found, error);
    if (status != SD14_OK) return status == SD14_ERROR_MODEL ? SD14_ERROR_FILE : status;
    read.shape = found.shape;
    read.count = shape_count(found.shape);
    TRY(read_sums(of, name, &read, error));
    read.values = mem_array(read.count, sizeof(float));
    if (read.values == NULL) FAIL_NO_MEMORY(error, "a recorded tensor");
    if (!to_floats(&found, read.values)) {
        mem_free(read.values);
        FAIL(error, FILE, "%s: %s: recorded as %s, which is not compared", of->path, name,
             dtype_name(found.type));
    }
    *out_values = read;
    return SD14_OK;
}

sd14_status recording_read_whole(
    const recording *of, const char *name, shape expected, float **out_values, sd14_error *error)
{
    recorded_values read = {0};
    TRY(recording_read(of, name, &read, error));
    if (!read.digest && shape_equal(read.shape, expected)) {
        *out_values = read.values;
        return SD14_OK;
    }
    mem_free(read.values);
    char found[SHAPE_TEXT_BYTES], wanted[SHAPE_TEXT_BYTES];
    FAIL(error, FILE,
         "%s: %s is %s%s, this run needs %s; leave the prompt's and the picture's options to the "
         "recording, and give the model that was recorded",
         of->path, name, shape_text(read.shape, found), read.digest ? ", sampled" : "",
         shape_text(expected, wanted));
}
