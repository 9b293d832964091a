/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "formats/npy.h"
#include "formats/png.h"
#include "formats/safetensors.h"
#include "models/folder.h"
#include "parity/contract_check.h"
#include "parity/run_folder.h"

static const char against[] = "run";

/* One picture of the run. */
typedef struct run_picture {
    const contract_check *check;
    size_t height, width;
    size_t rows; /* prompts encoded: 2 with guidance */
} run_picture;

/* "latents_*" stands for everything that begins like it. */
static bool name_matches(const char *pattern, const char *name, bool exact)
{
    const size_t length = strlen(pattern);
    const bool open_end = length > 0 && pattern[length - 1] == '*';
    if (exact) return !open_end && strcmp(pattern, name) == 0;
    return open_end && strncmp(pattern, name, length - 1) == 0;
}

static bool is_recorded_as(const contract_tensor *tensor, const char *name, bool exact)
{
    for (size_t i = 0; tensor->recorded[i] != NULL; i++) {
        if (name_matches(tensor->recorded[i], name, exact)) return true;
    }
    return false;
}

/* A name itself goes before a pattern. */
static const contract_tensor *
find_recorded(const contract_set *contracts, const char *name, contract_part *out_part)
{
    for (int exact = 1; exact >= 0; exact--) {
        for (int part = 0; part < CONTRACT_PARTS; part++) {
            const contract *of = &contracts->parts[part];
            for (size_t i = 0; i < of->n_tensors; i++) {
                if (!is_recorded_as(&of->tensors[i], name, exact == 1)) continue;
                *out_part = (contract_part)part;
                return &of->tensors[i];
            }
        }
    }
    return NULL;
}

static void
check_recorded(const run_picture *item, const char *name, const tensor *tensor, const char *file)
{
    contract_part part = CONTRACT_PARTS;
    const contract_tensor *expected = find_recorded(item->check->contracts, name, &part);
    if (expected == NULL) {
        const contract_place place = {against, "-", name, file};
        contract_report_violation(item->check->report, &place, "name", "a tensor of a contract",
                                  "in no contract");
        return;
    }
    const size_t batch = part == CONTRACT_TEXT_ENCODER ? item->rows : 1;
    const contract_symbols symbols =
        contract_check_symbols(item->check, batch, item->height, item->width);
    const contract_found found = {
        .tensor = *tensor, .layout = expected->recorded_layout, .where = file};
    contract_check_tensor(item->check, against, &item->check->contracts->parts[part], expected,
                          &symbols, &found);
}

/* ---- files ---------------------------------------------------------------------------------------- */

/* A tensor's .npy, where the run has one. */
static sd14_status
check_npy(const run_picture *item, const char *folder, const char *name, sd14_error *error)
{
    text path = {0};
    npy array = {0};
    text_add(&path, "%s/%s.npy", folder, name);
    if (text_failed(&path)) FAIL_NO_MEMORY(error, "a path");
    sd14_status status = SD14_OK;
    if (access(text_get(&path), F_OK) == 0) {
        status = npy_open(text_get(&path), &array, error);
        if (status == SD14_OK) check_recorded(item, name, &array.tensor, text_get(&path));
        npy_close(&array);
    }
    text_release(&path);
    return status;
}

/* Contracts name what must be there; patterns stand for any number. */
static void check_complete(const run_picture *item, const safetensors *file, const char *path)
{
    const contract_set *contracts = item->check->contracts;
    for (int part = 0; part < CONTRACT_PARTS; part++) {
        const contract *of = &contracts->parts[part];
        for (size_t i = 0; i < of->n_tensors; i++) {
            const contract_tensor *tensor = &of->tensors[i];
            for (size_t k = 0; tensor->recorded[k] != NULL && !tensor->optional; k++) {
                const char *name = tensor->recorded[k];
                if (strpbrk(name, "*.") != NULL || safetensors_has(file, name)) continue;
                const contract_place place = {against, of->name, tensor->name, path};
                contract_report_violation(item->check->report, &place, "name", name,
                                          "the file has no such tensor");
            }
        }
    }
}

static sd14_status check_tensors(const run_picture *item, const char *folder, sd14_error *error)
{
    sd14_status status = SD14_OK;
    safetensors *file = NULL;
    char *path = folder_path(folder, "tensors.safetensors");
    if (path == NULL) FAIL_NO_MEMORY(error, "a path");
    TRY_DONE(safetensors_open(path, &file, error));
    for (size_t i = 0; i < safetensors_count(file); i++) {
        tensor found = {0};
        TRY_DONE(safetensors_at(file, i, &found, error));
        check_recorded(item, safetensors_name(file, i), &found, path);
        TRY_DONE(check_npy(item, folder, safetensors_name(file, i), error));
    }
    check_complete(item, file, path);
done:
    safetensors_close(file);
    mem_free(path);
    return status;
}

static sd14_status check_picture(const run_picture *item, const char *folder, sd14_error *error)
{
    static const char name[] = "picture.png";
    png_file file = {0};
    char *path = folder_path(folder, name);
    if (path == NULL) FAIL_NO_MEMORY(error, "a path");
    const sd14_status status = png_file_read(path, &file, error);
    if (status == SD14_OK) {
        const tensor pixels = {
            .type = DTYPE_U8,
            .shape = shape_4(1, (size_t)file.picture.height, (size_t)file.picture.width, 3),
            .data = file.pixels,
        };
        check_recorded(item, name, &pixels, path);
    }
    png_file_release(&file);
    mem_free(path);
    return status;
}

/* ---- the run -------------------------------------------------------------------------------------- */

static sd14_status check_item(const contract_check *check,
                              const run_folder *run,
                              const run_item *item,
                              sd14_error *error)
{
    const run_picture picture = {
        .check = check,
        .height = (size_t)json_integer_value(json_object_get(item->all, "height")),
        .width = (size_t)json_integer_value(json_object_get(item->all, "width")),
        .rows = json_number_value(json_object_get(item->all, "guidance_scale")) > 1.0 ? 2 : 1,
    };
    char *path = run_folder_path(run, item->id);
    if (path == NULL) FAIL_NO_MEMORY(error, "a path");
    sd14_status status = check_tensors(&picture, path, error);
    if (status == SD14_OK) status = check_picture(&picture, path, error);
    mem_free(path);
    return status;
}

sd14_status contract_check_run(const contract_check *check, const char *folder, sd14_error *error)
{
    run_folder run;
    TRY(run_folder_open(folder, &run, error));
    sd14_status status = SD14_OK;
    for (size_t i = 0; status == SD14_OK && i < run.item_count; i++) {
        status = check_item(check, &run, &run.items[i], error);
    }
    run_folder_close(&run);
    return status;
}
