/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/config_values.h"

#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "formats/json.h"
#include "models/folder.h"

static bool is_left_out(const config_class *of, const char *key)
{
    for (const char *const *name = of->left_out; *name != NULL; name++) {
        if (strcmp(*name, key) == 0) return true;
    }
    return false;
}

/* What the class calls a file's key: files keep names that have changed since. */
static const char *present_name(const config_class *of, const char *key)
{
    for (const config_default *row = of->defaults; row->key != NULL; row++) {
        if (row->former != NULL && strcmp(row->former, key) == 0) return row->key;
    }
    return key;
}

/* A tokenizer's files write a token as its text, or as an object that holds it. */
static const json_t *plain_value(const json_t *value)
{
    const json_t *content = json_object_get(value, "content");
    return json_is_string(content) ? content : value;
}

static sd14_status
add_file(const char *path, const config_class *of, config_entries *values, sd14_error *error)
{
    json_document document = {0};
    TRY(json_document_load(path, SD14_ERROR_MODEL, &document, error));
    const json_node root = json_document_root(&document);
    const sd14_status status = json_get_object(&root, error);
    const char *key = status == SD14_OK ? json_next_key(&root, NULL) : NULL;
    for (; key != NULL; key = json_next_key(&root, key)) {
        const char *name = present_name(of, key);
        if (is_left_out(of, key) || json_object_get(values->object, name) != NULL) continue;
        const json_t *value = plain_value(json_object_get(root.value, key));
        config_put(values, name, json_deep_copy(value), CONFIG_FROM_FILE);
    }
    json_document_release(&document);
    return status;
}

static json_t *parsed(const char *value)
{
    return json_loads(value, JSON_DECODE_ANY, NULL);
}

static void override(const config_override *rows, config_entries *values)
{
    for (const config_override *row = rows; row != NULL && row->key != NULL; row++) {
        const json_t *entry = json_object_get(values->object, row->key);
        json_t *wanted = parsed(row->value);
        if (json_equal(json_object_get(entry, "value"), wanted)) {
            json_decref(wanted);
        } else {
            config_put(values, row->key, wanted, CONFIG_FROM_PIPELINE);
        }
    }
}

sd14_status config_values(const char *folder,
                          const config_class *of,
                          config_entries *out_values,
                          sd14_error *error)
{
    for (size_t i = 0; i < CONFIG_FILES_MAX && of->files[i] != NULL; i++) {
        char *path = folder_path(folder, of->files[i]);
        if (path == NULL) FAIL_NO_MEMORY(error, "a path");
        const bool there = access(path, F_OK) == 0; /* the tokenizer's may be missing */
        const sd14_status status = there ? add_file(path, of, out_values, error) : SD14_OK;
        mem_free(path);
        TRY(status);
    }
    for (const config_default *row = of->defaults; row->key != NULL; row++) {
        if (json_object_get(out_values->object, row->key) != NULL) continue;
        config_put(out_values, row->key, parsed(row->value), CONFIG_FROM_DEFAULT);
    }
    override(of->overrides, out_values);
    if (out_values->failed) FAIL_NO_MEMORY(error, "the configuration");
    return SD14_OK;
}
