/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/run_folder.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/sha256.h"
#include "models/folder.h"
#include "parity/golden_manifest.h"
#include "parity/suite.h"

enum { NAME_MAX_LENGTH = 64, CHECKPOINTS_MAX = 1001, FILES_MAX = 2000, SIDE_MAX = 1 << 16 };

/* Letters that names are made of here: none of them leads out of a folder. */
static bool made_of(const char *word, const char *letters, size_t most)
{
    const size_t length = strlen(word);
    return length >= 1 && length <= most && strspn(word, letters) == length;
}

#define LOWER_AND_DIGITS "abcdefghijklmnopqrstuvwxyz0123456789"

static sd14_status read_checkpoint(const json_node *node, run_checkpoint *out, sd14_error *error)
{
    const json_node name = json_member(node, "name");
    const json_node percent = json_member(node, "percent"), step = json_member(node, "step");
    TRY(json_get_string(&name, &out->name, error));
    if (!made_of(out->name, LOWER_AND_DIGITS "_", NAME_MAX_LENGTH)) {
        return json_fail(&name, error, "not a tensor's name: a-z, 0-9 and _");
    }
    TRY(json_get_int(&percent, 0, 100, &out->percent, error));
    return json_get_int(&step, 0, INT32_MAX, &out->step, error);
}

/* "red-apple/noise.npy": in the item's own folder, and nowhere else. */
static bool belongs_to(const char *file, const char *id)
{
    const size_t length = strlen(id);
    return strncmp(file, id, length) == 0 && file[length] == '/' &&
           made_of(file + length + 1, LOWER_AND_DIGITS "_-.", NAME_MAX_LENGTH) &&
           file[length + 1] != '.';
}

static sd14_status
read_file(const json_node *node, const char *id, run_file *out, sd14_error *error)
{
    const json_node name = json_member(node, "name"), sha256 = json_member(node, "sha256");
    const json_node bytes = json_member(node, "bytes");
    TRY(json_get_string(&name, &out->name, error));
    if (!belongs_to(out->name, id)) {
        return json_fail(&name, error, "\"%.80s\" is not a file of %s/", out->name, id);
    }
    TRY(json_get_string(&sha256, &out->sha256, error));
    if (strlen(out->sha256) != SHA256_TEXT_BYTES - 1 ||
        !made_of(out->sha256, "0123456789abcdef", SHA256_TEXT_BYTES)) {
        return json_fail(&sha256, error, "not a SHA-256: 64 digits of 0-9 and a-f");
    }
    return json_get_int(&bytes, 0, INT64_MAX, &out->bytes, error);
}

/* What an item was drawn from: there, and of the right kind. What it says is compared as it stands. */
static sd14_status check_settings(const json_node *node, sd14_error *error)
{
    static const char *const strings[] = {"prompt", "negative_prompt"};
    static const struct {
        const char *key;
        int64_t max;
    } integers[] = {{"steps", INT32_MAX}, {"width", SIDE_MAX}, {"height", SIDE_MAX}};
    const char *string = NULL;
    int64_t integer = 0;
    double number = 0.0;
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        const json_node member = json_member(node, strings[i]);
        TRY(json_get_string(&member, &string, error));
    }
    for (size_t i = 0; i < sizeof(integers) / sizeof(integers[0]); i++) {
        const json_node member = json_member(node, integers[i].key);
        TRY(json_get_int(&member, 1, integers[i].max, &integer, error));
    }
    const json_node guidance = json_member(node, "guidance_scale");
    TRY(json_get_number(&guidance, 0, 1e6, &number, error));
    const json_node seed = json_member(node, "seed");
    if (json_is_string(seed.value)) return SD14_OK; /* from 2^63 on: docs/json.md */
    return json_get_int(&seed, 0, INT64_MAX, &integer, error);
}

static sd14_status read_lists(const json_node *node, run_item *out, sd14_error *error)
{
    const json_node checkpoints = json_member(node, "checkpoints");
    const json_node files = json_member(node, "files");
    size_t count = 0;
    TRY(json_get_count(&checkpoints, 1, CHECKPOINTS_MAX, &count, error));
    out->checkpoints = mem_array(count, sizeof(*out->checkpoints));
    if (out->checkpoints == NULL) FAIL_NO_MEMORY(error, "a run's checkpoints");
    for (size_t i = 0; i < count; i++) {
        const json_node one = json_element(&checkpoints, i);
        TRY(read_checkpoint(&one, &out->checkpoints[out->checkpoint_count++], error));
    }
    TRY(json_get_count(&files, 1, FILES_MAX, &count, error));
    out->files = mem_array(count, sizeof(*out->files));
    if (out->files == NULL) FAIL_NO_MEMORY(error, "a run's files");
    for (size_t i = 0; i < count; i++) {
        const json_node one = json_element(&files, i);
        TRY(read_file(&one, out->id, &out->files[out->file_count++], error));
    }
    return SD14_OK;
}

static sd14_status
read_item(const json_node *node, const run_folder *run, run_item *out, sd14_error *error)
{
    const json_node id = json_member(node, "id");
    const char *name = NULL;
    TRY(json_get_string(&id, &name, error));
    if (!suite_id_is_valid(name)) {
        return json_fail(&id, error, "not an id: 1 to %d of a-z, 0-9 and -", SUITE_ID_MAX);
    }
    if (run_folder_find(run, name) != NULL) {
        return json_fail(&id, error, "the id \"%s\" is there twice", name);
    }
    out->id = name;
    out->all = node->value;
    TRY(check_settings(node, error));
    return read_lists(node, out, error);
}

static sd14_status read_manifest(run_folder *run, size_t fewest, sd14_error *error)
{
    const json_node root = json_document_root(&run->manifest);
    const json_node kind = json_member(&root, "kind"), format = json_member(&root, "format");
    const json_node items = json_member(&root, "items");
    const char *word = NULL;
    int64_t version = 0;
    size_t count = 0;
    TRY(json_get_string(&kind, &word, error));
    if (strcmp(word, "golden") != 0) {
        return json_fail(&kind, error, "\"%.40s\": this is no golden run", word);
    }
    TRY(json_get_int(&format, GOLDEN_FORMAT, GOLDEN_FORMAT, &version, error));
    TRY(json_get_count(&items, fewest, SUITE_ITEMS_MAX, &count, error));
    run->items = mem_array(count, sizeof(*run->items));
    if (run->items == NULL) FAIL_NO_MEMORY(error, "a run's items");
    for (size_t i = 0; i < count; i++) {
        const json_node one = json_element(&items, i);
        const sd14_status status = read_item(&one, run, &run->items[i], error);
        run->item_count = i + 1;
        TRY(status);
    }
    return SD14_OK;
}

static sd14_status
open_run(const char *path, const char *name, size_t fewest, run_folder *out_run, sd14_error *error)
{
    *out_run = (run_folder){.path = mem_string(path)};
    char *manifest = out_run->path == NULL ? NULL : run_folder_path(out_run, name);
    sd14_status status = SD14_OK;
    if (manifest == NULL) {
        status = error_set(error, SD14_ERROR_OUT_OF_MEMORY, "%s: not enough memory", path);
    }
    if (status == SD14_OK) {
        status = json_document_load(manifest, SD14_ERROR_FILE, &out_run->manifest, error);
    }
    if (status == SD14_OK) status = read_manifest(out_run, fewest, error);
    mem_free(manifest);
    if (status != SD14_OK) run_folder_close(out_run);
    return status;
}

static sd14_status check_finished(const char *path, sd14_error *error)
{
    char *whole = folder_path(path, GOLDEN_MANIFEST);
    char *partial = folder_path(path, GOLDEN_PARTIAL);
    const bool memory = whole != NULL && partial != NULL;
    const bool finished = memory && access(whole, F_OK) == 0;
    const bool begun = memory && access(partial, F_OK) == 0;
    mem_free(whole);
    mem_free(partial);
    if (!memory) FAIL_NO_MEMORY(error, "a path");
    if (finished) return SD14_OK;
    if (begun)
        FAIL(error, FILE, "%s: this run is not finished; the command that began it goes on", path);
    FAIL(error, FILE, "%s: no " GOLDEN_MANIFEST "; this is not the folder of a golden run", path);
}

sd14_status run_folder_open(const char *path, run_folder *out_run, sd14_error *error)
{
    *out_run = (run_folder){0};
    TRY(check_finished(path, error));
    return open_run(path, GOLDEN_MANIFEST, 1, out_run, error);
}

sd14_status run_folder_open_manifest(const char *path,
                                     const char *manifest,
                                     run_folder *out_run,
                                     sd14_error *error)
{
    return open_run(path, manifest, 0, out_run, error);
}

void run_folder_close(run_folder *run)
{
    for (size_t i = 0; i < run->item_count; i++) {
        mem_free(run->items[i].checkpoints);
        mem_free(run->items[i].files);
    }
    mem_free(run->items);
    json_document_release(&run->manifest);
    mem_free(run->path);
    *run = (run_folder){0};
}

const run_item *run_folder_find(const run_folder *run, const char *id)
{
    for (size_t i = 0; i < run->item_count; i++) {
        if (strcmp(run->items[i].id, id) == 0) return &run->items[i];
    }
    return NULL;
}

const json_t *run_folder_value(const run_folder *run, const char *key, const char *inner)
{
    const json_t *value = json_object_get(run->manifest.root, key);
    return inner == NULL ? value : json_object_get(value, inner);
}

char *run_folder_path(const run_folder *run, const char *name)
{
    return folder_path(run->path, name);
}

sd14_status run_folder_check_file(const run_folder *run,
                                  const run_file *file,
                                  run_file_state *out_state,
                                  sd14_error *error)
{
    char *path = run_folder_path(run, file->name);
    if (path == NULL) FAIL_NO_MEMORY(error, "a path");
    struct stat about;
    char sha256[SHA256_TEXT_BYTES];
    sd14_status status = SD14_OK;
    if (stat(path, &about) != 0 || !S_ISREG(about.st_mode)) {
        *out_state = RUN_FILE_MISSING;
    } else if ((int64_t)about.st_size != file->bytes) {
        *out_state = RUN_FILE_SIZE;
    } else {
        status = sha256_file(path, sha256, error);
        const bool same = status == SD14_OK && strcmp(sha256, file->sha256) == 0;
        *out_state = same ? RUN_FILE_SAME : RUN_FILE_CHANGED;
    }
    mem_free(path);
    return status;
}
