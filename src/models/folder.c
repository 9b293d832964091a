/* SPDX-License-Identifier: Apache-2.0 */
#include "models/folder.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "formats/json.h"

char *folder_path(const char *folder, const char *name)
{
    const size_t length = strlen(folder) + 1 + strlen(name);
    char *path = mem_array(length + 1, 1);
    if (path != NULL) (void)snprintf(path, length + 1, "%s/%s", folder, name);
    return path;
}

/* "unet": ["diffusers", "UNet2DConditionModel"] */
static sd14_status check_component(const json_node *root,
                                   const char *component,
                                   const char *class_name,
                                   sd14_error *error)
{
    const json_node pair = json_member(root, component);
    size_t count = 0;
    TRY(json_get_count(&pair, 2, 2, &count, error));
    const json_node name = json_element(&pair, 1);
    const char *found = NULL;
    TRY(json_get_string(&name, &found, error));
    /* "CLIPTokenizerFast" is the same tokenizer; "FlaxCLIPTextModel" is other weights. */
    if (strncmp(found, class_name, strlen(class_name)) != 0) {
        return json_fail(&name, error, "\"%.100s\" is not supported, only \"%s\"", found,
                         class_name);
    }
    return SD14_OK;
}

static sd14_status check_index(const json_node *root, sd14_error *error)
{
    TRY(json_get_object(root, error));
    const json_node name = json_member(root, "_class_name");
    const char *found = NULL;
    TRY(json_get_string(&name, &found, error));
    if (strcmp(found, "StableDiffusionPipeline") != 0) {
        return json_fail(
            &name, error,
            "\"%.100s\" is not supported, only \"StableDiffusionPipeline\" (Stable Diffusion 1.x)",
            found);
    }
    TRY(check_component(root, "text_encoder", "CLIPTextModel", error));
    TRY(check_component(root, "tokenizer", "CLIPTokenizer", error));
    TRY(check_component(root, "unet", "UNet2DConditionModel", error));
    return check_component(root, "vae", "AutoencoderKL", error);
}

sd14_status folder_check(const char *folder, sd14_error *error)
{
    struct stat info;
    if (stat(folder, &info) != 0) {
        FAIL(error, MODEL, "%s: no such model; give the folder that holds model_index.json",
             folder);
    }
    if (!S_ISDIR(info.st_mode)) {
        FAIL(error, MODEL, "%s: a file; give the diffusers folder that holds model_index.json",
             folder);
    }
    char *path = folder_path(folder, "model_index.json");
    if (path == NULL) FAIL_NO_MEMORY(error, "a path");
    json_document document = {0};
    sd14_status status = SD14_OK;
    if (stat(path, &info) != 0) {
        status = error_set(
            error, SD14_ERROR_MODEL,
            "%s: holds no model_index.json; give a diffusers folder of Stable Diffusion 1.x",
            folder);
    } else {
        status = json_document_load(path, SD14_ERROR_MODEL, &document, error);
    }
    if (status == SD14_OK) {
        const json_node root = json_document_root(&document);
        status = check_index(&root, error);
    }
    json_document_release(&document);
    mem_free(path);
    return status;
}
