/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/golden_record.h"

#include <unistd.h>

#include "base/folder_write.h"
#include "base/memory.h"
#include "models/folder.h"
#include "parity/golden_difference.h"
#include "parity/run_folder.h"

static sd14_status remove_file(const char *folder, const char *name, sd14_error *error)
{
    char *path = folder_path(folder, name);
    if (path == NULL) FAIL_NO_MEMORY(error, "a path");
    (void)unlink(path); /* both manifests there: the whole one is read first */
    mem_free(path);
    return SD14_OK;
}

static bool has_file(const char *folder, const char *name)
{
    char *path = folder_path(folder, name);
    const bool found = path != NULL && access(path, F_OK) == 0;
    mem_free(path);
    return found;
}

/* The manifest of this run with the items that are there. */
static sd14_status write_manifest(const golden_record *record, const char *name, sd14_error *error)
{
    json_t *items = json_array();
    for (size_t i = 0; i < record->suite->n_items; i++) {
        if (record->items[i] != NULL) (void)json_array_append(items, record->items[i]);
    }
    json_t *whole = json_copy(record->manifest);
    sd14_status status = SD14_OK;
    if (json_object_set_new(whole, "items", items) != 0) {
        status = error_set(error, SD14_ERROR_OUT_OF_MEMORY, "not enough memory for %s", name);
    } else {
        status = golden_manifest_write(whole, record->folder, name, error);
    }
    json_decref(whole);
    return status;
}

static sd14_status
check_settings(const golden_record *record, const run_folder *old, sd14_error *error)
{
    text difference = {0};
    if (!golden_difference(old->manifest.root, record->manifest, "items", &difference))
        return SD14_OK;
    const sd14_status status =
        error_set(error, SD14_ERROR_FILE,
                  "%s: holds another run, which differs in %s; give another folder, or what it was "
                  "begun with",
                  record->folder, text_get(&difference));
    text_release(&difference);
    return status;
}

/* Takes item i over from the old manifest if it is the same drawing and its files are as they were. */
static sd14_status
keep_item(golden_record *record, const run_folder *old, size_t i, sd14_error *error)
{
    const suite_item *item = &record->suite->items[i];
    const run_item *found = run_folder_find(old, item->id);
    if (found == NULL) return SD14_OK;
    json_t *wanted = golden_manifest_item(item);
    if (wanted == NULL) FAIL_NO_MEMORY(error, "a manifest");
    text difference = {0};
    bool whole = found->file_count == GOLDEN_FILES &&
                 !golden_difference(found->all, wanted, "files", &difference);
    text_release(&difference);
    json_decref(wanted);

    for (size_t f = 0; whole && f < found->file_count; f++) {
        run_file_state state = RUN_FILE_SAME;
        TRY(run_folder_check_file(old, &found->files[f], &state, error));
        whole = state == RUN_FILE_SAME;
    }
    if (whole) record->items[i] = json_incref((json_t *)(uintptr_t)found->all);
    return SD14_OK;
}

static sd14_status read_old(golden_record *record, const char *name, sd14_error *error)
{
    run_folder old;
    TRY(run_folder_open_manifest(record->folder, name, &old, error));
    sd14_status status = check_settings(record, &old, error);
    for (size_t i = 0; status == SD14_OK && i < record->suite->n_items; i++) {
        status = keep_item(record, &old, i, error);
    }
    run_folder_close(&old);
    return status;
}

static bool is_complete(const golden_record *record)
{
    for (size_t i = 0; i < record->suite->n_items; i++) {
        if (record->items[i] == NULL) return false;
    }
    return true;
}

static sd14_status open_folder(golden_record *record, sd14_error *error)
{
    bool empty = false;
    TRY(folder_write_sweep(record->folder, &empty, error));
    const bool finished = has_file(record->folder, GOLDEN_MANIFEST);
    if (finished) {
        TRY(read_old(record, GOLDEN_MANIFEST, error));
    } else if (has_file(record->folder, GOLDEN_PARTIAL)) {
        TRY(read_old(record, GOLDEN_PARTIAL, error));
    } else if (!empty) {
        FAIL(error, FILE, "%s: is not empty and holds no golden run; give a new or empty folder",
             record->folder);
    }
    record->found_complete = finished && is_complete(record);
    if (record->found_complete) return SD14_OK;
    TRY(write_manifest(record, GOLDEN_PARTIAL, error));
    return remove_file(record->folder, GOLDEN_MANIFEST, error);
}

sd14_status golden_record_open(const char *folder,
                               json_t *manifest,
                               const suite *suite,
                               golden_record *out_record,
                               sd14_error *error)
{
    *out_record = (golden_record){.folder = folder, .suite = suite, .manifest = manifest};
    out_record->items = mem_array(suite->n_items, sizeof(json_t *));
    sd14_status status = SD14_OK;
    if (manifest == NULL || out_record->items == NULL) {
        status = error_set(error, SD14_ERROR_OUT_OF_MEMORY, "not enough memory for a manifest");
    } else {
        status = open_folder(out_record, error);
    }
    if (status != SD14_OK) golden_record_release(out_record);
    return status;
}

sd14_status golden_record_add(golden_record *record, size_t i, sd14_error *error)
{
    const suite_item *item = &record->suite->items[i];
    json_t *made = golden_manifest_item(item);
    if (made == NULL) FAIL_NO_MEMORY(error, "a manifest");
    const sd14_status status = golden_manifest_add_files(made, record->folder, item->id, error);
    if (status != SD14_OK) {
        json_decref(made);
        return status;
    }
    record->items[i] = made;
    return write_manifest(record, GOLDEN_PARTIAL, error);
}

sd14_status golden_record_finish(const golden_record *record, sd14_error *error)
{
    if (!record->found_complete) TRY(write_manifest(record, GOLDEN_MANIFEST, error));
    return remove_file(record->folder, GOLDEN_PARTIAL, error);
}

void golden_record_release(golden_record *record)
{
    for (size_t i = 0; record->items != NULL && i < record->suite->n_items; i++) {
        json_decref(record->items[i]);
    }
    mem_free((void *)record->items);
    json_decref(record->manifest);
    *record = (golden_record){0};
}
