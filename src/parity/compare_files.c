/* SPDX-License-Identifier: Apache-2.0 */

/* Two single files. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "formats/npy.h"
#include "formats/safetensors.h"
#include "parity/compare_parts.h"

enum { NAME_MAX_KEPT = 128 };

static bool ends_with(const char *path, const char *end)
{
    const size_t length = strlen(path), end_length = strlen(end);
    return length > end_length && strcasecmp(path + length - end_length, end) == 0;
}

static bool both_end_with(const comparison *in, const char *end)
{
    return ends_with(in->request.path[SIDE_A], end) && ends_with(in->request.path[SIDE_B], end);
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* B's name without ".npy" is the tensor's, so that latents_100.npy has the limits of latents_100. */
static sd14_status compare_arrays(comparison *in, compared_item *item, sd14_error *error)
{
    npy arrays[SIDES] = {0};
    char name[NAME_MAX_KEPT];
    const char *file = last_part(in->request.path[SIDE_B]);
    (void)snprintf(name, sizeof(name), "%.*s", (int)(strlen(file) - 4), file);
    sd14_status status = SD14_OK;
    for (int side = 0; side < SIDES && status == SD14_OK; side++) {
        status = npy_open(in->request.path[side], &arrays[side], error);
    }
    if (status == SD14_OK) {
        const tensor sides[SIDES] = {arrays[SIDE_A].tensor, arrays[SIDE_B].tensor};
        status = compare_tensors(in, item, name, sides, error);
    }
    for (int side = 0; side < SIDES; side++) npy_close(&arrays[side]);
    return status;
}

static sd14_status
compare_all_named(comparison *in, compared_item *item, safetensors *files[SIDES], sd14_error *error)
{
    for (size_t i = 0; i < safetensors_count(files[SIDE_B]); i++) {
        const char *name = safetensors_name(files[SIDE_B], i);
        tensor sides[SIDES];
        if (!safetensors_has(files[SIDE_A], name)) {
            compare_find(in, item, NULL, true, name, "missing in A");
            continue;
        }
        for (int side = 0; side < SIDES; side++) {
            TRY(safetensors_find(files[side], name, &sides[side], error));
        }
        TRY(compare_tensors(in, item, name, sides, error));
    }
    for (size_t i = 0; i < safetensors_count(files[SIDE_A]); i++) {
        const char *name = safetensors_name(files[SIDE_A], i);
        if (safetensors_has(files[SIDE_B], name)) continue;
        compare_find(in, item, NULL, true, name, "missing in B");
    }
    return SD14_OK;
}

static sd14_status compare_safetensors(comparison *in, compared_item *item, sd14_error *error)
{
    safetensors *files[SIDES] = {NULL, NULL};
    sd14_status status = SD14_OK;
    for (int side = 0; side < SIDES && status == SD14_OK; side++) {
        status = safetensors_open(in->request.path[side], &files[side], error);
    }
    if (status == SD14_OK) status = compare_all_named(in, item, files, error);
    for (int side = 0; side < SIDES; side++) safetensors_close(files[side]);
    return status;
}

sd14_status compare_files(comparison *in, sd14_error *error)
{
    in->items = mem_array(1, sizeof(*in->items));
    if (in->items == NULL) FAIL_NO_MEMORY(error, "the files to compare");
    compared_item *item = compare_add_item(in, last_part(in->request.path[SIDE_B]));
    if (item == NULL) FAIL_NO_MEMORY(error, "the files to compare");

    if (both_end_with(in, ".npy")) return compare_arrays(in, item, error);
    if (both_end_with(in, ".safetensors")) return compare_safetensors(in, item, error);
    if (both_end_with(in, ".png")) {
        return compare_pictures(in, item, in->request.path, error);
    }
    FAIL(error, INVALID_ARGUMENT,
         "%s and %s: two .npy, two .safetensors or two .png files can be compared",
         in->request.path[SIDE_A], in->request.path[SIDE_B]);
}
