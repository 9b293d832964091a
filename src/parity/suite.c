/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/suite.h"

#include <stdlib.h>
#include <string.h>

#include "base/file_map.h"
#include "base/memory.h"
#include "sampling/schedule.h"

enum { SIDE_MIN = 64, SIDE_MAX = 2048, SIDE_MULTIPLE = 64, GUIDANCE_MAX = 100 };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const suite_keys[] = {"$schema", "name",     "description",
                                         "sampler", "defaults", "items"};
static const char *const default_keys[] = {"negative_prompt", "steps", "guidance_scale", "width",
                                           "height"};
static const char *const item_keys[] = {"id",    "prompt",         "seed",  "negative_prompt",
                                        "steps", "guidance_scale", "width", "height"};

bool suite_id_is_valid(const char *id)
{
    const size_t length = strlen(id);
    return length >= 1 && length <= SUITE_ID_MAX &&
           strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

static sd14_status get_id(const json_node *node, const char **out_id, sd14_error *error)
{
    TRY(json_get_string(node, out_id, error));
    if (suite_id_is_valid(*out_id)) return SD14_OK;
    return json_fail(node, error, "\"%.80s\": must be 1 to %d of a-z, 0-9 and -", *out_id,
                     SUITE_ID_MAX);
}

static sd14_status get_side(const json_node *node, int *out_side, sd14_error *error)
{
    int64_t side = 0;
    TRY(json_get_int(node, SIDE_MIN, SIDE_MAX, &side, error));
    if (side % SIDE_MULTIPLE != 0) {
        return json_fail(node, error, "%d: must be a multiple of %d", (int)side, SIDE_MULTIPLE);
    }
    *out_side = (int)side;
    return SD14_OK;
}

/* What the suite's defaults and an item can both say. Of an item, what it does not say stays. */
static sd14_status
read_settings(const json_node *from, bool all, suite_item *item, sd14_error *error)
{
    const json_node negative = json_member(from, "negative_prompt");
    if (all || negative.value != NULL)
        TRY(json_get_string(&negative, &item->negative_prompt, error));
    const json_node steps = json_member(from, "steps");
    if (all || steps.value != NULL) {
        int64_t value = 0;
        TRY(json_get_int(&steps, 1, SCHEDULE_STEPS_MAX, &value, error));
        item->steps = (int)value;
    }
    const json_node guidance = json_member(from, "guidance_scale");
    if (all || guidance.value != NULL) {
        TRY(json_get_number(&guidance, 0.0, GUIDANCE_MAX, &item->guidance_scale, error));
    }
    const json_node width = json_member(from, "width");
    if (all || width.value != NULL) TRY(get_side(&width, &item->width, error));
    const json_node height = json_member(from, "height");
    if (all || height.value != NULL) TRY(get_side(&height, &item->height, error));
    return SD14_OK;
}

static sd14_status read_item(const json_node *from, suite_item *item, sd14_error *error)
{
    TRY(json_check_keys(from, item_keys, COUNT(item_keys), error));
    const json_node id = json_member(from, "id");
    TRY(get_id(&id, &item->id, error));
    const json_node prompt = json_member(from, "prompt");
    TRY(json_get_string(&prompt, &item->prompt, error));
    const json_node seed = json_member(from, "seed");
    TRY(json_get_int(&seed, 0, INT64_MAX, &item->seed, error));
    return read_settings(from, false, item, error);
}

static sd14_status check_id_is_new(const json_node *item, const suite *of, sd14_error *error)
{
    const suite_item *last = &of->items[item->index];
    for (size_t i = 0; i < item->index; i++) {
        if (strcmp(of->items[i].id, last->id) != 0) continue;
        const json_node id = json_member(item, "id");
        return json_fail(&id, error, "\"%s\" is the id of items[%zu] too", last->id, i);
    }
    return SD14_OK;
}

static sd14_status
read_head(const json_node *root, suite *of, suite_item *defaults, sd14_error *error)
{
    TRY(json_check_keys(root, suite_keys, COUNT(suite_keys), error));
    const json_node name = json_member(root, "name");
    TRY(get_id(&name, &of->name, error));
    static const char *const texts[] = {"$schema", "description"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        const char *unused = NULL;
        const json_node node = json_member(root, texts[i]);
        if (node.value != NULL) TRY(json_get_string(&node, &unused, error));
    }
    const json_node sampler = json_member(root, "sampler");
    TRY(json_get_string(&sampler, &of->sampler, error));
    if (strcmp(of->sampler, "ddim") != 0) {
        return json_fail(&sampler, error, "\"%.40s\": the sampler must be \"ddim\"", of->sampler);
    }
    const json_node node = json_member(root, "defaults");
    TRY(json_check_keys(&node, default_keys, COUNT(default_keys), error));
    return read_settings(&node, true, defaults, error);
}

static sd14_status read_suite(suite *of, sd14_error *error)
{
    const json_node root = json_document_root(&of->document);
    suite_item defaults = {0};
    TRY(read_head(&root, of, &defaults, error));

    const json_node items = json_member(&root, "items");
    TRY(json_get_count(&items, 1, SUITE_ITEMS_MAX, &of->n_items, error));
    of->items = mem_array(of->n_items, sizeof(*of->items));
    if (of->items == NULL) FAIL_NO_MEMORY(error, "a prompt suite");
    for (size_t i = 0; i < of->n_items; i++) {
        const json_node item = json_element(&items, i);
        of->items[i] = defaults;
        TRY(read_item(&item, &of->items[i], error));
        TRY(check_id_is_new(&item, of, error));
    }
    return SD14_OK;
}

/* One reading for the hash and the contents: what is hashed is what was read. */
static sd14_status load_document(const char *path, suite *of, sd14_error *error)
{
    file_map map;
    TRY(file_map_open(path, &map, error));
    const char *bytes = (const char *)map.bytes;
    sd14_status status = sha256_bytes(bytes, map.size, of->sha256, error);
    if (status == SD14_OK)
        status = json_document_parse(bytes, map.size, path, SD14_ERROR_FILE, &of->document, error);
    file_map_close(&map);
    return status;
}

sd14_status suite_load(const char *path, suite *out_suite, sd14_error *error)
{
    *out_suite = (suite){0};
    sd14_status status = load_document(path, out_suite, error);
    if (status == SD14_OK) status = read_suite(out_suite, error);
    if (status != SD14_OK) suite_release(out_suite);
    return status;
}

void suite_release(suite *of)
{
    json_document_release(&of->document);
    mem_free(of->items);
    *of = (suite){0};
}
