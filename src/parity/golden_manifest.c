/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/golden_manifest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file_write.h"
#include "base/memory.h"
#include "models/folder.h"

/* jansson's reals have 17 digits otherwise: 7.0999999999999996. A float32 needs nine. */
#define DUMP_FLAGS (JSON_INDENT(2) | JSON_REAL_PRECISION(9))

const char *const golden_file_names[GOLDEN_FILES] = {
    "picture.png",     "noise.npy",       "latents_000.npy", "latents_025.npy",
    "latents_050.npy", "latents_075.npy", "latents_100.npy", "tensors.safetensors"};

const golden_checkpoint golden_checkpoints[GOLDEN_CHECKPOINTS] = {{0, "latents_000"},
                                                                  {25, "latents_025"},
                                                                  {50, "latents_050"},
                                                                  {75, "latents_075"},
                                                                  {100, "latents_100"}};

int golden_checkpoint_step(int percent, int steps)
{
    return (steps * percent + 50) / 100;
}

static json_t *model_files(const golden_machine *machine)
{
    json_t *files = json_array();
    for (size_t i = 0; files != NULL && i < machine->n_files; i++) {
        json_t *file = json_pack("{s:s, s:s}", "name", machine->files[i].name, "sha256",
                                 machine->files[i].sha256);
        if (json_array_append_new(files, file) != 0) { /* refuses NULL too */
            json_decref(files);
            files = NULL;
        }
    }
    return files;
}

json_t *
golden_manifest_new(const golden_machine *machine, const suite *suite, const char *noise_sha256)
{
    json_t *made = json_pack(
        "{s:i, s:s, s:{s:s, s:s}, s:{s:s, s:s}, s:{s:s, s:o}, s:s, s:s, s:s, s:i, s:s}",   //
        "format", GOLDEN_FORMAT, "kind", "golden",                                         //
        "producer", "name", "sd14", "version", machine->version,                           //
        "suite", "name", suite->name, "sha256", suite->sha256,                             //
        "model", "name", machine->model_name, "files", model_files(machine),               //
        "backend", machine->backend, "precision", machine->precision, "isa", machine->isa, //
        "threads", machine->threads, "sampler", suite->sampler);
    if (made == NULL || noise_sha256 == NULL) return made;
    if (json_object_set_new(made, "noise_from", json_pack("{s:s}", "sha256", noise_sha256)) == 0)
        return made;
    json_decref(made);
    return NULL;
}

static json_t *checkpoints(int steps)
{
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < GOLDEN_CHECKPOINTS; i++) {
        const golden_checkpoint *at = &golden_checkpoints[i];
        json_t *one = json_pack("{s:i, s:i, s:s}", "percent", at->percent, "step",
                                golden_checkpoint_step(at->percent, steps), "name", at->name);
        if (json_array_append_new(array, one) != 0) {
            json_decref(array);
            array = NULL;
        }
    }
    return array;
}

json_t *golden_manifest_item(const suite_item *item)
{
    char digits[40]; /* what DUMP_FLAGS write, so that it equals what is read back */
    (void)snprintf(digits, sizeof(digits), "%.9g", item->guidance_scale);
    return json_pack("{s:s, s:s, s:s, s:I, s:i, s:f, s:i, s:i, s:o}", "id", item->id, "prompt",
                     item->prompt, "negative_prompt", item->negative_prompt, "seed",
                     (json_int_t)item->seed, "steps", item->steps, "guidance_scale",
                     strtod(digits, NULL), "width", item->width, "height", item->height,
                     "checkpoints", checkpoints(item->steps));
}

static sd14_status hash_file(const char *path, const char *name, json_t *files, sd14_error *error)
{
    char digits[SHA256_TEXT_BYTES];
    struct stat about;
    TRY(sha256_file(path, digits, error));
    if (stat(path, &about) != 0) return file_write_fail(path, errno, error);
    json_t *file = json_pack("{s:s, s:s, s:I}", "name", name, "sha256", digits, "bytes",
                             (json_int_t)about.st_size);
    if (json_array_append_new(files, file) != 0) FAIL_NO_MEMORY(error, "a manifest");
    return SD14_OK;
}

sd14_status
golden_manifest_add_files(json_t *item, const char *folder, const char *id, sd14_error *error)
{
    json_t *files = json_array();
    if (json_object_set_new(item, "files", files) != 0) FAIL_NO_MEMORY(error, "a manifest");
    for (size_t i = 0; i < GOLDEN_FILES; i++) {
        char name[SUITE_ID_MAX + 64];
        (void)snprintf(name, sizeof(name), "%s/%s", id, golden_file_names[i]);
        char *path = folder_path(folder, name);
        if (path == NULL) FAIL_NO_MEMORY(error, "a path");
        const sd14_status status = hash_file(path, name, files, error);
        mem_free(path);
        TRY(status);
    }
    return SD14_OK;
}

static int add_dumped(const char *bytes, size_t size, void *to)
{
    text_add_bytes(to, bytes, size);
    return text_failed(to) ? -1 : 0;
}

sd14_status golden_manifest_write(const json_t *manifest,
                                  const char *folder,
                                  const char *name,
                                  sd14_error *error)
{
    text bytes = {0};
    char *path = folder_path(folder, name);
    sd14_status status = SD14_OK;
    const int failed = json_dump_callback(manifest, add_dumped, &bytes, DUMP_FLAGS);
    text_add(&bytes, "\n");
    if (path == NULL || failed != 0 || text_failed(&bytes)) {
        status = error_set(error, SD14_ERROR_OUT_OF_MEMORY, "not enough memory for %s", name);
    } else {
        status = file_write_all(path, bytes.bytes, bytes.length, error);
    }
    text_release(&bytes);
    mem_free(path);
    return status;
}
