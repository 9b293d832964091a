/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/model_search.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "formats/json.h"
#include "probe/hugging_face.h"

static const char sd14_repository[] = "models--CompVis--stable-diffusion-v1-4";

const char *model_source_name(model_source source)
{
    static const char *const names[] = {"built-in", "SD14_MODEL", "given", "Hugging Face cache"};
    return names[source];
}

/* Takes over `name` and `revision`, also on failure. */
static sd14_status add(located_models *to,
                       model_source source,
                       const char *path,
                       char *name,
                       char *revision,
                       bool is_main,
                       sd14_error *error)
{
    located_model *grown = mem_resize(to->items, to->count + 1, sizeof(*grown));
    if (grown != NULL) to->items = grown;
    char *copy = mem_string(path);
    if (grown == NULL || copy == NULL || name == NULL) {
        mem_free(copy);
        mem_free(name);
        mem_free(revision);
        FAIL_NO_MEMORY(error, "a list of models");
    }
    to->items[to->count++] = (located_model){source, copy, name, revision, is_main};
    return SD14_OK;
}

/* The last part of the path, links and "." followed where that is possible. */
static sd14_status add_folder(
    const machine *on, located_models *to, model_source source, const char *path, sd14_error *error)
{
    char real[PATH_MAX];
    char resolved[PATH_MAX];
    const bool follows = machine_path(on, path, real) && realpath(real, resolved) != NULL;
    if (!follows && !machine_join(resolved, "%s", path)) return SD14_OK;
    const char *slash = strrchr(resolved, '/');
    const bool has_name = slash != NULL && slash[1] != '\0';
    return add(to, source, path, mem_string(has_name ? slash + 1 : resolved), NULL, false, error);
}

/* "models--CompVis--stable-diffusion-v1-4" -> "CompVis/stable-diffusion-v1-4" */
static char *repository_name(const char *folder)
{
    char *name = mem_string(folder + strlen("models--"));
    char *dashes = name == NULL ? NULL : strstr(name, "--");
    if (dashes != NULL) {
        *dashes = '/';
        memmove(dashes + 1, dashes + 2, strlen(dashes + 2) + 1);
    }
    return name;
}

/* Whether model_index.json says that this is a pipeline of ours. */
static sd14_status
is_pipeline(const machine *on, const char *folder, bool *out_is, sd14_error *error)
{
    char path[PATH_MAX];
    char real[PATH_MAX];
    struct stat about;
    json_document document = {0};
    const char *class_name = NULL;
    *out_is = false;
    if (!machine_join(path, "%s/model_index.json", folder) || !machine_path(on, path, real) ||
        lstat(real, &about) != 0) {
        return SD14_OK;
    }
    if (access(real, F_OK) != 0) { /* a link to nothing: an interrupted download */
        *out_is = true;
        return SD14_OK;
    }
    const sd14_status status = json_document_load(real, SD14_ERROR_MODEL, &document, error);
    if (status == SD14_OK) {
        const json_node root = json_document_root(&document);
        const json_node name = json_member(&root, "_class_name");
        *out_is = json_get_string(&name, &class_name, NULL) == SD14_OK &&
                  strcmp(class_name, "StableDiffusionPipeline") == 0;
        json_document_release(&document);
    }
    return status == SD14_ERROR_OUT_OF_MEMORY ? status : SD14_OK;
}

static sd14_status add_snapshots(const machine *on,
                                 located_models *to,
                                 const char *hub,
                                 const char *repository,
                                 sd14_error *error)
{
    char folder[PATH_MAX];
    char path[PATH_MAX];
    char main_commit[MACHINE_LINE] = "";
    machine_names commits;
    if (!machine_join(folder, "%s/%s", hub, repository)) return SD14_OK;
    (void)machine_read_in(on, folder, "refs/main", main_commit, sizeof(main_commit));
    if (!machine_join(path, "%s/snapshots", folder)) return SD14_OK;

    TRY(machine_list(on, path, &commits, error));
    sd14_status status = SD14_OK;
    for (size_t i = 0; status == SD14_OK && i < commits.count; i++) {
        bool counts = strcmp(repository, sd14_repository) == 0;
        if (!machine_join(path, "%s/snapshots/%s", folder, commits.items[i])) continue;
        if (!counts) status = is_pipeline(on, path, &counts, error);
        if (status != SD14_OK || !counts) continue;
        char *revision = mem_string(commits.items[i]);
        status = revision == NULL
                     ? error_set(error, SD14_ERROR_OUT_OF_MEMORY, "not enough memory for a name")
                     : add(to, SOURCE_HUGGING_FACE, path, repository_name(repository), revision,
                           strcmp(main_commit, commits.items[i]) == 0, error);
    }
    machine_names_release(&commits);
    return status;
}

static sd14_status add_cached(const machine *on, located_models *to, sd14_error *error)
{
    char hub[PATH_MAX];
    machine_names repositories;
    if (!hugging_face_hub(on, hub)) return SD14_OK;
    TRY(machine_list(on, hub, &repositories, error));
    sd14_status status = SD14_OK;
    for (size_t i = 0; status == SD14_OK && i < repositories.count; i++) {
        const char *name = repositories.items[i];
        if (strncmp(name, "models--", strlen("models--")) != 0) continue;
        status = add_snapshots(on, to, hub, name, error);
    }
    machine_names_release(&repositories);
    return status;
}

sd14_status models_locate(const machine *on,
                          const model_places *places,
                          located_models *out_models,
                          sd14_error *error)
{
    located_models found = {0};
    sd14_status status = SD14_OK;
    const char *from_environment = machine_variable(on, "SD14_MODEL");
    if (places->builtin != NULL) {
        TRY_DONE(add_folder(on, &found, SOURCE_BUILTIN, places->builtin, error));
    }
    if (from_environment != NULL) {
        TRY_DONE(add_folder(on, &found, SOURCE_ENVIRONMENT, from_environment, error));
    }
    for (size_t i = 0; i < places->n_given; i++) {
        TRY_DONE(add_folder(on, &found, SOURCE_GIVEN, places->given[i], error));
    }
    TRY_DONE(add_cached(on, &found, error));
    *out_models = found;
    found = (located_models){0};
done:
    located_models_release(&found);
    return status;
}

void located_models_release(located_models *models)
{
    for (size_t i = 0; i < models->count; i++) {
        mem_free(models->items[i].path);
        mem_free(models->items[i].name);
        mem_free(models->items[i].revision);
    }
    mem_free(models->items);
    *models = (located_models){0};
}
