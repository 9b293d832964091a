/* SPDX-License-Identifier: Apache-2.0 */

/* An item's files in two runs, and two single files: what is in them by name, opened and paired. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "formats/npy.h"
#include "formats/safetensors.h"
#include "parity/compare_parts.h"

enum { FILE_BYTES = 96, NAME_BYTES = 192 };

/* An item being compared: its files on both sides. */
typedef struct pairing {
    comparison *in;
    compared_item *item;
    safetensors *tensors[SIDES]; /* NULL: unreadable, which was said */
    npy arrays[SIDES];
    sd14_error *error;
} pairing;

/* A file that cannot be read is a finding, not the end. Out of memory is the end. */
static sd14_status note_unreadable(pairing *of, int side, const char *subject, sd14_status status)
{
    if (status == SD14_OK || status == SD14_ERROR_OUT_OF_MEMORY) return status;
    compare_find(of->in, of->item, NULL, true, subject, "unreadable in %s: %s", side_name(side),
                 of->error->text);
    return SD14_OK;
}

/* "RUN/red-apple/noise.npy" */
static char *item_path(const pairing *of, int side, const char *file)
{
    char name[NAME_BYTES];
    (void)snprintf(name, sizeof(name), "%s/%s", of->item->id, file);
    char *path = run_folder_path(&of->in->runs[side], name);
    if (path == NULL) of->in->out_of_memory = true;
    return path;
}

/* The manifest has a hash of every file that is compared: one that is not listed could be anything. */
static void check_listed(pairing *of, int side, const char *file)
{
    char name[NAME_BYTES];
    (void)snprintf(name, sizeof(name), "%s/%s", of->item->id, file);
    const run_item *run = of->item->run[side];
    for (size_t i = 0; i < run->file_count; i++) {
        if (strcmp(run->files[i].name, name) == 0) return;
    }
    compare_find(of->in, of->item, NULL, true, file, "the manifest of %s does not list it",
                 side_name(side));
}

static sd14_status open_tensors(pairing *of)
{
    static const char file[] = "tensors.safetensors";
    for (int side = 0; side < SIDES; side++) {
        check_listed(of, side, file);
        char *path = item_path(of, side, file);
        if (path == NULL) FAIL_NO_MEMORY(of->error, "a file's name");
        const sd14_status status = safetensors_open(path, &of->tensors[side], of->error);
        mem_free(path);
        TRY(note_unreadable(of, side, file, status));
    }
    return SD14_OK;
}

/* A tensor that is in both of a run's files must be one tensor. */
static void check_copy(pairing *of, int side, const char *name)
{
    const tensor *array = &of->arrays[side].tensor;
    tensor copy;
    if (of->tensors[side] == NULL) return;
    if (safetensors_find(of->tensors[side], name, &copy, NULL) != SD14_OK) {
        compare_find(of->in, of->item, NULL, true, name, "not in tensors.safetensors of %s",
                     side_name(side));
        return;
    }
    const size_t bytes = shape_count(array->shape) * dtype_bytes(array->type);
    if (copy.type != array->type || !shape_equal(copy.shape, array->shape) ||
        (bytes > 0 && memcmp(copy.data, array->data, bytes) != 0)) {
        compare_find(of->in, of->item, NULL, true, name,
                     "%s.npy and tensors.safetensors of %s do not hold the same", name,
                     side_name(side));
    }
}

/* The tensors of name.npy. */
static sd14_status compare_arrays(pairing *of, const char *name)
{
    char file[FILE_BYTES];
    (void)snprintf(file, sizeof(file), "%s.npy", name);
    bool both = true;
    sd14_status status = SD14_OK;
    for (int side = 0; side < SIDES && status == SD14_OK; side++) {
        check_listed(of, side, file);
        char *path = item_path(of, side, file);
        if (path == NULL) FAIL_NO_MEMORY(of->error, "a file's name");
        status = npy_open(path, &of->arrays[side], of->error);
        mem_free(path);
        if (status == SD14_OK) {
            check_copy(of, side, name);
        } else {
            both = false;
            status = note_unreadable(of, side, file, status);
        }
    }
    if (status == SD14_OK && both) {
        const tensor sides[SIDES] = {of->arrays[SIDE_A].tensor, of->arrays[SIDE_B].tensor};
        status = compare_tensors(of->in, of->item, name, sides, of->error);
    }
    for (int side = 0; side < SIDES; side++) npy_close(&of->arrays[side]);
    return status;
}

/* A tensor of tensors.safetensors. */
static sd14_status compare_named(pairing *of, const char *name)
{
    tensor sides[SIDES];
    bool both = true;
    for (int side = 0; side < SIDES; side++) {
        if (of->tensors[side] == NULL) {
            both = false;
            continue;
        }
        const sd14_status status =
            safetensors_find(of->tensors[side], name, &sides[side], of->error);
        if (status != SD14_OK) both = false;
        TRY(note_unreadable(of, side, name, status));
    }
    return both ? compare_tensors(of->in, of->item, name, sides, of->error) : SD14_OK;
}

static sd14_status compare_item_pictures(pairing *of)
{
    static const char file[] = "picture.png";
    char *paths[SIDES] = {item_path(of, SIDE_A, file), item_path(of, SIDE_B, file)};
    sd14_status status = SD14_OK;
    if (paths[SIDE_A] == NULL || paths[SIDE_B] == NULL) {
        status = error_set(of->error, SD14_ERROR_OUT_OF_MEMORY, "not enough memory for a name");
    } else {
        for (int side = 0; side < SIDES; side++) check_listed(of, side, file);
        const char *const both[SIDES] = {paths[SIDE_A], paths[SIDE_B]};
        status = compare_pictures(of->in, of->item, both, of->error);
        if (status != SD14_OK && status != SD14_ERROR_OUT_OF_MEMORY) {
            compare_find(of->in, of->item, NULL, true, "picture", "unreadable: %s",
                         of->error->text);
            status = SD14_OK;
        }
    }
    for (int side = 0; side < SIDES; side++) mem_free(paths[side]);
    return status;
}

static sd14_status compare_opened(pairing *of)
{
    TRY(open_tensors(of));
    TRY(compare_named(of, "input_ids"));
    TRY(compare_named(of, "text_embeddings"));
    TRY(compare_arrays(of, "noise"));
    const run_item *reference = of->item->run[SIDE_B];
    for (size_t i = 0; i < reference->checkpoint_count; i++) {
        TRY(compare_arrays(of, reference->checkpoints[i].name));
    }
    return compare_item_pictures(of);
}

sd14_status compare_item(comparison *in, compared_item *item, sd14_error *error)
{
    sd14_error own;
    pairing of = {.in = in, .item = item, .error = error == NULL ? &own : error};
    const sd14_status status = compare_opened(&of);
    for (int side = 0; side < SIDES; side++) safetensors_close(of.tensors[side]);
    return status;
}
