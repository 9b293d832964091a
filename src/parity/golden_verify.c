/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/golden_verify.h"

#include <unistd.h>

#include "base/memory.h"
#include "models/folder.h"

typedef struct verification {
    const char *folder;
    void (*problem)(void *user, const char *name, golden_file_state state);
    void *user;
    size_t n_files, n_problems;
} verification;

static sd14_status verify_item(verification *v, const json_node *item, sd14_error *error)
{
    const json_node files = json_member(item, "files");
    size_t count = 0;
    TRY(json_get_count(&files, 1, SIZE_MAX, &count, error));
    for (size_t i = 0; i < count; i++) {
        const json_node file = json_element(&files, i);
        const char *name = NULL;
        golden_file_state state = GOLDEN_FILE_SAME;
        TRY(golden_manifest_check_file(v->folder, &file, &name, &state, error));
        v->n_files++;
        if (state == GOLDEN_FILE_SAME) continue;
        v->n_problems++;
        if (v->problem != NULL) v->problem(v->user, name, state);
    }
    return SD14_OK;
}

static sd14_status verify_items(verification *v, const json_document *manifest, sd14_error *error)
{
    const json_node root = json_document_root(manifest);
    const json_node items = json_member(&root, "items");
    size_t count = 0;
    TRY(json_get_count(&items, 1, SUITE_ITEMS_MAX, &count, error));
    for (size_t i = 0; i < count; i++) {
        const json_node item = json_element(&items, i);
        TRY(verify_item(v, &item, error));
    }
    if (v->n_problems == 0) return SD14_OK;
    FAIL(error, VERIFICATION, "%s: %zu of %zu files are not as " GOLDEN_MANIFEST " says", v->folder,
         v->n_problems, v->n_files);
}

static sd14_status check_finished(const char *folder, sd14_error *error)
{
    char *whole = folder_path(folder, GOLDEN_MANIFEST);
    char *partial = folder_path(folder, GOLDEN_PARTIAL);
    const bool memory = whole != NULL && partial != NULL;
    const bool finished = memory && access(whole, F_OK) == 0;
    const bool begun = memory && access(partial, F_OK) == 0;
    mem_free(whole);
    mem_free(partial);
    if (!memory) FAIL_NO_MEMORY(error, "a path");
    if (finished) return SD14_OK;
    if (begun)
        FAIL(error, FILE, "%s: this run is not finished; the command that began it goes on",
             folder);
    FAIL(error, FILE, "%s: no " GOLDEN_MANIFEST "; this is not the folder of a golden run", folder);
}

sd14_status golden_verify(const char *folder,
                          void (*problem)(void *user, const char *name, golden_file_state state),
                          void *user,
                          size_t *out_n_files,
                          sd14_error *error)
{
    json_document manifest;
    verification v = {.folder = folder, .problem = problem, .user = user};
    TRY(check_finished(folder, error));
    TRY(golden_manifest_load(folder, GOLDEN_MANIFEST, &manifest, error));
    const sd14_status status = verify_items(&v, &manifest, error);
    json_document_release(&manifest);
    *out_n_files = v.n_files;
    return status;
}
